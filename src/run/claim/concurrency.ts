import { TaplineError } from '../../errors.js';
import type { History } from '../../history/port.js';
import type { Plugin } from '../../plugins/types.js';
import type { ResolvedPlugin, SettingsResolver } from '../../settings/types.js';
import type { Lease, LeaseHolder, LeaseOwner } from '../../state/port.js';
import { giveBack } from './give-back.js';

/** `concurrency: N` of a plugin: at most N of its blocks, and of its children's, at once in one environment. */
export interface ConcurrencyLimit {
  name: string;
  places: number;
}

/** The limits that hold for a plugin: its own and those of the plugins that it inherits from. Throws SETTING_CAST. */
export function concurrencyLimits(resolved: ResolvedPlugin, settings: SettingsResolver): ConcurrencyLimit[] {
  const limits: ConcurrencyLimit[] = [];
  const environment = settings.project.environment?.name ?? '';
  for (let plugin: Plugin | undefined = resolved.plugin; plugin !== undefined; plugin = plugin.parent) {
    const setting = (plugin === resolved.plugin ? resolved : settings.plugin(plugin)).settings.get('_concurrency');
    // An inherited value is its parent's limit, which comes later in this walk.
    if (setting?.value === undefined || setting.value === null || setting.origin.layer === 'inherited') continue;
    limits.push({ name: `${environment}/${plugin.type}/${plugin.name}`, places: placesOf(setting.value, plugin) });
  }
  return limits;
}

function placesOf(value: unknown, plugin: Plugin): number {
  const places = Number(value);
  if (Number.isInteger(places) && places > 0) return places;
  throw new TaplineError(
    'SETTING_CAST',
    `concurrency of ${plugin.singular} '${plugin.name}' is ${JSON.stringify(value)}.`,
    {
      at: plugin.at,
      hint: 'It is the number of blocks that may use the plugin at once: 1 or more.',
    },
  );
}

/** All places or none: nobody holds one while waiting for another. `holder`: who has the last place that was asked for. */
export async function takePlaces(
  history: History,
  limits: readonly ConcurrencyLimit[],
  owner: LeaseOwner,
): Promise<{ leases: Lease[] } | { limit: string; holder: LeaseHolder | undefined }> {
  const leases: Lease[] = [];
  for (const limit of limits) {
    const taken = await takePlace(history, limit, owner);
    if ('lease' in taken) {
      leases.push(taken.lease);
      continue;
    }
    for (const lease of leases) await giveBack(lease);
    return { limit: limit.name, holder: taken.holder };
  }
  return { leases };
}

async function takePlace(
  history: History,
  { name, places }: ConcurrencyLimit,
  owner: LeaseOwner,
): Promise<{ lease: Lease } | { holder: LeaseHolder | undefined }> {
  let holder: LeaseHolder | undefined;
  for (let place = 1; place <= places; place += 1) {
    try {
      const { lease } = await history.slots.acquire(`${name}#${place}`, { owner });
      return { lease };
    } catch (error) {
      if (!(error instanceof TaplineError) || error.code !== 'LEASE_HELD') throw error;
      holder = error.data?.holder as LeaseHolder | undefined;
    }
  }
  return { holder };
}
