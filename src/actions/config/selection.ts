/** What a tap reads: its catalog with the selection of the project. */
import { TaplineError } from '../../errors.js';
import { selectionOfTap } from '../../run/alone/tap-catalog.js';
import type { PreparedCatalog } from '../../run/tap/catalog.js';
import type { Session } from '../../session/session.js';
import type { ResolvedPlugin } from '../../settings/types.js';
import { type InstallMode, installMode } from '../install-mode.js';
import { logEvents } from '../log-events.js';

export interface LoadedSelection {
  tap: ResolvedPlugin;
  prepared: PreparedCatalog;
}

/** Undefined if the caller only wants the tap installed. Throws CATALOG_MISSING. */
export async function readSelection(
  session: Session,
  extractor: string,
  { install, refreshCatalog }: { install?: InstallMode | undefined; refreshCatalog?: boolean | undefined },
): Promise<LoadedSelection | undefined> {
  await session.fetchMissingLocks([extractor]);
  const plugin = (await session.plugins()).get(extractor, 'extractors');
  const options = { install: await installMode(install, session), refreshCatalog };
  const subscribers = [await logEvents(await session.log())];
  const loaded = await selectionOfTap(plugin, options, await session.world(), subscribers);
  if (loaded === 'installed') return undefined;
  if (loaded.prepared !== undefined) return { tap: loaded.tap, prepared: loaded.prepared };
  throw new TaplineError('CATALOG_MISSING', `cannot list the selected properties: '${extractor}' provides no catalog`, {
    at: plugin.at,
    hint: 'Verify that the tap supports discovery mode and advertises the `discover` capability as well as either `catalog` or `properties`.',
  });
}
