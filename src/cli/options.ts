/**
 * What the argument pass has to know of options before commander is loaded: which take a value, which are
 * global, and which have a variable as their twin. A test holds this table against the commands' definitions.
 */

/** Options that hold for the whole program: taken on either side of the command. */
export const globalOptions: ReadonlyMap<string, { takesValue: boolean }> = new Map([
  ['--log-level', { takesValue: true }],
  ['--log-format', { takesValue: true }],
  ['--log-config', { takesValue: true }],
  ['--environment', { takesValue: true }],
  ['--no-environment', { takesValue: false }],
  ['--cwd', { takesValue: true }],
  ['--env-file', { takesValue: true }],
]);

/** Options that take a value. One name means the same in every command, but for the flags below. */
export const valueOptions: ReadonlySet<string> = new Set([
  '--as',
  '--capabilities',
  '--executable',
  '--from-ref',
  '--inherit-from',
  '--namespace',
  '--older-than',
  '--output',
  '--pip-url',
  '--prefix',
  '--program',
  '--project-dir',
  '--python',
  '--settings',
  '--variant',
  '--catalog',
  '--database-uri',
  '--directory',
  '--dump',
  '--exclude',
  '--filter',
  '--format',
  '--from',
  '--if-running',
  '--indent',
  '--input-file',
  '--extractor',
  '--interval',
  '--job',
  '--loader',
  '--tail',
  '--tasks',
  '--transform',
  '--from-file',
  '--store',
  '--from-state-id',
  '--jobs',
  '--limit',
  '--parallelism',
  '--pattern',
  '--plugin-type',
  '--print-var',
  '--run-id',
  '--retries',
  '--retry-delay',
  '--schedule',
  '--select',
  '--state',
  '--state-id',
  '--state-id-suffix',
  '--stream',
  '--state-strategy',
  '--status',
  '--partition',
  '--timeout',
  '--timezone',
  '--to',
  '--window',
  '-e',
  '-j',
  '-l',
  '-n',
  '-p',
  '-s',
]);

/** Options that are flags in one command and take a value in all others. */
const flagsOf: Readonly<Record<string, ReadonlySet<string>>> = { select: new Set(['--exclude']) };

/** `command` as far as the line has been read: `el`, or `state list`. */
export function takesValue(option: string, command: string): boolean {
  return valueOptions.has(option) && flagsOf[command]?.has(option) !== true;
}

export interface OptionTwin {
  option: string;
  variable: string;
  /** A flag's variable is read as true or false; a value's as it is. */
  kind: 'flag' | 'value';
}

const elTwins: readonly OptionTwin[] = [
  { option: '--state-id', variable: 'MELTANO_STATE_ID', kind: 'value' },
  { option: '--full-refresh', variable: 'MELTANO_RUN_FULL_REFRESH', kind: 'flag' },
];

/** Variables that stand for options, by command; an option on the command line beats its variable. */
export const optionTwins: Readonly<Record<string, readonly OptionTwin[]>> = {
  el: elTwins,
  elt: elTwins,
  run: [
    { option: '--full-refresh', variable: 'MELTANO_RUN_FULL_REFRESH', kind: 'flag' },
    { option: '--refresh-catalog', variable: 'MELTANO_RUN_REFRESH_CATALOG', kind: 'flag' },
    { option: '--no-state-update', variable: 'MELTANO_RUN_NO_STATE_UPDATE', kind: 'flag' },
    { option: '--force', variable: 'MELTANO_RUN_FORCE', kind: 'flag' },
    { option: '--state-id-suffix', variable: 'MELTANO_RUN_STATE_ID_SUFFIX', kind: 'value' },
    { option: '--state-strategy', variable: 'MELTANO_RUN_STATE_STRATEGY', kind: 'value' },
    { option: '--run-id', variable: 'MELTANO_RUN_ID', kind: 'value' },
    { option: '--timeout', variable: 'MELTANO_RUN_TIMEOUT', kind: 'value' },
    { option: '--jobs', variable: 'MELTANO_RUN_JOBS', kind: 'value' },
    { option: '--retries', variable: 'MELTANO_RUN_RETRIES', kind: 'value' },
    { option: '--retry-delay', variable: 'MELTANO_RUN_RETRY_DELAY', kind: 'value' },
  ],
};

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

/** Groups that are also called without the name of a command: that one is meant where the first word is none of theirs. */
const defaultCommands: ReadonlyMap<string, { command: string; others: ReadonlySet<string> }> = new Map([
  ['backfill', { command: 'run', others: new Set(['run', 'list', 'show']) }],
]);

/** The command that is meant where this word follows a group's name; undefined where the word names it itself. */
export function defaultCommand(group: string | undefined, word?: string): string | undefined {
  const found = group === undefined ? undefined : defaultCommands.get(group);
  return found === undefined || (word !== undefined && found.others.has(word)) ? undefined : found.command;
}

/** How many words a command line has up to and with the one after which all belongs to somebody else. */
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
