/**
 * Where things lie under the prefix:
 *
 *     <state id>/state.json               the original's, written by both
 *     <state id>/lock                     the original's, held around each write
 *     .tapline/<state id>/lease.json      ours: the lease, held or given back, with its token
 *     .tapline/<state id>/versions/3.<run>.json
 *     .tapline/conditional-writes         see conditional-writes.ts
 *
 * The original lists states by the keys that end with /state.json, so none of ours does.
 */
import { checkStateId, invalidStateId } from '../state-id.js';

const ownFolder = '.tapline';
/** A key's limit in S3 and Azure; Google's is the same. */
const maxKeyLength = 1024;
/** What the longest of our own keys adds to a state ID. */
const roomForOwn = 160;

export interface VersionName {
  version: number;
  runId: string | undefined;
}

export class ObjectLayout {
  readonly #base: string;

  constructor(prefix: string) {
    const trimmed = prefix.replace(/^\/+|\/+$/g, '');
    this.#base = trimmed === '' ? '' : `${trimmed}/`;
  }

  /** What all keys of states begin with. */
  base(): string {
    return this.#base;
  }

  ownBase(): string {
    return `${this.#base}${ownFolder}/`;
  }

  isOwn(folder: string): boolean {
    return folder === ownFolder;
  }

  state(stateId: string): string {
    return `${this.#base}${stateId}/state.json`;
  }

  lock(stateId: string): string {
    return `${this.#base}${stateId}/lock`;
  }

  lease(stateId: string): string {
    return `${this.ownBase()}${stateId}/lease.json`;
  }

  versions(stateId: string): string {
    return `${this.ownBase()}${stateId}/versions/`;
  }

  /** The name holds the run, so that one listing tells which versions may be removed. */
  version(stateId: string, { version, runId }: VersionName): string {
    const run = runId === undefined ? '' : `.${encodeURIComponent(runId).slice(0, 100)}`;
    return `${this.versions(stateId)}${version}${run}.json`;
  }

  unreadable(stateId: string, at: Date): string {
    return `${this.ownBase()}${stateId}/unreadable-${at.toISOString().replaceAll(':', '-')}.json`;
  }

  /** A small object whose only use is to learn whether the store knows conditions. */
  probe(): string {
    return `${this.ownBase()}conditional-writes`;
  }

  /** Throws STATE_ID_INVALID for a name that can't be part of a key unchanged. */
  check(stateId: string): void {
    checkStateId(stateId);
    if (stateId.includes('/'))
      throw invalidStateId(stateId, 'with state in an object store it is one part of a key and can have no slash');
    if (['.', '..', ownFolder].includes(stateId)) {
      throw invalidStateId(stateId, 'with state in an object store this name has another meaning');
    }
    if (Buffer.byteLength(this.#base + stateId) + roomForOwn > maxKeyLength) {
      throw invalidStateId(stateId, `with its prefix it is longer than a key of an object store may be`);
    }
  }
}

export function parseVersionKey(key: string): VersionName | undefined {
  const found = /\/versions\/(\d+)(?:\.([^/]+))?\.json$/.exec(key);
  return found === null ? undefined : { version: Number(found[1]), runId: found[2] };
}
