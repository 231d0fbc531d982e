/** Airflow itself, from PyPI: reads exported files, and runs them. */
import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { withFileLock } from '../../src/file-lock.js';
import { cache } from './meltano.js';
import { pathWithUv } from './real-project.js';

const run = promisify(execFile);

export const versions = { 2: '2.11.2', 3: '3.3.2' } as const;

/** Airflow 2 is for Pythons up to 3.12. */
const pythons = { 2: '>=3.9,<3.13', 3: '>=3.10,<3.14' } as const;

export interface AirflowRun {
  state: string;
  tasks: Record<string, { state: string | null; tries: number }>;
}

export interface AirflowAnswer {
  version: string;
  errors: Record<string, string>;
  dags: Record<string, { schedule: string | null; timezone: string; tasks: Record<string, string[]> }>;
  /** What the sensors of a DAG would wait for: by sensor, in UTC. */
  awaited: Record<string, string>[];
  runs: AirflowRun[];
}

export interface AirflowQuestion {
  /** A DAG, and its dates. */
  awaited?: { dag: string; logicalDate: string; dataIntervalEnd: string }[];
  /** One after the other. */
  runs?: { dag: string; logicalDate: string }[];
}

/** The Python of an environment with Airflow in it; installed once a checkout. Rejects where there is no Python for it. */
export async function airflowPython(major: 2 | 3): Promise<string> {
  const venv = join(cache, `airflow-${versions[major]}`);
  const python = join(venv, 'bin', 'python');
  const finished = join(venv, 'installed');
  await mkdir(cache, { recursive: true });
  return withFileLock(
    join(cache, `airflow-${major}.lock`),
    async () => {
      const isThere = await access(finished).then(
        () => true,
        () => false,
      );
      if (isThere) return python;
      const options = { env: { ...process.env, PATH: await pathWithUv() }, maxBuffer: 64 * 1024 * 1024 };
      await run('uv', ['venv', '--clear', '--python', pythons[major], venv], options);
      await run('uv', ['pip', 'install', '--python', python, `apache-airflow==${versions[major]}`], options);
      await writeFile(finished, '');
      return python;
    },
    { waitSeconds: 600 },
  );
}

/** Reads the files of a folder as Airflow does, with a home and a database of its own. */
export async function askAirflow(python: string, folder: string, question: AirflowQuestion): Promise<AirflowAnswer> {
  const home = await mkdtemp(join(tmpdir(), 'tapline-airflow-'));
  const answer = join(home, 'answer.json');
  const env = {
    PATH: process.env.PATH,
    HOME: home,
    AIRFLOW_HOME: home,
    AIRFLOW__CORE__LOAD_EXAMPLES: 'False',
    AIRFLOW__CORE__DAGS_FOLDER: folder,
    AIRFLOW__USAGE_DATA_COLLECTION__ENABLED: 'False',
  };
  const script = join(import.meta.dirname, 'airflow_answer.py');
  const asked = JSON.stringify({ folder, answer, ...question });
  try {
    await run(python, ['-W', 'ignore', script, asked], { env, cwd: home, maxBuffer: 64 * 1024 * 1024 });
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`Airflow failed: ${stdout.slice(-4000)}${stderr.slice(-4000)}`);
  }
  return JSON.parse(await readFile(answer, 'utf8')) as AirflowAnswer;
}
