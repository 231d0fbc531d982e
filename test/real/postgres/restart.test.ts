/** Whole runs, with a server that is killed under them. */
import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  messages,
  record,
  ScriptedProject,
  type Started,
  schema,
  state,
  stateId,
} from '../../faults/scripted-project.js';
import { hasServerPrograms, PrivateServer } from './private-server.js';

const isThere = await hasServerPrograms();

/** Waits at the gate between two states. */
const tap = `${messages(schema, record(1), state(1))}
read line < gate
${messages(record(2), state(2))}`;

let server: PrivateServer;
let project: ScriptedProject;
let running: Started | undefined;

beforeAll(async () => {
  if (isThere) server = await PrivateServer.make('unused');
});
afterAll(() => server?.remove());
beforeEach(async () => {
  if (!isThere) return;
  await server.sql('DROP SCHEMA plain CASCADE; CREATE SCHEMA AUTHORIZATION plain');
  project = await ScriptedProject.make({ tap });
  execFileSync('mkfifo', [project.path('gate')]);
});
afterEach(async () => {
  running?.kill('SIGKILL');
  await running?.ended;
  running = undefined;
  await project?.remove();
});

const env = () => ({ MELTANO_DATABASE_URI: server.uri('plain'), MELTANO_DATABASE_MAX_RETRIES: '0' });
const openGate = () => writeFile(project.path('gate'), 'go\n');
const saved = async () => {
  const { stdout } = await project.tapline(['state', 'get', stateId], env());
  return (JSON.parse(stdout) as { singer_state?: { id: number } }).singer_state?.id;
};

/** A run whose first state is saved, on a server that is killed then, and whose second one can't be. */
async function runIntoOutage(): Promise<Started> {
  running = project.start(undefined, env());
  await running.said(/Incremental state has been updated/);
  await server.kill();
  await openGate();
  await running.said(/can't be saved now/);
  return running;
}

describe.skipIf(!isThere)('a server that is killed under a run', () => {
  test('and comes back is waited for: the run ends well, and each row of it is there once', async () => {
    const run = await runIntoOutage();
    await server.start();
    expect(await run.ended, run.stderr).toMatchObject({ code: 0 });
    expect(await saved()).toBe(2);
    expect(await project.rows()).toEqual([1, 2]);
    expect(await server.sql('SELECT state, count(*) FROM plain.runs GROUP BY 1')).toEqual([['SUCCESS', '1']]);
    expect(await server.sql('SELECT status, count(*) FROM plain.tapline_runs GROUP BY 1')).toEqual([['success', '1']]);
    expect(await server.sql('SELECT status, count(*) FROM plain.tapline_blocks GROUP BY 1')).toEqual([
      ['success', '1'],
    ]);
    expect(run.stderr).not.toContain('HISTORY_NOT_WRITTEN');
    expect(await server.sql('SELECT count(*) FROM plain.tapline_leases WHERE held = 1')).toEqual([['0']]);
  });

  test('and stays away until the lease ends fails it: the state is in a file, and can be brought in', async () => {
    const run = await runIntoOutage();
    expect(await run.ended, run.stderr).toMatchObject({ code: 1 });
    expect(run.stderr).toContain('[STATE_NOT_SAVED]');
    const [, cure = ''] = /`tapline (state set .* --input-file .*)`/.exec(run.stderr) ?? [];
    const words = cure.split(' ');
    expect(JSON.parse(await readFile(words.at(-1) ?? '', 'utf8'))).toMatchObject({ singer_state: { id: 2 } });
    expect((await project.run([], env())).stderr).toContain('[DATABASE_UNREACHABLE]');
    await server.start();
    expect(await saved()).toBe(1);
    expect(await project.tapline([...words, '--force'], env())).toMatchObject({ code: 0 });
    expect(await saved()).toBe(2);
  });
});
