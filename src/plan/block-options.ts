/** The options that a block can have, on the command line of `run` and in a line of a run step. */
import { type OptionDefinition, takesValue } from '../option-definition.js';
import type { BlockOptions } from './types.js';

const run = ['run'] as const;

export const blockOptionDefinitions = {
  fullRefresh: {
    kind: 'flag',
    name: 'full-refresh',
    help: 'ignore the saved state and load everything from the beginning',
    variable: { name: 'MELTANO_RUN_FULL_REFRESH', commands: ['run', 'el', 'elt'] },
  },
  refreshCatalog: {
    kind: 'flag',
    name: 'refresh-catalog',
    help: 'discover the catalog again instead of using the cached one',
    variable: { name: 'MELTANO_RUN_REFRESH_CATALOG', commands: run },
  },
  stateUpdate: {
    kind: 'off',
    name: 'no-state-update',
    help: 'neither read nor save state',
    variable: { name: 'MELTANO_RUN_NO_STATE_UPDATE', commands: run },
  },
  force: {
    kind: 'flag',
    name: 'force',
    short: 'f',
    help: 'run even if another run holds the state ID, and take it over',
    variable: { name: 'MELTANO_RUN_FORCE', commands: run },
  },
  stateIdSuffix: {
    kind: 'text',
    name: 'state-id-suffix',
    value: 'text',
    help: 'append this to each state ID',
    variable: { name: 'MELTANO_RUN_STATE_ID_SUFFIX', commands: run },
  },
  stateStrategy: {
    kind: 'choice',
    name: 'state-strategy',
    value: 'how',
    choices: ['auto', 'merge', 'overwrite'],
    default: 'auto',
    help: 'how a new state is combined with the saved one',
    variable: { name: 'MELTANO_RUN_STATE_STRATEGY', commands: run },
  },
  mergeState: {
    kind: 'flag',
    name: 'merge-state',
    help: 'older form of --state-strategy merge',
    hidden: true,
  },
  select: {
    kind: 'list',
    name: 'select',
    value: 'stream',
    help: 'only streams that match this pattern (can be repeated)',
  },
  exclude: {
    kind: 'list',
    name: 'exclude',
    value: 'stream',
    help: 'skip streams that match this pattern (can be repeated)',
  },
  failOnEmpty: {
    kind: 'flag',
    name: 'fail-on-empty',
    help: 'fail when the selection leaves no stream of a tap',
  },
  retries: {
    kind: 'integer',
    name: 'retries',
    value: 'count',
    min: 0,
    help: 'how often to retry a failed block (default: 0)',
    variable: { name: 'MELTANO_RUN_RETRIES', commands: run },
  },
  retryDelay: {
    kind: 'seconds',
    name: 'retry-delay',
    value: 'time',
    help: 'pause before the first retry, doubled for each further one: 30s, 5m (default: 10s)',
    variable: { name: 'MELTANO_RUN_RETRY_DELAY', commands: run },
  },
} as const satisfies Record<string, OptionDefinition>;

/** Every key of BlockOptions: the compiler misses one that is left out. */
const isBlockOption: Record<keyof BlockOptions, true> = {
  fullRefresh: true,
  refreshCatalog: true,
  noStateUpdate: true,
  stateIdSuffix: true,
  stateStrategy: true,
  force: true,
  selectFilter: true,
  failOnEmpty: true,
  catalog: true,
  state: true,
};

export const blockOptionKeys = Object.keys(isBlockOption) as (keyof BlockOptions)[];

/** The options of a block as a command line has them, in the order of their definitions; the selection comes last. */
export function blockOptionWords({ selectFilter = [], noStateUpdate, ...options }: BlockOptions): string[] {
  const given: Readonly<Record<string, unknown>> = { ...options, stateUpdate: noStateUpdate };
  const words = Object.entries<OptionDefinition>(blockOptionDefinitions).flatMap(([key, definition]) => {
    const value = given[key];
    if (value === undefined || value === false) return [];
    return takesValue(definition) ? [`--${definition.name}=${value}`] : [`--${definition.name}`];
  });
  const patterns = selectFilter.map((pattern) =>
    pattern.startsWith('!') ? `--exclude=${pattern.slice(1)}` : `--select=${pattern}`,
  );
  return [...words, ...patterns];
}
