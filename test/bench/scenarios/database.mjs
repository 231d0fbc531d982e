import { randomBytes } from 'node:crypto';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { importSource } from '../import-source.mjs';
import { tapline } from '../measure.mjs';
import { median } from '../pairs.mjs';
import { project } from '../projects.mjs';

const runs = 100_000;
const saves = 300;
const stateId = 'dev:tap-a-to-target-b';

/** TAPLINE_TEST_POSTGRES names another server, as in the tests. */
const server = process.env.TAPLINE_TEST_POSTGRES ?? `postgresql://${userInfo().username}@127.0.0.1:5432/test`;

/** One checkpoint, and a long history, on each kind of system database. */
export const systemDatabase = {
  name: 'database',
  async run({ quick }) {
    const folder = project('');
    const { openSystemDatabase } = await importSource('src/state/systemdb/open.ts');
    const sqlite = { name: 'SQLite', uri: `sqlite:///${join(folder, 'bench.db')}`, atMost: 2 };
    const figures = await figuresOn(sqlite, folder, openSystemDatabase, quick);
    const schema = await ownSchema();
    if (schema === undefined) {
      process.stderr.write(' (no PostgreSQL server: its figures are left out)');
      return figures;
    }
    try {
      const postgres = { name: 'local PostgreSQL', uri: schema.uri, atMost: 5 };
      return [...figures, ...(await figuresOn(postgres, folder, openSystemDatabase, quick))];
    } finally {
      await schema.drop();
    }
  },
};

async function figuresOn({ name, uri, atMost }, folder, openSystemDatabase, quick) {
  const database = await openSystemDatabase({ uri, cwd: folder });
  try {
    const checkpoint = await checkpointMilliseconds(database);
    const rows = quick ? runs / 10 : runs;
    await fill(database, rows);
    const listing = [];
    for (let round = 0; round < 5; round += 1) {
      const { seconds } = await tapline(folder, ['runs', 'list'], { env: { MELTANO_DATABASE_URI: uri } });
      listing.push(seconds * 1000);
    }
    return [
      { what: `a checkpoint of 1 KB on ${name}`, measured: checkpoint, atMost, unit: 'ms' },
      {
        what: `\`runs list\` of ${rows.toLocaleString('en')} runs on ${name}, with the program's start`,
        measured: median(listing),
        atMost: 200,
        unit: 'ms',
      },
    ];
  } finally {
    await database.close();
  }
}

async function checkpointMilliseconds(database) {
  const { SystemdbStateBackend } = await importSource('src/state/systemdb/state-backend.ts');
  const { currentOwner } = await importSource('src/state/owner.ts');
  const { leases } = new SystemdbStateBackend(database);
  const { lease } = await leases.acquire(stateId, { owner: await currentOwner('bench') });
  const times = [];
  for (let id = 0; id < saves; id += 1) {
    const state = { singer_state: { bookmarks: { s: { id, note: 'x'.repeat(950) } } } };
    const started = performance.now();
    await lease.save({ mode: 'completed', state, runId: 'bench' });
    times.push(performance.now() - started);
  }
  await lease.release();
  return median(times);
}

/** One run and one block each. */
function fill(database, rows) {
  const at = (n) => new Date(Date.UTC(2026, 0) + n * 60_000).toISOString();
  const runRow = (n) =>
    `('run-${n}', '["a", "b"]', 'dev', '${n % 10 === 0 ? 'failed' : 'success'}', 'cli', 'h', 1, '1', 'b', 'n', '${at(n)}', '${at(n + 1)}')`;
  const blockRow = (n) =>
    `('run-${n}', '1', 1, 'chain', 'a', '[]', 'dev:${n % 100}', '{}', 'success', '${at(n)}', '${at(n + 1)}', 5)`;
  return database.write('normal', async (transaction) => {
    for (let first = 0; first < rows; first += 500) {
      const numbers = Array.from({ length: 500 }, (_, n) => first + n);
      await transaction.run(`INSERT INTO tapline_runs (run_id, words, environment, status, triggered_by, host, pid, pid_start,
        boot_id, pid_namespace, started_at, ended_at) VALUES ${numbers.map(runRow).join(', ')}`);
      await transaction.run(`INSERT INTO tapline_blocks (run_id, block_id, attempt, kind, name, plugins, state_id, options,
        status, started_at, ended_at, records_loaded) VALUES ${numbers.map(blockRow).join(', ')}`);
    }
  });
}

/** Undefined where there is no server. */
async function ownSchema() {
  const { default: pg } = await import('pg');
  const name = `tapline_bench_${randomBytes(4).toString('hex')}`;
  const run = async (sql) => {
    const client = new pg.Client({ connectionString: server });
    await client.connect();
    await client.query(sql).finally(() => client.end());
  };
  try {
    await run(`CREATE SCHEMA ${name}`);
  } catch {
    return undefined;
  }
  const uri = `${server}${server.includes('?') ? '&' : '?'}options=-csearch_path%3D${name}`;
  return { uri, drop: () => run(`DROP SCHEMA ${name} CASCADE`) };
}
