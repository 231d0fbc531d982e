import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { processStart } from '../../src/state/owner.js';
import { cleanEnvironment, cli, folderWith, tapline } from '../e2e/program.js';
import { appears as appearsIn, processesWith } from './scripted-project.js';

/** The tap reads 1 to 5 from after its state; it stops for good at the point that the file `stop-at` names. */
const tap = `#!/usr/bin/env node
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
const value = (name) => process.argv[process.argv.indexOf(name) + 1];
const point = existsSync('stop-at') ? readFileSync('stop-at', 'utf8') : '';
const at = async (name) => {
  if (name !== point) return;
  writeFileSync('reached', name);
  await sleep(600_000);
};
writeFileSync('tap.pid', String(process.pid));
if (process.argv.includes('--discover')) {
  await at('discovery');
  process.stdout.write('{"streams": []}');
  process.exit(0);
}
const write = (text) => new Promise((resolve) => process.stdout.write(text, resolve));
const state = process.argv.includes('--state') ? JSON.parse(readFileSync(value('--state'), 'utf8')) : { last: 0 };
await at('before SCHEMA');
await write('{"type":"SCHEMA","stream":"n","schema":{"properties":{"id":{}}},"key_properties":["id"]}\\n');
for (let id = state.last + 1; id <= 5; id += 1) {
  const record = JSON.stringify({ type: 'RECORD', stream: 'n', record: { id } }) + '\\n';
  if (id === 3 && point === 'in mid-record') await write(record.slice(0, 20));
  if (id === 3) await at('in mid-record');
  await write(record);
  await write(JSON.stringify({ type: 'STATE', value: { last: id } }) + '\\n');
  if (id === 3) await at('after STATE');
}
`;

/** Writes each row before it prints the state behind it; while there is a file `hold` it does not print the third state. */
const target = `#!/usr/bin/env node
import { appendFileSync, existsSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
writeFileSync('target.pid', String(process.pid));
for await (const line of createInterface({ input: process.stdin })) {
  const message = JSON.parse(line);
  if (message.type === 'RECORD') appendFileSync('rows', message.record.id + '\\n');
  if (message.type !== 'STATE') continue;
  if (message.value.last === 3 && existsSync('hold')) {
    writeFileSync('held', '');
    while (existsSync('hold')) await new Promise((resolve) => setTimeout(resolve, 20));
  }
  process.stdout.write(JSON.stringify(message.value) + '\\n');
}
`;

const mapper = `#!/usr/bin/env node
import { writeFileSync } from 'node:fs';
writeFileSync('mapper.pid', String(process.pid));
process.stdin.pipe(process.stdout);
`;

const project = `
default_environment: dev
environments: [{name: dev}]
plugins:
  extractors:
  - {name: tap-x, namespace: tap_x, executable: ./tap.mjs, capabilities: [catalog, discover, state], config: {password: pa55w0rd}}
  mappers:
  - {name: map-x, namespace: map_x, executable: ./mapper.mjs, mappings: [{name: pass, config: {}}]}
  loaders:
  - {name: target-x, namespace: target_x, executable: ./target.mjs}
`;

const words = ['run', 'tap-x', 'pass', 'target-x'];
const stateId = 'dev:tap-x-to-target-x';
let folder: string;
let runner: ChildProcess | undefined;

beforeEach(async () => {
  folder = await folderWith({ 'meltano.yml': project, 'tap.mjs': tap, 'mapper.mjs': mapper, 'target.mjs': target });
});

