import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import packageFile from '../../package.json' with { type: 'json' };
import { exactJson, parseExactJson } from '../exact-json.js';
import type { ProjectContent } from './content.js';
import type { Places } from './places.js';
import { ensureSystemDirectory } from './system-directory.js';

/** The number changes with what is stored and with how the files are understood; so does, in the seal, our version. */
const cacheName = 'tapline-project-6';
const maxBytes = 64 * 1024 * 1024;

/** One project file with the hash of its bytes. */
export interface FileStamp {
  file: string;
  hash: string;
}

export interface CachedProject {
  /** meltano.yml first, then what it includes, in merge order. */
  stamps: FileStamp[];
  includePaths: string[];
  content: ProjectContent;
}

export interface CacheHit extends CachedProject {
  /** Where the values stand; read only when somebody asks. */
  readPlaces(): Places | undefined;
}

export function hashOf(bytes: Buffer | string): string {
  return createHash('sha256').update(bytes).digest('base64');
}

function fileOf(sysDir: string): string {
  return join(sysDir, 'run', 'tapline-project.json');
}

/**
 * The parsed project as it was kept, or undefined. The first line of the file says who wrote it: only a file that this
 * user keeps for himself, in the very place where we wrote it (same inode) and unchanged since (same digest) is taken.
 * One that came with a checkout or an archive could otherwise stand for another project than the meltano.yml that people review.
 */
export function readCache(sysDir: string, root: string): CacheHit | undefined {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(fileOf(sysDir), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const facts = fstatSync(descriptor);
    const isOurs =
      facts.isFile() && facts.size <= maxBytes && facts.uid === process.getuid?.() && (facts.mode & 0o777) === 0o600;
    if (!isOurs) return undefined;
    return openHit(readFileSync(descriptor), root, facts.ino);
  } catch {
    return undefined;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** Three lines: the header with a seal over each of the others, the project, the places. */
function openHit(bytes: Buffer, root: string, inode: number): CacheHit | undefined {
  const first = bytes.indexOf(0x0a);
  const second = bytes.indexOf(0x0a, first + 1);
  if (first < 0 || second < 0) return undefined;
  const [name, projectSeal, placesSeal] = bytes.toString('latin1', 0, first).split(' ');
  const project = bytes.subarray(first + 1, second);
  if (name !== cacheName || projectSeal !== seal(project, root, inode)) return undefined;
  return {
    ...(parseExactJson(project.toString('utf8')) as CachedProject),
    readPlaces: () => {
      const places = bytes.subarray(second + 1);
      return placesSeal === seal(places, root, inode) ? (JSON.parse(places.toString('utf8')) as Places) : undefined;
    },
  };
}

/** Over what is stored and over all that it depends on; a project that was copied or moved is read again. */
function seal(line: Buffer, root: string, inode: number): string {
  const circumstances = `${packageFile.version} ${process.version} ${inode} ${root}\n`;
  return createHash('sha256').update(circumstances).update(line).digest('base64');
}

/** Replaces the cache in one rename. Where it can't be written (read-only, full disk), nothing happens. */
export function writeCache(sysDir: string, root: string, project: CachedProject, places: Places): void {
  const file = fileOf(sysDir);
  const draft = `${file}.${process.pid}.tmp`;
  try {
    ensureSystemDirectory({ sysDir });
    rmSync(draft, { force: true });
    const descriptor = openSync(draft, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
    try {
      const { ino } = fstatSync(descriptor);
      const lines = [project, places].map((value) => Buffer.from(exactJson(value)));
      writeFileSync(
        descriptor,
        `${[cacheName, ...lines.map((line) => seal(line, root, ino))].join(' ')}\n${lines.join('\n')}`,
      );
    } finally {
      closeSync(descriptor);
    }
    renameSync(draft, file);
  } catch {
    removeDraft(draft);
  }
}

function removeDraft(draft: string): void {
  try {
    rmSync(draft, { force: true });
  } catch {}
}
