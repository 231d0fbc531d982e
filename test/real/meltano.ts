/** The original itself, from PyPI, to see that it and we can follow each other on one project. */
import { execFile } from 'node:child_process';
import { access, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { withFileLock } from '../../src/file-lock.js';

const version = '4.4.1';
/** With the driver that a plain `postgresql://` stands for. */
const requirement = `meltano[psycopg2]==${version}`;
export const cache = join(import.meta.dirname, '../../node_modules/.cache/tapline-real');
const run = promisify(execFile);

/** The path of its executable; installed once a checkout, by uv where there is one. */
export async function installedMeltano(): Promise<string> {
  const venv = join(cache, `meltano-psycopg2-${version}`);
  const executable = join(venv, 'bin', 'meltano');
  const finished = join(venv, 'installed');
  await mkdir(cache, { recursive: true });
  return withFileLock(
    join(cache, 'meltano.lock'),
    async () => {
      if (!(await exists(finished))) {
        await install(venv);
        await writeFile(finished, '');
      }
      return executable;
    },
    { waitSeconds: 600 },
  );
}

async function install(venv: string): Promise<void> {
  const python = join(venv, 'bin', 'python');
  if (await succeeds('uv', ['--version'])) {
    await run('uv', ['venv', '--clear', venv]);
    await run('uv', ['pip', 'install', '--python', python, requirement]);
    return;
  }
  await run('python3', ['-m', 'venv', '--clear', venv]);
  await run(python, ['-m', 'pip', 'install', '--quiet', requirement]);
}

export interface MeltanoResult {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs it in a project's folder, with none of the caller's own Meltano settings. */
export async function meltano(
  executable: string,
  folder: string,
  words: string[],
  env: Record<string, string> = {},
  options: readonly string[] = ['--log-level=warning'],
): Promise<MeltanoResult> {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('MELTANO_'));
  try {
    const place = { cwd: folder, env: { ...Object.fromEntries(own), ...env } };
    const { stdout, stderr } = await run(executable, [...options, ...words], place);
    return { code: 0, stdout, stderr };
  } catch (error) {
    const { code, stdout = '', stderr = '' } = error as { code?: unknown; stdout?: string; stderr?: string };
    if (typeof code !== 'number') throw error;
    return { code, stdout, stderr };
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function succeeds(command: string, words: string[]): Promise<boolean> {
  return run(command, words).then(
    () => true,
    () => false,
  );
}
