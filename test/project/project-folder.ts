import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { TaplineError } from '../../src/errors.js';
import { loadProject } from '../../src/project/load.js';
import type { LoadProjectOptions, Project } from '../../src/project/types.js';

/** A fresh folder with these files (paths relative to it), removed after the test. */
export function makeFolder(files: Record<string, string | Buffer> = {}): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'tapline-project-')));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return root;
}

/** Loads a project of one meltano.yml (and further files), in an empty environment unless told. */
export function loadFiles(
  files: string | Record<string, string | Buffer>,
  options: LoadProjectOptions = {},
): Promise<Project> {
  const root = makeFolder(typeof files === 'string' ? { 'meltano.yml': files } : files);
  return loadProject({ cwd: root, env: {}, ...options });
}

/** The TaplineError that the promise ends with; anything else fails the test. */
export async function errorOf(promise: Promise<unknown>): Promise<TaplineError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof TaplineError) return error;
    throw error;
  }
  throw new Error('There was no error.');
}
