/** Where the values of settings come from. */
import { didYouMean } from '../../did-you-mean.js';
import { TaplineError } from '../../errors.js';
import type { Session } from '../../session/session.js';
import type { SettingExplanation } from '../../settings/types.js';
import type { ConfigTarget } from './target.js';

/** Explains the named setting, else those that are set, or all. Throws SETTING_UNKNOWN. */
export async function explainSettings(
  session: Session,
  { plugin, settings }: ConfigTarget,
  { setting, all }: { setting: string | undefined; all: boolean },
): Promise<SettingExplanation[]> {
  const resolver = await session.settings();
  if (setting !== undefined) {
    const found = resolver.explain(plugin, setting) ?? resolver.explain(plugin, `_${setting}`);
    if (found !== undefined) return [found];
    const names = [...settings.keys()].map((name) => name.replace(/^_/, ''));
    throw new TaplineError(
      'SETTING_UNKNOWN',
      `${plugin === undefined ? 'the project' : `plugin '${plugin.name}'`} has no setting '${setting}'`,
      {
        at: plugin?.at,
        hint: didYouMean(setting, names) ?? `\`tapline config list ${plugin?.name ?? 'meltano'}\` shows all settings.`,
      },
    );
  }
  const shown = [...settings.values()].filter(
    ({ origin, definition }) =>
      all || (origin.layer !== 'default' && origin.layer !== 'unset' && !isMappingMark(definition.name)),
  );
  return shown.flatMap(({ name }) => resolver.explain(plugin, name) ?? []);
}

/** Extras that mark mappings internally. */
function isMappingMark(name: string): boolean {
  return name === '_mapping' || name === '_mapping_name';
}
