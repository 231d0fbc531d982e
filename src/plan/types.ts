import type { SourceLocation } from '../errors.js';
import type { Plugin } from '../plugins/types.js';
import type { ProjectWarning } from '../project/types.js';

/** Options that a block can carry itself (a run step's line); the command line fills what is not set. */
export interface BlockOptions {
  fullRefresh?: boolean | undefined;
  refreshCatalog?: boolean | undefined;
  noStateUpdate?: boolean | undefined;
  stateIdSuffix?: string | undefined;
  stateStrategy?: 'auto' | 'merge' | 'overwrite' | undefined;
  force?: boolean | undefined;
  /** `[!]stream` patterns: only these streams, in place of the extra `select_filter`. */
  selectFilter?: readonly string[] | undefined;
  /** Fail when the selection leaves no stream, in place of `tapline.empty_selection`. */
  failOnEmpty?: boolean | undefined;
  /** A catalog file in place of a discovered one, relative to the project's folder. */
  catalog?: string | undefined;
  /** A state file in place of the state that is kept, relative to the project's folder. */
  state?: string | undefined;
}

/** How often a block that failed is tried again, and after what first pause; each further pause is twice as long. */
export interface RetryRule {
  retries: number;
  delaySeconds: number;
}

/** As much of a rule as somebody says. */
export interface RetryPart {
  retries?: number | undefined;
  delaySeconds?: number | undefined;
}

/** A run step or a pipeline of a plan: what its blocks have in common. */
export interface PlanScope {
  kind: 'step' | 'pipeline';
  /** Number path in the plan, as blocks have it: `3`, `3.1`. */
  id: string;
  name: string;
  /** The pipeline of a step. */
  parent?: PlanScope | undefined;
  /** Blocks at once; without it what the run says. */
  jobs?: number | undefined;
  /** For the files of its chains, relative to the project's folder. */
  runDir?: string | undefined;
  timeoutSeconds?: number | undefined;
  at?: SourceLocation | undefined;
}

interface BlockPlace {
  /** Number path in the plan: `1`, `2`, in a step `3.1`, in a pipeline `4.2.1`. */
  id: string;
  name: string;
  /** The run step that holds it. */
  scope?: PlanScope | undefined;
  /** Variables of its step and pipeline; they take the place of those of the process. */
  env?: Readonly<Record<string, string>> | undefined;
  /** What its line or pipeline says; the command line fills the rest. */
  retry?: RetryPart | undefined;
  at?: SourceLocation | undefined;
}

/** One part of a backfill of a chain: a range of time, a partition of its data, or both. */
export interface BackfillWindow {
  /** The chain's own state ID, which a backfill leaves alone; its blocks have one for each window. */
  chainStateId: string;
  /** `*`, or the patterns of the streams that it reads. */
  stream: string;
  /** What tells it from the other windows of its chain and streams: `region=eu|2023-01-01T00:00:00Z/2023-01-08T00:00:00Z`. */
  key: string;
  /** For people: `region=eu [2023-01-01, 2023-01-08)`. */
  label: string;
  /** In UTC; `to` is the first moment that it does not hold, and undefined where it has no end. */
  from?: string | undefined;
  to?: string | undefined;
  /** What its tap is given besides its own settings. */
  settings: Readonly<Record<string, string>>;
}

export interface ChainBlock extends BlockPlace {
  kind: 'chain';
  tap: Plugin;
  /** Mapping pseudo plugins, in order. */
  mappers: Plugin[];
  target: Plugin;
  /** Undefined only where the run has no environment and no explicit ID. */
  stateId: string | undefined;
  options: BlockOptions;
  window?: BackfillWindow | undefined;
}

export interface CommandBlock extends BlockPlace {
  kind: 'command';
  plugin: Plugin;
  command: string | undefined;
  args: string[];
  /** Plugins whose variables it sees, in order. */
  upstream?: Plugin[] | undefined;
}

export type Block = ChainBlock | CommandBlock;

/** Blocks that may overlap, all of one step or of none. */
export interface PlanGroup {
  blocks: Block[];
  scope?: PlanScope | undefined;
}

/** What a run will do. Groups follow one another. */
export interface Plan {
  words: string[];
  groups: PlanGroup[];
  /** What runs otherwise than its words say, e.g. a command in a chain, which is ignored. */
  warnings?: ProjectWarning[] | undefined;
}
