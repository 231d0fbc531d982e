/** A folder of DAG files: which of ours have to be written, which are left over, and none of anybody else's touched. */
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TaplineError } from '../../errors.js';
import type { Dag } from './dag.js';
import { dagFile } from './dag-file.js';

export interface FilePlan {
  dag: Dag;
  /** Its name in the folder. */
  file: string;
  text: string;
  change: 'new' | 'changed' | 'unchanged';
}

export interface FolderPlan {
  folder: string;
  files: FilePlan[];
  /** Of this project, whose pipelines, schedules and jobs are gone. */
  leftOver: string[];
}

/** Of whose files the folder may hold several: one project, one prefix. */
export interface Owner {
  project: string;
  prefix: string;
}

const markStart = '# tapline-export: ';

/** What has to be done to a folder. Throws ENTRY_EXISTS where somebody else's file is in the way. */
export async function planFolder(
  folder: string,
  dags: readonly Dag[],
  owner: Owner,
  whole: boolean,
): Promise<FolderPlan> {
  const mark = `${markStart}${JSON.stringify(owner)}`;
  const there = await readDags(folder);
  const files = dags.map((dag): FilePlan => {
    const file = `${dag.id}.py`;
    const text = dagFile(dag, mark);
    const old = there.get(file);
    if (old !== undefined && markOf(old) !== mark) throw inTheWay(join(folder, file), old);
    return { dag, file, text, change: old === undefined ? 'new' : old === text ? 'unchanged' : 'changed' };
  });
  const wanted = new Set(files.map(({ file }) => file));
  const leftOver = [...there].flatMap(([file, text]) => (markOf(text) === mark && !wanted.has(file) ? [file] : []));
  return { folder, files, leftOver: whole ? leftOver.sort() : [] };
}

/** Does it: all that is to be written is on the disk before the first old file is replaced. Throws OUTPUT_FAILED, DISK_FULL. */
export async function updateFolder({ folder, files, leftOver }: FolderPlan): Promise<void> {
  const changed = files.filter(({ change }) => change !== 'unchanged');
  const drafts = changed.map(({ file, text }) => ({ draft: join(folder, `.${file}.${process.pid}`), file, text }));
  try {
    await mkdir(folder, { recursive: true });
    for (const { draft, text } of drafts) await writeFile(draft, text);
    for (const { draft, file } of drafts) await rename(draft, join(folder, file));
    for (const file of leftOver) await rm(join(folder, file), { force: true });
  } catch (error) {
    for (const { draft } of drafts) await rm(draft, { force: true }).catch(() => undefined);
    throw notWritten(folder, error);
  }
}

async function readDags(folder: string): Promise<Map<string, string>> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    const names = entries.filter((entry) => entry.name.endsWith('.py')).map(({ name }) => name);
    return new Map(await Promise.all(names.map(async (name) => [name, await readText(join(folder, name))] as const)));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Map();
    throw notWritten(folder, error);
  }
}

/** A folder, or a link that leads nowhere, is in the way just as well. */
function readText(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => '');
}

function markOf(text: string): string | undefined {
  return text.split('\n', 2).find((line) => line.startsWith(markStart));
}

function inTheWay(file: string, text: string): TaplineError {
  const isOurs = markOf(text) !== undefined;
  return new TaplineError(
    'ENTRY_EXISTS',
    isOurs ? `${file} was exported from another project.` : `${file} exists and was not made by an export.`,
    {
      hint: 'Give the DAGs of this project a name of their own with --prefix, or choose another folder with --output.',
    },
  );
}

function notWritten(folder: string, error: unknown): TaplineError {
  const { code = 'unknown' } = error as NodeJS.ErrnoException;
  const isFull = code === 'ENOSPC' || code === 'EDQUOT';
  const why = code === 'ENOTDIR' || code === 'EEXIST' ? 'it is a file, or in one' : code;
  const message = isFull ? `No space left for ${folder}.` : `DAGs can't be written to ${folder} (${why}).`;
  return new TaplineError(isFull ? 'DISK_FULL' : 'OUTPUT_FAILED', message, {
    cause: error,
    hint: isFull ? undefined : 'Name a folder that can be written with --output.',
  });
}
