/** Options of the commands that run blocks: run, el, elt, retry, backfill. */
import type { OptionDefinition } from '../../option-definition.js';
import { blockOptionDefinitions } from '../../plan/block-options.js';

const run = ['run'] as const;

const { fullRefresh, refreshCatalog, force, stateStrategy, mergeState } = blockOptionDefinitions;
const { failOnEmpty, select, exclude, stateUpdate, stateIdSuffix, retries, retryDelay } = blockOptionDefinitions;

export const selection = { select, exclude };
export const statelessness = { stateUpdate, stateIdSuffix };
export const catalogRefresh = { refreshCatalog };

export const ifRunning = {
  ifRunning: {
    kind: 'choice',
    name: 'if-running',
    value: 'what',
    choices: ['fail', 'wait', 'skip'],
    help: 'what to do when another run holds the state ID',
  },
} as const satisfies Record<string, OptionDefinition>;

/** What becomes of saved state. */
export const stateDefinitions = { fullRefresh, refreshCatalog, force, ...ifRunning, stateStrategy, mergeState };

/** How processes are run. */
export const processDefinitions = {
  runId: {
    kind: 'uuid',
    name: 'run-id',
    value: 'uuid',
    help: 'ID of this run',
    variable: { name: 'MELTANO_RUN_ID', commands: run },
  },
  timeout: {
    kind: 'integer',
    name: 'timeout',
    value: 'seconds',
    min: 1,
    help: 'stop gracefully after this time',
    variable: { name: 'MELTANO_RUN_TIMEOUT', commands: run },
  },
  retries,
  retryDelay,
  strictSinger: {
    kind: 'flag',
    name: 'strict-singer',
    help: 'fail a tap that prints lines which are not Singer messages',
  },
  inspect: { kind: 'flag', name: 'inspect', help: 'tell what each tap wrote, and what is wrong with it' },
} as const satisfies Record<string, OptionDefinition>;

/** What happens to the other blocks. */
export const failurePolicyDefinitions = {
  failFast: {
    kind: 'switch',
    name: 'fail-fast',
    help: 'when a block fails, stop the running ones too',
    negated: { name: 'no-fail-fast', help: 'when a block fails, keep going with the others' },
  },
} as const satisfies Record<string, OptionDefinition>;

export const emptySelection = { failOnEmpty };

export const jobs = {
  jobs: {
    kind: 'integer',
    name: 'jobs',
    short: 'j',
    value: 'count',
    min: 1,
    help: 'number of extract-load blocks to run in parallel (default: 1)',
    variable: { name: 'MELTANO_RUN_JOBS', commands: run },
  },
} as const satisfies Record<string, OptionDefinition>;

export const resumption = {
  resume: {
    kind: 'flag',
    name: 'resume',
    help: 'resume the last run, of these words if any are given; same as `retry`',
  },
} as const satisfies Record<string, OptionDefinition>;

/** Of `el` and `elt` alone. */
export const extractLoadDefinitions = {
  stateId: {
    kind: 'text',
    name: 'state-id',
    value: 'id',
    help: 'name under which state is kept between runs',
    variable: { name: 'MELTANO_STATE_ID', commands: ['el', 'elt'] },
  },
  dry: { kind: 'flag', name: 'dry', help: 'show what would run, without running it' },
  select: { ...select, short: 's' },
  exclude: { ...exclude, short: 'e' },
  catalog: {
    kind: 'text',
    name: 'catalog',
    value: 'file',
    help: "use this catalog instead of a discovered one; relative to the project's folder",
  },
  state: {
    kind: 'text',
    name: 'state',
    value: 'file',
    help: "start from this state instead of the saved one; relative to the project's folder",
  },
  dump: {
    kind: 'choice',
    name: 'dump',
    value: 'what',
    choices: ['catalog', 'state', 'extractor-config', 'loader-config'],
    help: 'print a file that a plugin would get, without running anything',
  },
} as const satisfies Record<string, OptionDefinition>;

export const transformAfter = {
  transform: {
    kind: 'choice',
    name: 'transform',
    value: 'how',
    choices: ['skip', 'only', 'run'],
    help: 'also run the transformer `dbt`, or only that',
  },
} as const satisfies Record<string, OptionDefinition>;

export const backfillDefinitions = {
  from: { kind: 'text', name: 'from', value: 'time', help: 'start of the first window: 2023-01-01, 2023-01-01T06:00' },
  to: { kind: 'text', name: 'to', value: 'time', help: 'end of the last window, exclusive' },
  window: { kind: 'text', name: 'window', value: 'length', help: 'length of a window: 12h, 7d, 1mo, 1y or ISO 8601' },
  timezone: {
    kind: 'text',
    name: 'timezone',
    value: 'zone',
    help: 'time zone of days and of times without an offset (default: UTC)',
  },
  partition: {
    kind: 'list',
    name: 'partition',
    value: 'name=values',
    help: 'one part for each value: region=eu,us (can be repeated)',
  },
  openEnd: { kind: 'flag', name: 'open-end', help: 'one window from --from on, for a tap that takes no end' },
  restart: { kind: 'flag', name: 'restart', help: 'load finished windows again' },
  advanceState: {
    kind: 'flag',
    name: 'advance-state',
    help: "when all windows are done, continue the chain's own state from the last one",
  },
  force: { kind: 'flag', name: 'force', help: 'with --advance-state: replace a state that the chain already has' },
} as const satisfies Record<string, OptionDefinition>;
