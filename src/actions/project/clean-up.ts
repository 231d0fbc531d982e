/** What `clean` removes: nothing that a running run uses, and no state. */
import { existsSync } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { withFileLock } from '../../file-lock.js';
import type { History } from '../../history/port.js';
import { platformLogFolder } from '../../observe/run-log-file.js';
import { pluginTypes } from '../../project/types.js';
import { leftoverDirectories } from '../../run/files/run-directory.js';
import type { Session } from '../../session/session.js';

export interface Rubbish {
  kind: 'run_directory' | 'log' | 'catalog' | 'venv';
  /** Absolute. */
  path: string;
  bytes: number;
  /** Held while it is removed. */
  lock?: string | undefined;
}

export interface CleanUp {
  rubbish: Rubbish[];
  /** Runs of the history. */
  runIds: string[];
  /** Why something was not considered. */
  notes: string[];
}

/** The age from which on things are removed by default, by the setting `tapline.history.retention_days`. */
export async function retentionStart(session: Session, now: Date = new Date()): Promise<Date> {
  const days = Number((await session.settings()).projectSetting('tapline.history.retention_days'));
  return new Date(now.getTime() - days * 86_400_000);
}

export async function findRubbish(session: Session, before: Date): Promise<CleanUp> {
  const history = await session.existingHistory();
  const runIds = history === undefined ? [] : await endedRuns(history, before);
  const isRunning = history !== undefined && (await history.listRuns({ status: 'running', limit: 1 })).length > 0;
  const notes = isRunning ? ['A run is in progress, so virtual environments were skipped.'] : [];
  const { sysDir } = session.project;
  const places: Omit<Rubbish, 'bytes'>[] = [
    ...(await leftoverDirectories(join(sysDir, 'run'))).map((path) => ({ kind: 'run_directory' as const, path })),
    ...(await oldLogs(session, history, runIds, before)),
    ...(await oldCatalogs(session, before)),
    ...(isRunning ? [] : await orphanVenvs(session)),
  ];
  const rubbish = await Promise.all(places.map(async (place) => ({ ...place, bytes: await sizeOf(place.path) })));
  return { rubbish, runIds, notes };
}

export async function removeRubbish(session: Session, { rubbish, runIds }: CleanUp): Promise<void> {
  for (const { path, lock } of rubbish) {
    const remove = () => rm(path, { recursive: true, force: true });
    await (lock === undefined ? remove() : withFileLock(lock, remove, { waitSeconds: 0 }));
  }
  if (runIds.length > 0) await (await session.history()).forgetRuns(runIds);
}

async function endedRuns(history: History, before: Date): Promise<string[]> {
  const runs = await history.listRuns({ limit: 1_000_000 });
  return runs
    .filter(({ status, startedAt, endedAt }) => status !== 'running' && (endedAt ?? startedAt) < before)
    .map(({ runId }) => runId);
}

/** The log folder is shared by all projects of a user, so only logs of this project's runs are removed. */
async function oldLogs(
  { project, env }: Session,
  history: History | undefined,
  runIds: readonly string[],
  before: Date,
): Promise<Omit<Rubbish, 'bytes'>[]> {
  const ofMeltano = history === undefined ? [] : await history.meltanoRuns.list({ limit: 1_000_000 });
  const ended = ofMeltano.filter((run) => run.state !== 'RUNNING' && run.endedAt !== undefined && run.endedAt < before);
  const own = new Set([...runIds, ...ended.map(({ runId }) => runId)]);
  const found: Omit<Rubbish, 'bytes'>[] = [];
  for (const root of [platformLogFolder(env), join(project.sysDir, 'logs')]) {
    for (const stateId of await foldersIn(join(root, 'elt'))) {
      for (const runId of (await foldersIn(join(root, 'elt', stateId))).filter((name) => own.has(name))) {
        const path = join(root, 'elt', stateId, runId);
        if (await isOlder(path, before)) found.push({ kind: 'log', path });
      }
    }
  }
  return found;
}

async function oldCatalogs({ project }: Session, before: Date): Promise<Omit<Rubbish, 'bytes'>[]> {
  const root = join(project.sysDir, 'run');
  const found: Omit<Rubbish, 'bytes'>[] = [];
  for (const plugin of await foldersIn(root)) {
    // The key is removed first, so that no run uses a catalog without it.
    for (const name of ['tap.properties.cache_key', 'tap.properties.json']) {
      const path = join(root, plugin, name);
      if (await isOlder(path, before)) found.push({ kind: 'catalog', path });
    }
  }
  return found;
}

/** Virtual environments of plugins that are no longer in the project, whatever their age. */
async function orphanVenvs(session: Session): Promise<Omit<Rubbish, 'bytes'>[]> {
  const { project } = session;
  const found: Omit<Rubbish, 'bytes'>[] = [];
  for (const type of pluginTypes) {
    const names = new Set(project.pluginEntries[type].map(({ name }) => name));
    for (const name of await foldersIn(join(project.sysDir, type))) {
      const path = join(project.sysDir, type, name);
      if (names.has(name) || !existsSync(join(path, 'venv'))) continue;
      found.push({ kind: 'venv', path, lock: join(path, '.install.lock') });
    }
  }
  return found;
}

async function foldersIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

async function isOlder(path: string, before: Date): Promise<boolean> {
  const newest = await stat(path).catch(() => undefined);
  return newest !== undefined && newest.mtime < before;
}

async function sizeOf(path: string): Promise<number> {
  const entry = await stat(path).catch(() => undefined);
  if (entry === undefined || !entry.isDirectory()) return entry?.size ?? 0;
  const inside = await readdir(path, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = inside.filter((each) => each.isFile());
  const sizes = await Promise.all(files.map((file) => stat(join(file.parentPath, file.name)).catch(() => undefined)));
  return sizes.reduce((sum, each) => sum + (each?.size ?? 0), 0);
}
