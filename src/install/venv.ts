import { constants } from 'node:fs';
import { access, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fingerprintFile } from './fingerprint.js';

/** The virtual environment of one plugin (and of those that inherit from it): `.meltano/<type>/<owner>/venv`. */
export interface Venv {
  root: string;
  bin: string;
}

export function venvOf(sysDir: string, type: string, owner: string): Venv {
  const root = join(sysDir, type, owner, 'venv');
  return { root, bin: join(root, process.platform === 'win32' ? 'Scripts' : 'bin') };
}

/** What a process of this venv gets: the venv's programs come first. */
export function venvEnvironment(venv: Venv, path: string | undefined): Record<string, string> {
  return { VIRTUAL_ENV: venv.root, PATH: path ? `${venv.bin}${delimiter}${path}` : venv.bin };
}

/** Undefined where the venv's own Python is gone or nothing was ever installed into it to the end. */
export async function installedFingerprint(venv: Venv): Promise<string | undefined> {
  try {
    await access(join(venv.bin, 'python'), constants.X_OK);
    return await readFile(join(venv.root, fingerprintFile), 'utf8');
  } catch {
    return undefined;
  }
}

/** `3.11` from the venv's own description, without starting its Python. */
export async function venvPythonVersion(venv: Venv): Promise<string | undefined> {
  try {
    const text = await readFile(join(venv.root, 'pyvenv.cfg'), 'utf8');
    return /^version(?:_info)?\s*=\s*(\d+\.\d+)/m.exec(text)?.[1];
  } catch {
    return undefined;
  }
}

/** Before a tool touches the venv: from now on it is not ready, whatever happens to us. */
export async function markUnfinished(venv: Venv): Promise<void> {
  await rm(join(venv.root, fingerprintFile), { force: true });
}

/** The last step of an install: whole or not at all. */
export async function markInstalled(venv: Venv, value: string): Promise<void> {
  const file = join(venv.root, fingerprintFile);
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, value);
  await rename(draft, file);
}
