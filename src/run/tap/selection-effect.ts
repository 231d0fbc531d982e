/** Tells before data moves that a selection has no effect on a tap, or leaves no stream of it. */
import { TaplineError } from '../../errors.js';
import type { ResolvedPlugin, SettingsResolver } from '../../settings/types.js';
import { selectionExtraOf, takesCatalog, unsupportedSelection } from '../../settings/unsupported-selection.js';
import { type Emit, warnOf } from '../emit.js';

export type SelectionPolicy = 'warn' | 'fail';

/** What the project settings `tapline.unsupported_selection` and `tapline.empty_selection` say. */
export interface SelectionPolicies {
  unsupported: SelectionPolicy;
  empty: SelectionPolicy;
}

export function selectionPolicies(
  settings: Pick<SettingsResolver, 'projectSetting'>,
  failOnEmpty = false,
): SelectionPolicies {
  const policy = (name: string) => (settings.projectSetting(`tapline.${name}`) === 'fail' ? 'fail' : 'warn');
  return { unsupported: policy('unsupported_selection'), empty: failOnEmpty ? 'fail' : policy('empty_selection') };
}

/** A warning, or with the policy `fail` an error that is thrown. */
export function reportSelection(error: TaplineError | undefined, policy: SelectionPolicy, emit: Emit): void {
  if (error === undefined) return;
  if (policy === 'fail') throw error;
  warnOf(error, emit);
}

/** Rules of a tap that takes no catalog. */
export function selectionWithoutEffect({ plugin, extras, settings }: ResolvedPlugin): TaplineError | undefined {
  const extra = takesCatalog(plugin) ? undefined : selectionExtraOf(extras);
  if (extra === undefined) return undefined;
  const at = settings.get(`_${extra}`)?.origin.at ?? plugin.locate('extras', extra);
  return unsupportedSelection(plugin, extra, at);
}

/** A catalog of which the rules leave no stream. */
export function emptySelection({ plugin, settings }: ResolvedPlugin, streams: number): TaplineError {
  const filter = settings.get('_select_filter');
  const decisive = Array.isArray(filter?.value) && filter.value.length > 0 ? filter : settings.get('_select');
  const extra = decisive?.name.slice(1) ?? 'select';
  const patterns = Array.isArray(decisive?.value) ? decisive.value.map(String) : [];
  const shown = patterns.length === 0 ? '' : `: \`${extra}\` is ${patterns.map((text) => `'${text}'`).join(', ')}`;
  const onlyExcludes = patterns.length > 0 && patterns.every((text) => text.startsWith('!'));
  return new TaplineError(
    'SELECTION_EMPTY',
    `the selection leaves none of the ${streams} streams of '${plugin.name}'${shown}`,
    {
      at: decisive === undefined ? undefined : (decisive.origin.at ?? plugin.locate('extras', extra)),
      hint:
        onlyExcludes && extra === 'select'
          ? "Rules that only exclude select nothing; an environment's `select` replaces the one of the plugin. Add what to include, such as '*.*'."
          : `\`tapline select ${plugin.name} --list --all\` shows all streams.`,
    },
  );
}
