import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Plugin } from '../plugins/types.js';
import { findProgram } from './find-program.js';

/** The interpreter that a plugin asks for: its own `python`, the project's, then the first line of `.python-version`. */
export async function configuredInterpreter(
  plugin: Plugin,
  projectPython: unknown,
  projectRoot: string,
): Promise<string | undefined> {
  if (plugin.python) return plugin.python;
  if (typeof projectPython === 'string' && projectPython !== '') return projectPython;
  return pinnedVersion(projectRoot);
}

/** The Python that is used where none is configured. */
export function defaultInterpreter(path: string | undefined): string | undefined {
  return findProgram('python3', path) ?? findProgram('python', path);
}

/** `3.11`, asked of the program itself. */
export async function interpreterVersion(program: string): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)(program, ['-c', "import sys; print('%d.%d' % sys.version_info[:2])"]);
    return stdout.trim();
  } catch {
    return undefined;
  }
}

async function pinnedVersion(projectRoot: string): Promise<string | undefined> {
  try {
    const text = await readFile(join(projectRoot, '.python-version'), 'utf8');
    return text.split(/\r?\n/)[0]?.trim() || undefined;
  } catch {
    return undefined;
  }
}
