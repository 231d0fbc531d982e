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
  /** A catalog file in place of a discovered one, relative to the project's folder. */
  catalog?: string | undefined;
  /** A state file in place of the state that is kept, relative to the project's folder. */
  state?: string | undefined;
}

export interface ChainBlock {
  kind: 'chain';
  /** Number path in the plan, `1`, `2`, ... */
  id: string;
  name: string;
  tap: Plugin;
  /** Mapping pseudo plugins, in order. */
  mappers: Plugin[];
  target: Plugin;
  /** Undefined only where the run has no environment and no explicit ID. */
  stateId: string | undefined;
  options: BlockOptions;
  at?: SourceLocation | undefined;
}

export interface CommandBlock {
  kind: 'command';
  id: string;
  name: string;
  plugin: Plugin;
  command: string | undefined;
  args: string[];
  /** Plugins whose variables it sees, in order. */
  upstream?: Plugin[] | undefined;
  at?: SourceLocation | undefined;
}

export type Block = ChainBlock | CommandBlock;

/** What a run will do. Groups follow one another; the blocks of a group may overlap. */
export interface Plan {
  words: string[];
  groups: { blocks: Block[] }[];
  /** What runs otherwise than its words say, e.g. a command in a chain, which is ignored. */
  warnings?: ProjectWarning[] | undefined;
}
