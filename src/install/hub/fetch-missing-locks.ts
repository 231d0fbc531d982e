/** Lock files that a command needs and the project does not have, fetched and written as the original does. */
import { hasCode, TaplineError } from '../../errors.js';
import { wordsWithin } from '../../plan/words.js';
import { LockFiles } from '../../plugins/lock-files.js';
import { type PluginEntry, type PluginType, type Project, pluginTypes } from '../../project/types.js';
import { saveLock } from './save-lock.js';
import type { Hub } from './types.js';

export interface MissingLock {
  type: PluginType;
  /** The definition's name: what the entry inherits from, or its own. */
  name: string;
  variant: string | undefined;
}

/**
 * What of these plugins no lock file describes, and only a hub could. A plugin with a program of its own or with a
 * namespace describes itself.
 */
export function missingLocks(project: Project, words: readonly string[] | undefined): MissingLock[] {
  const locks = new LockFiles(project.root);
  const missing = new Map<string, MissingLock>();
  for (const { type, entry } of entriesOf(project, words)) {
    const name = text(entry.inherit_from) ?? entry.name;
    const variant = text(entry.variant);
    if (variant === 'tapline' || describesItself(entry) || inheritsInProject(project, type, entry)) continue;
    const files = locks.of(type, name);
    const isLocked = variant === undefined ? files.length > 0 : files.includes(`${name}--${variant}.lock`);
    if (!isLocked) missing.set(`${type}/${name}/${variant}`, { type, name, variant });
  }
  return [...missing.values()];
}

/** Writes the definitions that the hub has. Missing ones are reported, since the plugin may not need one. */
export async function fetchMissingLocks(
  project: Project,
  missing: readonly MissingLock[],
  {
    hub,
    readonly,
    report,
  }: { hub: Hub; readonly: boolean; report: (written: MissingLock, error?: TaplineError) => void },
): Promise<void> {
  const { root, sysDir } = project;
  for (const lock of missing) {
    try {
      await saveLock({ root, sysDir, readonly }, await hub.definition(lock.type, lock.name, lock.variant), false);
      report(lock);
    } catch (error) {
      if (!(error instanceof TaplineError)) throw error;
      report(lock, error);
      // The others would wait as long for the same answer.
      if (hasCode(error, 'HUB_UNREACHABLE')) return;
    }
  }
}

/** For the plugins that these words name, including jobs, run steps, pipelines and parents; for all plugins without words. */
function entriesOf(project: Project, words: readonly string[] | undefined): { type: PluginType; entry: PluginEntry }[] {
  const all = pluginTypes.flatMap((type) => project.pluginEntries[type].map((entry) => ({ type, entry })));
  if (words === undefined) return all;
  const names = namesIn(project, words);
  const known = new Set(all.map(({ entry }) => entry.name));
  // An unknown word may be a mapping, which only its mapper's definition names.
  const wantsMappers = [...names].some((name) => !known.has(name));
  const chosen = all.filter(({ type, entry }) => names.has(entry.name) || (wantsMappers && type === 'mappers'));
  for (const { type, entry } of chosen) {
    const parent = all.find((each) => each.type === type && each.entry.name === text(entry.inherit_from));
    if (parent !== undefined && !chosen.includes(parent)) chosen.push(parent);
  }
  return chosen;
}

function namesIn(project: Project, words: readonly string[]): Set<string> {
  const names = new Set(wordsWithin(words, project).map((word) => word.split(':')[0] ?? ''));
  names.delete('');
  return names;
}

function describesItself(entry: PluginEntry): boolean {
  const inherits = text(entry.inherit_from) !== undefined && entry.inherit_from !== entry.name;
  return (!inherits && text(entry.namespace) !== undefined) || text(entry.executable) !== undefined;
}

function inheritsInProject(project: Project, type: PluginType, entry: PluginEntry): boolean {
  const from = text(entry.inherit_from);
  if (from === undefined || from === entry.name || text(entry.variant) !== undefined) return false;
  return project.pluginEntries[type].some(({ name }) => name === from);
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
