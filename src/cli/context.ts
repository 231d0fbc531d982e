/** What a command gets from the program: where to print, and how to open the project. */
import type { Command } from 'commander';
import type { EnvironmentPolicy, Schedule } from '../project/types.js';
import type { Session } from '../session/session.js';
import type { Output } from './output.js';

export interface OpenProject {
  /** What the command does with the environment; the original's policy for it. */
  policy: EnvironmentPolicy;
  /** `read` makes and changes nothing in the stores: they may not even be there. `update` changes those that are. */
  access: 'read' | 'update' | 'write';
  /** `--database-uri`. */
  databaseUri?: string | undefined;
  /** Nothing is logged of the project: neither which environment is active, nor its warnings. */
  quiet?: boolean | undefined;
  /** Used instead of the one that the command line chose. */
  environment?: string | undefined;
  /** Further variables. */
  env?: Readonly<Record<string, string>> | undefined;
}

export interface CommandContext {
  /** All commands by name. */
  commands: Readonly<Record<string, CommandEntry | CommandGroup>>;
  output: Output;
  env: NodeJS.ProcessEnv;
  /** The schedule that has called this command line. */
  schedule: string | undefined;
  /** Opens the project of this command line, once; the program closes it. */
  open(options: OpenProject): Promise<Session>;
  /** Ends the command with this exit code, once all is closed and written. */
  exit(code: number): void;
  /**
   * Runs the command line of a schedule in this process, with its variables and the same global options. It opens the project
   * anew; its exit code is that of the whole.
   */
  call(argv: readonly string[], schedule: Pick<Schedule, 'name' | 'env'>): Promise<void>;
  /** Asks on the terminal (stderr); no, or no answer, throws ABORTED. */
  confirm(question: string): Promise<void>;
}

/** Adds arguments, options, examples and the action to a command. */
export type DefineCommand = (command: Command, context: CommandContext) => Command;

export interface CommandEntry {
  summary: string;
  /** Not for people: help does not show it. */
  hidden?: true;
  load: () => Promise<DefineCommand>;
}

export interface CommandGroup {
  summary: string;
  commands: Readonly<Record<string, CommandEntry>>;
}

export function isGroup(entry: CommandEntry | CommandGroup): entry is CommandGroup {
  return 'commands' in entry;
}
