import type { LogChoice } from '../observe/log-settings.js';
import type { StderrWriter } from '../observe/stderr.js';

export interface SessionOptions {
  cwd: string;
  env: NodeJS.ProcessEnv;
  /** `read` changes nothing in the stores; `update` changes those that exist; `write` also creates them. */
  access: 'read' | 'update' | 'write';
  databaseUri?: string | undefined;
  /** From the command line. */
  log: LogChoice;
  stderr: StderrWriter;
}
