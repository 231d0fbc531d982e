/** Changes to the `select` of an extractor, in its own entry or in that of the environment. */
import { closest } from '../did-you-mean.js';
import { TaplineError } from '../errors.js';
import { type EditTarget, editEntryOf, type SettingStore } from './edit-settings.js';

/** Adds a pattern at the end. The first one replaces what the plugin selects otherwise, as in the original. */
export async function addPattern(target: EditTarget, pattern: string): Promise<void> {
  await editEntryOf(target, storeOf(target), ({ entry }) => {
    if (Array.isArray(entry.select)) return [{ op: 'append', path: ['select'], value: pattern }];
    const before = typeof entry.select === 'string' ? [entry.select] : [];
    return [{ op: 'set', path: ['select'], value: [...before, pattern] }];
  });
}

/** Removes a pattern; an empty list stays, which selects nothing. Tells whether that is so. Throws SELECT_UNKNOWN. */
export async function removePattern(target: EditTarget, pattern: string): Promise<{ isEmpty: boolean }> {
  let left = 0;
  await editEntryOf(target, storeOf(target), ({ entry }) => {
    const patterns: unknown[] = Array.isArray(entry.select) ? entry.select : [];
    const index = patterns.indexOf(pattern);
    if (index === -1) throw unknownPattern(target, pattern, patterns);
    left = patterns.length - 1;
    return [{ op: 'delete', path: ['select', index] }];
  });
  return { isEmpty: left === 0 };
}

/** Removes all patterns, so that the default holds again. */
export async function clearPatterns(target: EditTarget): Promise<void> {
  await editEntryOf(target, storeOf(target), ({ entry }) =>
    Object.hasOwn(entry, 'select') ? [{ op: 'delete', path: ['select'], prune: true }] : [],
  );
}

function storeOf({ project }: EditTarget): SettingStore {
  return project.environment === undefined ? 'meltano_yml' : 'environment';
}

function unknownPattern(target: EditTarget, pattern: string, patterns: readonly unknown[]): TaplineError {
  const { plugin, project } = target;
  const where = project.environment === undefined ? '' : ` in the environment '${project.environment.name}'`;
  const texts = patterns.map(String);
  const near = closest(pattern, texts);
  const listed = texts.length === 0 ? 'It has none.' : `It has: ${texts.join(', ')}.`;
  return new TaplineError('SELECT_UNKNOWN', `'${plugin?.name}' has no select pattern '${pattern}'${where}.`, {
    at: plugin?.at,
    hint: near === undefined ? listed : `Did you mean '${near}'?`,
  });
}
