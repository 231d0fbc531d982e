/** A new project that runs at once, with a sample file, and the folders that Meltano creates. */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { TaplineError } from '../errors.js';
import { ensureSystemDirectory } from './system-directory.js';

export interface NewProject {
  root: string;
  /** In the order in which they are shown; one that was there is left as it is. */
  files: { name: string; isNew: boolean }[];
}

export interface CreateProjectOptions {
  /** Overwrite a meltano.yml that is there. */
  force: boolean;
  /** `false` is written down for Meltano; nothing is sent by this program anyway. */
  usageStats: boolean;
  /** MELTANO_SYS_DIR_ROOT. */
  systemFolder?: string | undefined;
}

const folders = ['extract', 'load', 'transform', 'analyze', 'notebook', 'orchestrate'];

/** Throws ENTRY_EXISTS where there is a project already; PROJECT_READONLY, DISK_FULL where nothing can be written. */
export async function createProject(folder: string, options: CreateProjectOptions): Promise<NewProject> {
  const root = resolve(folder);
  const projectFile = join(root, 'meltano.yml');
  if (existsSync(projectFile) && !options.force) {
    throw new TaplineError('ENTRY_EXISTS', `A project already exists: ${projectFile}.`, {
      at: { file: projectFile, line: 1, col: 1 },
      hint: 'Choose another folder, or overwrite its meltano.yml with --force.',
    });
  }
  try {
    await mkdir(root, { recursive: true });
    const others: NewProject['files'] = [];
    for (const [name, text] of Object.entries(otherFiles())) {
      others.push({ name, isNew: await writeNew(join(root, name), text) });
    }
    // Last and in one step: a folder with a meltano.yml is a whole project.
    await replace(projectFile, projectText(options.usageStats));
    ensureSystemDirectory({
      sysDir: options.systemFolder ? resolve(root, options.systemFolder) : join(root, '.meltano'),
    });
    return { root, files: [{ name: 'meltano.yml', isNew: true }, ...others] };
  } catch (error) {
    throw error instanceof TaplineError ? error : notWritable(root, error as NodeJS.ErrnoException);
  }
}

/** With the keys that Meltano wants to see in environments it can select: a list, and a project ID. */
function projectText(usageStats: boolean): string {
  return `# A data project for Tapline and Meltano.
default_environment: dev
project_id: ${randomUUID()}
${usageStats ? '' : 'send_anonymous_usage_stats: false\n'}environments:
- name: dev
- name: staging
- name: prod

# \`tapline run tap-csv target-sqlite\` loads the sample below. \`tapline add\` adds plugins, e.g. tap-github target-postgres.
plugins:
  extractors:
  - name: tap-csv
    variant: tapline
    config:
      files:
      - entity: customers
        path: extract/customers.csv
        keys: [id]
        replication_key: updated_at
  loaders:
  - name: target-sqlite
    variant: tapline
    config:
      path: output/warehouse.db

# Secrets belong in .env or in variables, e.g. TAP_GITHUB_AUTH_TOKEN; \`tapline config set\` writes them to .env.
#
# A job is a list of what \`tapline run\` takes, and a schedule says when it runs:
#
# jobs:
# - name: daily
#   tasks:
#   - tap-csv target-sqlite
# schedules:
# - name: every-night
#   interval: '@daily'
#   job: daily
`;
}

/** What the tap-csv of a new project reads. */
const sample = `id,name,country,updated_at
1,Ada,GB,2024-01-05
2,Grace,US,2024-01-07
3,Edsger,NL,2024-01-09
`;

function otherFiles(): Record<string, string> {
  return {
    'README.md': '',
    'requirements.txt': '',
    'extract/customers.csv': sample,
    'output/.gitignore': '*\n!.gitignore\n',
    '.gitignore': '/venv\n/.meltano\n.env\n',
    ...Object.fromEntries(folders.map((folder) => [`${folder}/.gitkeep`, ''])),
  };
}

async function writeNew(file: string, text: string): Promise<boolean> {
  await mkdir(dirname(file), { recursive: true });
  try {
    await writeFile(file, text, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function replace(file: string, text: string): Promise<void> {
  const draft = `${file}.${process.pid}.tmp`;
  try {
    await writeFile(draft, text);
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

function notWritable(root: string, error: NodeJS.ErrnoException): Error {
  const isFull = error.code === 'ENOSPC' || error.code === 'EDQUOT';
  if (error.code === undefined) return error;
  return new TaplineError(
    isFull ? 'DISK_FULL' : 'PROJECT_READONLY',
    `No project can be created in ${root} (${error.code}).`,
    { cause: error, hint: isFull ? 'Free some space and try again.' : 'Check the owner and the mode of that folder.' },
  );
}
