/** Options that commands of several groups have. */
import type { OptionDefinition } from '../../option-definition.js';
import { pluginTypes } from '../../project/types.js';

/** `--format`; the first one is the default. */
export function formatDefinition<const Formats extends readonly [string, ...string[]]>(...formats: Formats) {
  return {
    kind: 'choice',
    name: 'format',
    value: 'format',
    choices: formats,
    default: formats[0],
    help: 'output format',
  } as const satisfies OptionDefinition;
}

export const textOrJson = { format: formatDefinition('text', 'json') };

export const databaseUri = {
  databaseUri: { kind: 'text', name: 'database-uri', value: 'uri', help: 'system database to use' },
} as const satisfies Record<string, OptionDefinition>;

/** Without the question that the command asks otherwise. */
export const force = {
  force: { kind: 'flag', name: 'force', help: 'do not ask for confirmation' },
} as const satisfies Record<string, OptionDefinition>;

export const dryRun = {
  dryRun: { kind: 'flag', name: 'dry-run', help: 'show what would run, without running it' },
} as const satisfies Record<string, OptionDefinition>;

export const all = {
  all: { kind: 'flag', name: 'all', help: 'include everything' },
} as const satisfies Record<string, OptionDefinition>;

/** The same option under another description. */
export function described<const T extends Readonly<Record<string, OptionDefinition>>>(definitions: T, help: string): T {
  return Object.fromEntries(Object.entries(definitions).map(([key, each]) => [key, { ...each, help }])) as unknown as T;
}

export const limit = {
  limit: {
    kind: 'integer',
    name: 'limit',
    short: 'l',
    value: 'count',
    min: 1,
    default: 10,
    help: 'maximum number of entries to show',
  },
} as const satisfies Record<string, OptionDefinition>;

export const stateId = {
  stateId: { kind: 'text', name: 'state-id', value: 'id', help: 'only this state ID' },
} as const satisfies Record<string, OptionDefinition>;

export const pluginType = {
  pluginType: {
    kind: 'pluginType',
    name: 'plugin-type',
    value: 'type',
    choices: pluginTypes,
    help: 'only plugins of this type, such as extractor or loaders',
  },
} as const satisfies Record<string, OptionDefinition>;

export const installDefinitions = {
  install: {
    kind: 'switch',
    name: 'install',
    help: 'install missing plugins first (default)',
    negated: { name: 'no-install', help: 'install nothing' },
  },
  onlyInstall: { kind: 'flag', name: 'only-install', help: 'install missing plugins, then stop' },
} as const satisfies Record<string, OptionDefinition>;

export const safe = {
  safe: {
    kind: 'switch',
    name: 'safe',
    default: true,
    help: 'hide the values of sensitive settings',
    negated: { name: 'unsafe', help: 'show the values of sensitive settings' },
  },
} as const satisfies Record<string, OptionDefinition>;

export const refreshHub = {
  refresh: { kind: 'flag', name: 'refresh', help: 'ask the hub again instead of using its recent answer' },
} as const satisfies Record<string, OptionDefinition>;
