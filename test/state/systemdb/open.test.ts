import { chmod, cp, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { currentOwner } from '../../../src/state/owner.js';
import type { Database } from '../../../src/state/systemdb/database.js';
import { openSystemDatabase } from '../../../src/state/systemdb/open.js';
import { SystemdbStateBackend } from '../../../src/state/systemdb/state-backend.js';
import { codeFrom, errorFrom } from '../error-from.js';
import { takeLease } from '../take-lease.js';
import type { WorkerAnswer } from '../worker.js';
import { buildWorker, Worker } from '../worker-process.js';

const fixtures = join(import.meta.dirname, '../../../fixtures/meltano-4.4.1');
const stateId = 'dev:tap-fake-to-target-fake';

let folder: string;
let file: string;
let workerFile: string;
const opened: Database[] = [];

beforeAll(async () => {
  workerFile = await buildWorker();
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tapline-db-'));
  file = join(folder, 'meltano.db');
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((database) => database.close()));
  await rm(folder, { recursive: true });
});

async function open(options: { readOnly?: boolean; lockedSeconds?: number } = {}): Promise<Database> {
  const database = await openSystemDatabase({ uri: `sqlite:///${file}`, cwd: folder, ...options });
  opened.push(database);
  return database;
}

/** Works on the file directly, as another program would. */
function raw<T>(work: (database: Sqlite.Database) => T): T {
  const database = new Sqlite(file);
  try {
    return work(database);
  } finally {
    database.close();
  }
}

async function makeMeltanoDatabase(): Promise<void> {
  const dump = await readFile(join(fixtures, 'system-database.sql'), 'utf8');
  raw((database) => database.exec(dump));
}

async function save(database: Database, value: unknown) {
  const { lease } = await takeLease(new SystemdbStateBackend(database).leases, stateId, {
    owner: await currentOwner('run'),
    force: true,
  });
  return lease.save({ mode: 'completed', state: { singer_state: { value } } });
}

