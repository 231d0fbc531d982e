/** The versions of a state: an object each. */
import { type VersionMark, versionsToDrop } from '../kept-versions.js';
import type { StateVersion } from '../port.js';
import { parseVersion, versionText } from '../state-document.js';
import { parseVersionKey } from './layout.js';
import type { StateObjects } from './leases.js';
import { readAll } from './read-all.js';

/** Newest first. Name and date of an object say enough, so none is read. */
export async function listVersions({ store, layout }: StateObjects, stateId: string): Promise<VersionMark[]> {
  const marks: VersionMark[] = [];
  for await (const page of store.list(layout.versions(stateId))) {
    for (const { key, modifiedAt } of page) {
      const name = parseVersionKey(key);
      if (name !== undefined) marks.push({ ...name, savedAt: modifiedAt });
    }
  }
  return marks.sort((a, b) => b.version - a.version);
}

/** Leaves out unreadable versions, so that the others can still be shown. */
export function readVersions(
  objects: StateObjects,
  stateId: string,
  marks: readonly VersionMark[],
): Promise<StateVersion[]> {
  return readAll(marks, (mark) => readVersion(objects, stateId, mark));
}

export async function readVersion(
  { store, layout }: StateObjects,
  stateId: string,
  mark: VersionMark,
): Promise<StateVersion | undefined> {
  const key = layout.version(stateId, mark);
  const object = await store.get(key);
  return object && parseVersion(object.text, store.nameOf(key), stateId, mark.version);
}

export async function writeVersion(
  { store, layout }: StateObjects,
  version: StateVersion & { token?: number | undefined },
): Promise<void> {
  await store.put(layout.version(version.stateId, version), versionText(version));
}

/** Removes those that the rule of kept-versions.ts gives up; gives those that stay. */
export async function pruneVersions(
  { store, layout, retention }: StateObjects,
  stateId: string,
  marks: readonly VersionMark[],
): Promise<VersionMark[]> {
  const dropped = new Set(versionsToDrop(marks, retention));
  const gone = marks.filter(({ version }) => dropped.has(version));
  await Promise.all(gone.map((mark) => store.delete(layout.version(stateId, mark))));
  return marks.filter(({ version }) => !dropped.has(version));
}
