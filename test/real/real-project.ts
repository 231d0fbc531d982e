/** A project for real plugins: the user's own home, so that package caches and index settings are the machine's. */
import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { findProgram } from '../../src/install/find-program.js';
import { cli, type Ended, folderWith } from '../e2e/program.js';
import { cache } from './meltano.js';

const run = promisify(execFile);
let withUv: Promise<string> | undefined;

/** A PATH with uv on it; where the machine has none it is installed once a checkout. */
export function pathWithUv(): Promise<string> {
  withUv ??= findOrInstallUv();
  return withUv;
}

async function findOrInstallUv(): Promise<string> {
  const path = process.env.PATH ?? '';
  if (findProgram('uv', path) !== undefined) return path;
  const venv = join(cache, 'uv');
  const bin = join(venv, 'bin');
  if (findProgram('uv', bin) === undefined) {
    await mkdir(cache, { recursive: true });
    await run('python3', ['-m', 'venv', '--clear', venv]);
    await run(join(bin, 'python'), ['-m', 'pip', 'install', '--quiet', 'uv']);
  }
  return [bin, path].join(delimiter);
}

export class RealProject {
  private constructor(
    readonly folder: string,
    readonly env: NodeJS.ProcessEnv,
  ) {}

  static async make(files: Record<string, string>, env: NodeJS.ProcessEnv = {}): Promise<RealProject> {
    const folder = await folderWith(files);
    const base = { ...process.env, PATH: await pathWithUv(), XDG_STATE_HOME: join(folder, 'log') };
    return new RealProject(folder, { ...base, ...env });
  }

  tapline(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
    return new Promise((resolve) => {
      const options = { cwd: this.folder, env: { ...this.env, ...env }, maxBuffer: 64 * 1024 * 1024 };
      const child = execFile(process.execPath, [cli, ...args], options, (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
        resolve({ code, stdout, stderr });
      });
      child.stdin?.end();
    });
  }
}