describe('a new database', () => {
  test("has the original's tables exactly as the original makes them, and its revision", async () => {
    await open();
    const ours = raw(schemaOf);
    await rm(file);
    await makeMeltanoDatabase();
    const theirs = raw(schemaOf);
    expect(theirs.length).toBeGreaterThan(3);
    expect(ours.filter(({ name }) => !/^(sqlite_autoindex_)?tapline_/.test(name))).toEqual(theirs);
    expect(ours.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['tapline_runs', 'tapline_leases', 'tapline_windows']),
    );
  });

  test('is readable by nobody else, in WAL mode, in a folder that is made', async () => {
    file = join(folder, '.meltano', 'meltano.db');
    await save(await open(), 1);
    for (const path of [file, `${file}-wal`]) expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(raw((database) => database.pragma('journal_mode', { simple: true }))).toBe('wal');
  });

  test('is not made for those who only look: they see an empty one', async () => {
    const backend = new SystemdbStateBackend(await open({ readOnly: true }));
    expect(await backend.list()).toEqual([]);
    expect(await backend.leases.list()).toEqual([]);
    await expect(stat(file)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('in memory works, for a URI that asks for it', async () => {
    const database = await openSystemDatabase({ uri: 'sqlite://', cwd: folder });
    expect(await save(database, 1)).toMatchObject({ version: 1 });
    await database.close();
  });

  test('a second opening finds all as it was', async () => {
    await save(await open(), 1);
    expect((await new SystemdbStateBackend(await open()).read(stateId))?.version).toBe(1);
  });
});

describe("the original's database", () => {
  beforeEach(makeMeltanoDatabase);

  test('is gone on from: its state is read, digits and all', async () => {
    const backend = new SystemdbStateBackend(await open());
    expect(await backend.read(stateId)).toMatchObject({
      version: 0,
      completed: { singer_state: { bookmarks: { users: { lsn: 18446744073709551615n, name: 'Zoë', ratio: 1.5 } } } },
      partial: { singer_state: { bookmarks: { users: { extra: true } } } },
      updatedAt: new Date('2026-11-22T14:02:29.722'),
    });
    expect((await backend.list()).map((listing) => [listing.stateId, listing.status])).toEqual([
      [stateId, 'valid'],
      ['dev:tap-only-set-to-target-fake', 'valid'],
    ]);
  });

  test('is written in its own form, byte for byte', async () => {
    const before = raw((database) =>
      database.prepare('SELECT completed_state FROM state WHERE state_id = ?').pluck().get(stateId),
    );
    const database = await open();
    const backend = new SystemdbStateBackend(database);
    const stored = await backend.read(stateId);
    const { lease } = await takeLease(backend.leases, stateId, { owner: await currentOwner('run') });
    await lease.save({ mode: 'completed', state: stored?.completed ?? {} });
    const row = raw((sqlite) => sqlite.prepare('SELECT * FROM state WHERE state_id = ?').get(stateId));
    expect(row).toMatchObject({ completed_state: before, partial_state: '{}' });
    expect((row as { updated_at: string }).updated_at).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$/);
  });

  test('can be looked at without being changed', async () => {
    const before = raw((database) => database.serialize());
    const backend = new SystemdbStateBackend(await open({ readOnly: true }));
    expect(await backend.list()).toHaveLength(2);
    expect(await backend.versions(stateId)).toEqual([]);
    await backend.close();
    expect(raw((database) => database.serialize()).equals(before)).toBe(true);
  });

  test('of a newer Meltano is used as long as the tables have what we know', async () => {
    raw((database) =>
      database.exec("UPDATE alembic_version SET version_num = 'abcdef012345'; ALTER TABLE runs ADD COLUMN more TEXT"),
    );
    expect(await save(await open(), 1)).toMatchObject({ version: 2 });
    expect(raw((database) => database.prepare('SELECT version_num FROM alembic_version').pluck().get())).toBe(
      'abcdef012345',
    );
  });

  test.each([
    [
      'an older Meltano',
      "ALTER TABLE runs RENAME TO job; UPDATE alembic_version SET version_num = '13e8639c6d2b'",
      'meltano upgrade database',
    ],
    ['another shape', 'ALTER TABLE state DROP COLUMN partial_state', 'meltano upgrade database'],
    ['another program', 'DROP TABLE alembic_version; DROP TABLE state; DROP TABLE plugin_settings', 'database_uri'],
  ])('of %s is refused and left as it is', async (_, change, hint) => {
    raw((database) => database.exec(change));
    const before = raw(schemaOf);
    const error = await errorFrom(open());
    expect(error.code).toBe('DATABASE_OUTDATED');
    expect(error.hint).toContain(hint);
    expect(raw(schemaOf)).toEqual(before);
  });
});

describe('a database that refuses', () => {
  test('one of a newer Tapline', async () => {
    await open();
    raw((database) => {
      database.exec("INSERT INTO tapline_migrations VALUES (999, 'future', '2030-01-01T00:00:00.000Z')");
      database.pragma('user_version = 741000999');
    });
    const error = await errorFrom(open());
    expect(error.code).toBe('DATABASE_NEWER');
    expect(error.message).toContain('999');
  });

  test('a file that is something else', async () => {
    await writeFile(file, 'version: 1\nplugins: {}\n'.repeat(100));
    const error = await errorFrom(open());
    expect(error.code).toBe('DATABASE_BROKEN');
    expect(error.message).toContain(file);
    expect(await readFile(file, 'utf8')).toContain('plugins');
  });

  test('a damaged file', async () => {
    const database = await open();
    for (let n = 0; n < 50; n += 1) await save(database, 'x'.repeat(5000));
    await database.close();
    const bytes = await readFile(file);
    bytes.fill(0xff, 4096);
    await writeFile(file, bytes);
    const damaged = async () => save(await open(), 1);
    const error = await errorFrom(damaged());
    expect(error.code).toBe('DATABASE_BROKEN');
    expect(error.hint).toBeDefined();
  });

  test('a folder', async () => {
    await mkdir(file);
    expect(await codeFrom(open())).toBe('DATABASE_OPEN');
  });

  test('a path whose folders are missing', async () => {
    file = join(folder, 'no', 'such', 'folder', 'meltano.db');
    const error = await errorFrom(open());
    expect(error.code).toBe('DATABASE_OPEN');
    expect(error.message).toContain(file);
  });

  test('one that another process holds, until it lets go', async () => {
    const database = await open({ lockedSeconds: 0.05 });
    const other = new Sqlite(file);
    other.exec('BEGIN IMMEDIATE');
    const error = await errorFrom(save(database, 1));
    expect(error.code).toBe('DATABASE_LOCKED');
    expect(error.message).toContain(file);
    expect(await new SystemdbStateBackend(database).list()).toEqual([]);
    other.exec('ROLLBACK');
    other.close();
    expect(await save(database, 1)).toMatchObject({ version: 1 });
  });

  test('one that another process holds makes nobody wait for those before him', async () => {
    const database = await open({ lockedSeconds: 0.2 });
    const other = new Sqlite(file);
    other.exec('BEGIN IMMEDIATE');
    // Were the time to give up counted from each one's turn, this would take longer than a test may.
    const answers = await Promise.all(Array.from({ length: 200 }, (_, n) => codeFrom(save(database, n))));
    expect(new Set(answers)).toEqual(new Set(['DATABASE_LOCKED']));
    other.close();
  });

  test('a full disk: what was there stays', async () => {
    const database = await open();
    await save(database, 'before');
    await database.read(async (transaction) => {
      const pages = Number((await transaction.get('PRAGMA page_count'))?.page_count);
      await transaction.get(`PRAGMA max_page_count = ${pages}`);
    });
    const error = await errorFrom(save(database, 'x'.repeat(500_000)));
    expect(error.code).toBe('DISK_FULL');
    expect(error.message).toContain(file);
    const stored = await new SystemdbStateBackend(database).read(stateId);
    expect(stored).toMatchObject({ version: 1, completed: { singer_state: { value: 'before' } } });
  });
});

/** Root may write everywhere, so as root the program runs as another user. */
describe('permissions', () => {
  async function openAsOrdinaryUser(readOnly = false): Promise<WorkerAnswer> {
    if (((await stat(folder)).mode & 0o222) !== 0) await chmod(folder, 0o755);
    const isRoot = process.getuid?.() === 0;
    // What the worker needs is put where everybody can read it.
    const place = await mkdtemp(join(tmpdir(), 'tapline-worker-'));
    await chmod(place, 0o755);
    const program = join(place, 'worker.mjs');
    await cp(workerFile, program);
    for (const name of ['better-sqlite3', 'bindings', 'file-uri-to-path']) {
      await cp(join(import.meta.dirname, '../../../node_modules', name), join(place, 'node_modules', name), {
        recursive: true,
        filter: (path) => !/\/(deps|src|obj|obj\.target|\.deps)$|sqlite3\.a$/.test(path),
      });
    }
    const worker = new Worker(program, isRoot ? { uid: 65534, gid: 65534 } : {});
    try {
      await worker.ready();
      const answer = await worker.ask({ do: 'open', kind: 'systemdb', uri: `sqlite:///${file}`, readOnly });
      return answer.ok ? await worker.ask({ do: 'list' }) : answer;
    } finally {
      await worker.kill();
      await rm(place, { recursive: true });
    }
  }

  test('a folder that can not be written has no place for a new database', async () => {
    await chmod(folder, 0o555);
    const answer = await openAsOrdinaryUser();
    expect(answer).toMatchObject({ ok: false, code: 'DATABASE_READONLY' });
    expect(answer.message).toContain(file);
  });

  test('a database that can not be written', async () => {
    await makeMeltanoDatabase();
    await chmod(file, 0o444);
    expect(await openAsOrdinaryUser()).toMatchObject({ ok: false, code: 'DATABASE_READONLY' });
  });

  test.each(['with our tables', 'of the original'])(
    'a database %s that can only be read can be looked at',
    async (kind) => {
      await makeMeltanoDatabase();
      if (kind === 'with our tables') await (await open()).close();
      await chmod(file, 0o444);
      await chmod(folder, 0o555);
      expect(await openAsOrdinaryUser(true)).toEqual({ ok: true, states: 2 });
      await chmod(folder, 0o755);
    },
  );

  test('a database that can not be read', async () => {
    await makeMeltanoDatabase();
    await chmod(file, 0o000);
    expect(await openAsOrdinaryUser()).toMatchObject({ ok: false, code: 'DATABASE_OPEN' });
  });
});

test('what another program sees is whole: the file passes its own check', async () => {
  const database = await open();
  await Promise.all(Array.from({ length: 20 }, (_, n) => save(database, n).catch(() => {})));
  expect(raw((sqlite) => sqlite.pragma('integrity_check', { simple: true }))).toBe('ok');
});

function schemaOf(database: Sqlite.Database): { name: string; sql: string | null }[] {
  return database
    .prepare<[], { name: string; sql: string | null }>('SELECT name, sql FROM sqlite_master ORDER BY name')
    .all();
}
