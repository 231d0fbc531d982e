/** The versions of a state: a file each. */
import { type VersionMark, type VersionRetention, versionsToDrop } from '../kept-versions.js';
import type { StateVersion } from '../port.js';
import { parseVersion, versionText } from '../state-document.js';
import { modified, moveInto, namesIn, readIfPresent, remove, writeDraft } from './files.js';
import type { StateFolder } from './layout.js';

export async function newestVersionNumber(folder: StateFolder, stateId: string): Promise<number> {
  return Math.max(0, ...(await versionNumbers(folder, stateId)));
}

/** Newest first. Leaves out unreadable versions, so that the others can still be shown. */
export async function readVersions(folder: StateFolder, stateId: string, limit: number): Promise<StateVersion[]> {
  const numbers = (await versionNumbers(folder, stateId)).sort((a, b) => b - a);
  const versions: StateVersion[] = [];
  for (const number of numbers.slice(0, limit)) {
    const version = await readVersion(folder, stateId, number);
    if (version !== undefined) versions.push(version);
  }
  return versions;
}

export async function readVersion(
  folder: StateFolder,
  stateId: string,
  version: number,
): Promise<StateVersion | undefined> {
  const path = folder.version(stateId, version);
  const text = await readIfPresent(path);
  if (text === undefined) return undefined;
  return parseVersion(text, path, stateId, version);
}

export async function writeVersion(folder: StateFolder, version: StateVersion & { token?: number }): Promise<void> {
  const { stateId } = version;
  const draft = await writeDraft(folder.versions(stateId), versionText(version), { sync: false });
  await moveInto(draft, folder.version(stateId, version.version), { sync: false });
}

/**
 * Removes those that the rule of kept-versions.ts gives up. `known`: the marks of versions that were read before, so that a
 * checkpoint reads its own file only.
 */
export async function pruneVersions(
  folder: StateFolder,
  stateId: string,
  retention: VersionRetention,
  known: Map<number, VersionMark>,
): Promise<void> {
  const numbers = await versionNumbers(folder, stateId);
  for (const number of numbers) {
    if (!known.has(number)) known.set(number, await readMark(folder, stateId, number));
  }
  const marks = numbers.flatMap((number) => known.get(number) ?? []);
  for (const number of versionsToDrop(marks, retention)) {
    await remove(folder.version(stateId, number));
    known.delete(number);
  }
}

/** One that can't be read counts as one that was saved when its file was: it goes with the others. */
async function readMark(folder: StateFolder, stateId: string, number: number): Promise<VersionMark> {
  const version = await readVersion(folder, stateId, number);
  const savedAt = version?.savedAt ?? (await modified(folder.version(stateId, number))) ?? new Date();
  return { version: number, runId: version?.runId, savedAt };
}

async function versionNumbers(folder: StateFolder, stateId: string): Promise<number[]> {
  const names = await namesIn(folder.versions(stateId));
  return names.map((name) => Number(/^(\d+)\.json$/.exec(name)?.[1] ?? 0)).filter((number) => number > 0);
}
