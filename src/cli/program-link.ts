/** `.meltano/run/bin`: the link by which schedulers (Airflow's DAG file among them) find the program of a project. */
import { existsSync, lstatSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

/** Creates the link if it is missing or dangling. It is optional: nothing fails without it. */
export function linkProgram(sysDir: string, program: string | undefined): void {
  const link = join(sysDir, 'run', 'bin');
  if (program === undefined || process.platform === 'win32' || existsSync(link)) return;
  try {
    if (lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink()) rmSync(link);
    symlinkSync(program, link);
  } catch {
    // Read-only project, or another run was quicker.
  }
}
