import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { groupLives } from '../../src/run/process/process-group.js';
import { Stage } from '../run/chain/actors.js';
import { printed, record, schema, state } from '../run/chain/chain-rig.js';

let tools: Stage;
let stage: Stage;
let runner: ChildProcess;
let secretFile: string;
let stateFile: string;

beforeAll(async () => {
  tools = new Stage();
  await build({
    entryPoints: [join(import.meta.dirname, 'chain-runner.ts')],
    outfile: join(tools.directory, 'chain-runner.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
  });
});

afterAll(() => tools.close());

beforeEach(() => {
  stage = new Stage();
  secretFile = join(stage.directory, 'it\'s a "config".json');
  stateFile = join(stage.directory, 'state.json');
  const processes = [stage.spec('tap', 'tap-x'), stage.spec('target', 'target-x')];
  const setup = { chain: { name: 'chain', directory: stage.directory, processes }, secretFile, stateFile };
  runner = spawn(process.execPath, [join(tools.directory, 'chain-runner.mjs'), JSON.stringify(setup)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
});

afterEach(() => {
  runner.kill('SIGKILL');
  stage.close();
});

/** Resolves when the runner prints an event of this type. */
function told(type: string): Promise<void> {
  return new Promise((resolve) => {
    const lines = createInterface({ input: runner.stdout as NodeJS.ReadableStream });
    lines.on('line', (line) => {
      if (JSON.parse(line).type !== type) return;
      lines.close();
      resolve();
    });
  });
}

/** Both plugins' sockets have closed, and nobody is left in their groups. */
async function allGone(): Promise<void> {
  const [tap, target] = await actors();
  await Promise.all([tap.gone, target.gone]);
  for (const { pid } of [tap, target]) while (groupLives(pid)) await new Promise((resolve) => setImmediate(resolve));
  while (existsSync(secretFile)) await new Promise((resolve) => setImmediate(resolve));
}

function actors() {
  return Promise.all([stage.actor('tap-x'), stage.actor('target-x')]);
}

describe('after kill -9 of the runner nothing is left', () => {
  it('before the first line', async () => {
    await actors();
    runner.kill('SIGKILL');
    await allGone();
  });

  it('in mid-record', async () => {
    const [tap] = await actors();
    await tap.write(schema + record(1) + record(2).slice(0, 20));
    runner.kill('SIGKILL');
    await allGone();
  });

  it('between a STATE and its save: the state stays that of before', async () => {
    const [tap, target] = await actors();
    target.do('read');
    await tap.write(schema + record(1) + state(1));
    await target.readUntil(state(1));
    runner.kill('SIGKILL');
    await allGone();
    expect(existsSync(stateFile)).toBe(false);
  });

  it('after the save: the state is what the target printed', async () => {
    const [tap, target] = await actors();
    target.do('read');
    await tap.write(schema + record(1) + state(1));
    await target.readUntil(state(1));
    const saved = told('saved');
    await target.write(printed(1));
    await saved;
    runner.kill('SIGKILL');
    await allGone();
    expect(JSON.parse(readFileSync(stateFile, 'utf8'))).toEqual(JSON.parse(printed(1)));
  });

  it('not even of plugins that ignore TERM, nor what they have left behind', async () => {
    const [tap, target] = await actors();
    for (const actor of [tap, target]) {
      actor.do('onSignal', { signal: 'SIGTERM' });
      await actor.next('listening');
    }
    tap.do('leaveBehind', { holds: [1] });
    await tap.next('left');
    runner.kill('SIGKILL');
    await allGone();
  });

  it('and the terminal\u2019s signals do not reach the reaper', async () => {
    const [tap, target] = await actors();
    target.do('read');
    const exited = new Promise((resolve) => {
      runner.once('exit', resolve);
    });
    runner.kill('SIGTERM');
    await tap.gone;
    await target.next('end');
    target.exit(0);
    expect(await exited).toBe(0);
    await allGone();
  });
});
