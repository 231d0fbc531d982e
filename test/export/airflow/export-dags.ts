/** DAG files of a project in a meltano.yml, made as the program makes them, and read as Python reads them. */
import { execFile, execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Dag } from '../../../src/export/airflow/dag.js';
import { dagFile } from '../../../src/export/airflow/dag-file.js';
import { projectDags } from '../../../src/export/airflow/project-dags.js';
import { openProject } from '../../settings/open-project.js';

const mark = '# tapline-export: {"project":"shop","prefix":""}';

interface Choice {
  environment?: string;
  prefix?: string;
  names?: readonly string[];
  program?: readonly string[];
}

export async function dagsIn(yaml: string, choice: Choice = {}): Promise<Dag[]> {
  const { environment = 'prod', prefix = '', names = [], program = ['/usr/local/bin/tapline'] } = choice;
  const { project, plugins } = await openProject(yaml, { environment });
  const deployment = { program, projectFolder: '/opt/the project' };
  return projectDags({ project, plugins, deployment, prefix, names });
}

export async function filesIn(yaml: string, choice?: Choice): Promise<Map<string, string>> {
  return new Map((await dagsIn(yaml, choice)).map((dag) => [dag.id, dagFile(dag, mark)]));
}

/** What the operators of a file were made with, times in seconds. */
export interface ReadDag {
  dag: Record<string, unknown>;
  tasks: (Record<string, unknown> & { task_id: string; bash_command: string; env: Record<string, string> })[];
  links: [string[], string[]][];
}

export function readDag(text: string): Promise<ReadDag> {
  return new Promise((resolve, reject) => {
    const child = execFile('python3', [join(import.meta.dirname, 'read_dag.py')], (error, stdout) => {
      if (error === null) resolve(JSON.parse(stdout) as ReadDag);
      else reject(error);
    });
    child.stdin?.end(text);
  });
}

export function hasPython(): boolean {
  try {
    execFileSync('python3', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    if (process.env.CI) throw new Error('These tests need python3.');
    return false;
  }
}
