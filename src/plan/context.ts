import type { Plugins } from '../plugins/types.js';
import type { Project } from '../project/types.js';
import type { ExpandSuffix } from './state-id.js';
import type { BlockOptions } from './types.js';

/** What planning knows besides the words. */
export interface PlanContext {
  project: Project;
  plugins: Plugins;
  /** For blocks that don't say it themselves. */
  options: BlockOptions;
  expandSuffix: ExpandSuffix;
  /** Variables of all blocks, as they are written; those of steps and pipelines take their place. */
  env?: Readonly<Record<string, string>> | undefined;
  /** Expands `$NAME` in `env:` and `run_dir:` of steps and pipelines; as it stands where it is left out. */
  expandEnv?: ((text: string) => string) | undefined;
}