afterEach(async () => {
  runner?.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

const path = (name: string) => join(folder, name);
/** Never 0: a signal to that number goes to the tests' own process group, and ends whoever started them. */
function pidOf(name: string): number {
  const pid = Number(readFileSync(path(`${name}.pid`), 'utf8'));
  if (!(pid > 0)) throw new Error(`${name}.pid holds no process number`);
  return pid;
}
/** A file with a process number is there when the number is. */
const isThere = (name: string) =>
  existsSync(path(name)) && (!name.endsWith('.pid') || readFileSync(path(name), 'utf8') !== '');
const rows = () => (existsSync(path('rows')) ? readFileSync(path('rows'), 'utf8').trim().split('\n') : []);

const appears = (name: string) => appearsIn(folder, name, () => isThere(name));

async function startAndReach(point: string): Promise<ChildProcess> {
  const between = point === 'between STATE and save';
  if (between) writeFileSync(path('hold'), '');
  writeFileSync(path('stop-at'), between || point === 'after the save' ? 'after STATE' : point);
  const started = spawn(process.execPath, [cli, '--log-level=debug', ...words], {
    cwd: folder,
    env: { ...cleanEnvironment(path('home')), MARKER: folder },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  runner = started;
  if (point === 'lease') {
    await says(started, `Took the lease of '${stateId}'`);
    return started;
  }
  // A pipe that nobody reads would hold it up.
  started.stderr?.resume();
  await appears('reached');
  if (between) await appears('held');
  if (point !== 'discovery') await Promise.all([appears('mapper.pid'), appears('target.pid')]);
  if (point === 'after the save') await expect.poll(savedState, { timeout: 20_000 }).toEqual({ last: 3 });
  return started;
}

/** Resolves in the moment in which it says so. */
function says(child: ChildProcess, text: string): Promise<void> {
  return new Promise((resolve) => {
    let said = '';
    child.stderr?.on('data', (chunk) => {
      said += chunk;
      if (said.includes(text)) resolve();
    });
  });
}

/** Files below the project's own folder that hold the password. */
function secretFiles(): string[] {
  const entries = existsSync(path('.meltano/run'))
    ? readdirSync(path('.meltano/run'), { recursive: true, withFileTypes: true })
    : [];
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  // The copy of meltano.yml has what that file has.
  return files.filter((file) => file.includes('/tapline/') && readFileSync(file, 'latin1').includes('pa55w0rd'));
}

/** By a look into the database: the program itself is much slower. */
function savedState(): unknown {
  const file = path('.meltano/meltano.db');
  if (!existsSync(file)) return undefined;
  const database = new Sqlite(file, { readonly: true, timeout: 5000 });
  try {
    const text = database.prepare('SELECT completed_state FROM state WHERE state_id = ?').pluck().get(stateId);
    return typeof text === 'string' ? JSON.parse(text).singer_state : undefined;
  } finally {
    database.close();
  }
}

const points = ['lease', 'discovery', 'before SCHEMA', 'in mid-record', 'between STATE and save', 'after the save'];
const cases = points.flatMap((point) =>
  ['runner', 'tap', 'mapper', 'target']
    .filter((victim) => victim === 'runner' || (point === 'discovery' ? victim === 'tap' : point !== 'lease'))
    .map((victim) => [victim, point] as const),
);

describe('kill -9', () => {
  it.each(cases)(
    'of the %s (%s): the next run goes on, the destination is whole, nobody is left',
    async (victim, point) => {
      const started = await startAndReach(point);
      const ended = once(started, 'exit');
      const all = ['tap', 'mapper', 'target'].filter((name) => existsSync(path(`${name}.pid`))).map(pidOf);
      if (victim === 'runner') started.kill('SIGKILL');
      else process.kill(pidOf(victim), 'SIGKILL');
      rmSync(path('hold'), { force: true });
      const [code, signal] = await ended;
      if (victim === 'runner') expect(signal).toBe('SIGKILL');
      else expect(code).toBe(1);
      for (const pid of all) await expect.poll(() => processStart(pid), { timeout: 20_000 }).toBeUndefined();
      await expect.poll(() => processesWith(`MARKER=${folder}`), { timeout: 20_000 }).toEqual([]);
      await expect.poll(secretFiles, { timeout: 20_000 }).toEqual([]);
      // The state is never ahead of the data.
      const { last = 0 } = (savedState() ?? {}) as { last?: number };
      expect(rows()).toEqual(expect.arrayContaining(Array.from({ length: last }, (_, index) => String(index + 1))));

      for (const name of ['stop-at', 'reached']) rmSync(path(name), { force: true });
      const again = await tapline(folder, words);
      expect(again.code, again.stderr).toBe(0);
      expect([...new Set(rows())]).toEqual(['1', '2', '3', '4', '5']);
      expect(savedState()).toEqual({ last: 5 });
      // What was saved before is not read again.
      if (point === 'after the save') expect(rows()).toHaveLength(5);
      expect(readdirSync(path('.meltano/run/tapline'))).toEqual([]);
    },
  );
});

describe('kill -9 of an invoke', () => {
  it('leaves no file with a secret', async () => {
    writeFileSync(path('stop-at'), 'discovery');
    const options = { cwd: folder, env: cleanEnvironment(path('home')), stdio: 'ignore' } as const;
    runner = spawn(process.execPath, [cli, 'invoke', 'tap-x'], options);
    await appears('reached');
    const folders = () => readdirSync(path('.meltano/run/tapline'));
    expect(folders()).toHaveLength(1);
    runner.kill('SIGKILL');
    await expect.poll(folders, { timeout: 20_000 }).toEqual([]);
    await expect.poll(() => processStart(pidOf('tap')), { timeout: 20_000 }).toBeUndefined();
  });
});
