/** The command line of a task: what a person would type to run the block alone, with the same state ID. */
import { blockOptionWords } from '../../plan/block-options.js';
import type { Block, ChainBlock } from '../../plan/types.js';
import type { Schedule } from '../../project/types.js';
import { quoteShellWord } from '../../shell-words.js';

/** Where the program and the project are on the machines of Airflow. */
export interface Deployment {
  /** A program and what stands before all its arguments, e.g. Node and a script. */
  program: readonly string[];
  projectFolder: string;
}

/** `exec`: so that Airflow's signals reach the program, and not a shell that waits for it. */
export function taskCommand({ program, projectFolder }: Deployment, words: readonly string[]): string {
  return ['exec', ...[...program, `--cwd=${projectFolder}`, ...words].map(quoteShellWord)].join(' ');
}

/** Variables of its step stand on the line: there they have the strength that they have in a run, which also expands them. */
export function blockWords(block: Block): string[] {
  const env = Object.entries(block.env ?? {}).map(([name, value]) => `${name}=${value}`);
  if (block.kind === 'chain') return ['run', ...env, ...chainWords(block), ...blockOptionWords(block.options)];
  const { name, args } = block;
  return ['run', ...env, args.length === 0 ? name : ['invoke', name, ...args].map(quoteShellWord).join(' ')];
}

export function chainWords({ tap, mappers, target }: ChainBlock): string[] {
  return [tap, ...mappers, target].map(({ name, mapping }) => mapping ?? name);
}

/** As `schedule run` does it. */
export function extractLoadWords({ name, extractor = '', loader = '', transform = 'skip' }: Schedule): string[] {
  const words = [extractor, loader, `--state-id=${name}`];
  return transform === 'skip' ? ['el', ...words] : ['elt', ...words, `--transform=${transform}`];
}
