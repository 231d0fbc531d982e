/** Which words of a command line name a command: known before the command is loaded. */

/** Commands that have commands of their own. */
export const groups: ReadonlySet<string> = new Set([
  'backfill',
  'cloud',
  'config',
  'environment',
  'export',
  'hub',
  'job',
  'lease',
  'logs',
  'pipeline',
  'plugin',
  'runs',
  'schedule',
  'schema',
  'state',
]);

/** Groups that are also called without the name of a command: this one is meant unless the first word names another. */
const defaultCommands: ReadonlyMap<string, { command: string; others: ReadonlySet<string> }> = new Map([
  ['backfill', { command: 'run', others: new Set(['run', 'list', 'show']) }],
]);

/** The command that is meant when this word follows a group's name; undefined if the word names one itself. */
export function defaultCommand(group: string | undefined, word?: string): string | undefined {
  const found = group === undefined ? undefined : defaultCommands.get(group);
  return found === undefined || (word !== undefined && found.others.has(word)) ? undefined : found.command;
}

/** How many words precede the arguments that are passed on untouched. */
export const wordsBeforePassThrough: Readonly<Record<string, number>> = { invoke: 2, 'schedule run': 3 };

/** The commands of `config`, which older versions put after the plugin's name. */
export const configCommands: ReadonlySet<string> = new Set([
  'explain',
  'list',
  'print',
  'reset',
  'set',
  'test',
  'unset',
]);
