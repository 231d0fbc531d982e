import { TaplineError } from '../../errors.js';
import { type Finding, finding, type ValidationSubject } from './finding.js';

/**
 * Settings without which a bundled plugin can't run. Of other plugins this can't be told: their values may be secrets, or
 * variables of the place where the project runs. A plugin that some environment gives them is right.
 */
export function checkRequiredSettings(subjects: readonly ValidationSubject[]): Finding[] {
  const [first, ...others] = subjects.map(lackingPlugins);
  return [...(first ?? [])].filter(([name]) => others.every((lacking) => lacking.has(name))).map(([, each]) => each);
}

/** By name, with what they lack. One that others inherit from need not be complete. */
function lackingPlugins({ plugins, settings }: ValidationSubject): Map<string, Finding> {
  const all = plugins.list();
  const parents = new Set(all.map((plugin) => unlessFaulty(() => plugin.parent?.name)));
  const candidates = all.filter(({ name }) => !parents.has(name));
  const lacking = new Map<string, Finding>();
  for (const plugin of candidates) {
    const missing = unlessFaulty(() => (plugin.variant === 'tapline' ? settings?.plugin(plugin).missing : [])) ?? [];
    const [group] = missing;
    if (group === undefined) continue;
    const names = missing.map((each) => each.map((name) => `\`${name}\``).join(', ')).join(' or ');
    const message = `plugin '${plugin.name}' is missing required settings: ${names}`;
    const hint = `Set them in meltano.yml, or with \`tapline config set ${plugin.name} ${group[0] ?? 'NAME'} VALUE\`.`;
    lacking.set(plugin.name, finding('SETTING_MISSING', message, plugin.at, hint));
  }
  return lacking;
}

/** What else is wrong with a plugin is a finding of its own. */
function unlessFaulty<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof TaplineError) return undefined;
    throw error;
  }
}
