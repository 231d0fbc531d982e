import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { folderWith, tapline } from '../e2e/program.js';
import { appears, processesWith, Started } from './scripted-project.js';

/** Reads 1 to 5 from after its state, in a stream of its own name. Stops for good, or fails, where the file `stop-at` says so. */
const tap = `#!/usr/bin/env node
import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
const name = basename(process.argv[1], '.mjs');
const value = (option) => process.argv[process.argv.indexOf(option) + 1];
if (process.argv.includes('--discover')) {
  process.stdout.write('{"streams": []}');
  process.exit(0);
}
appendFileSync('calls', name + '\\n');
const point = existsSync('stop-at') ? readFileSync('stop-at', 'utf8') : '';
const write = (message) => new Promise((resolve) => process.stdout.write(JSON.stringify(message) + '\\n', resolve));
const state = process.argv.includes('--state') ? JSON.parse(readFileSync(value('--state'), 'utf8')) : { last: 0 };
await write({ type: 'SCHEMA', stream: name, schema: { properties: { id: {} } }, key_properties: ['id'] });
for (let id = state.last + 1; id <= 5; id += 1) {
  await write({ type: 'RECORD', stream: name, record: { id } });
  await write({ type: 'STATE', value: { last: id } });
  if (id !== 3) continue;
  if (point === name + ' fails') {
    rmSync('stop-at');
    process.exitCode = 3;
    break;
  }
  if (point === name) {
    writeFileSync('reached', name);
    await sleep(600_000);
  }
}
`;

/** Writes each row before it prints the state behind it. */
const target = `#!/usr/bin/env node
import { appendFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
for await (const line of createInterface({ input: process.stdin })) {
  const message = JSON.parse(line);
  if (message.type === 'RECORD') appendFileSync('rows', message.stream + ' ' + message.record.id + '\\n');
  if (message.type === 'STATE') process.stdout.write(JSON.stringify(message.value) + '\\n');
}
`;

const utility = `#!/bin/sh
echo "util:$1" >> calls
if [ "$(cat stop-at 2>/dev/null)" = "util:$1" ]; then touch reached; exec sleep 600; fi
`;

const singer = (name: string) =>
  `  - {name: ${name}, namespace: ${name.replace('-', '_')}, executable: ./${name}.mjs, capabilities: [catalog, discover, state]}`;
const project = `
default_environment: dev
environments: [{name: dev}]
plugins:
  extractors:
${singer('tap-a')}
${singer('tap-b')}
  loaders:
  - {name: target-x, namespace: target_x, executable: ./target.mjs}
  utilities:
  - {name: util, namespace: util, executable: ./util.sh, commands: {run: run, test: test}}
run_steps:
  extract: {commands: [tap-a target-x, tap-b target-x], jobs: 1}
  transform: {commands: [invoke util:run, invoke util:test]}
pipelines:
- {id: nightly, steps: [{run_step: extract}, {run_step: transform}]}
`;

let folder: string;
let running: Started | undefined;
beforeEach(async () => {
  folder = await folderWith({
    'meltano.yml': project,
    'tap-a.mjs': tap,
    'tap-b.mjs': tap,
    'target.mjs': target,
    'util.sh': utility,
  });
});
afterEach(async () => {
  running?.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

const path = (name: string) => join(folder, name);
const lines = (name: string) => (existsSync(path(name)) ? readFileSync(path(name), 'utf8').trim().split('\n') : []);
const one = (name: string) => [1, 2, 3, 4, 5].map((id) => `${name} ${id}`);

/** By a look into the database: the program itself is much slower. */
function savedState(stateId: string): unknown {
  const database = new Sqlite(path('.meltano/meltano.db'), { readonly: true, timeout: 5000 });
  try {
    const text = database.prepare('SELECT completed_state FROM state WHERE state_id = ?').pluck().get(stateId);
    return typeof text === 'string' ? JSON.parse(text).singer_state : undefined;
  } finally {
    database.close();
  }
}

/** Runs until that point, and is killed there; nothing of it is left. */
async function killAt(point: string, args = ['run', 'nightly']): Promise<void> {
  writeFileSync(path('stop-at'), point);
  running = new Started(folder, args, { MARKER: folder });
  if (point.endsWith(' fails')) await running.said(/is tried again in/);
  else await appears(folder, 'reached');
  if (point === 'tap-b') {
    await expect.poll(() => savedState('dev:tap-b-to-target-x'), { timeout: 20_000 }).toEqual({ last: 3 });
  }
  running.kill('SIGKILL');
  expect((await running.ended).signal).toBe('SIGKILL');
  await expect.poll(() => processesWith(`MARKER=${folder}`), { timeout: 20_000 }).toEqual([]);
  for (const name of ['stop-at', 'reached']) rmSync(path(name), { force: true });
}

async function retry(): Promise<string[]> {
  rmSync(path('calls'), { force: true });
  const { code, stderr } = await tapline(folder, ['retry']);
  expect(code, stderr).toBe(0);
  return lines('calls');
}

const statuses = async () => {
  const { stdout } = await tapline(folder, ['runs', 'list', '--format', 'json']);
  return JSON.parse(stdout).runs.map(({ status }: { status: string }) => status);
};

describe('kill -9 in the middle of a pipeline, then `retry`', () => {
  it.each([
    ['in an extract-load', 'tap-b', ['tap-b', 'util:run', 'util:test']],
    ['in a command', 'util:run', ['util:run', 'util:test']],
    ['in the last block', 'util:test', ['util:test']],
  ])('%s: nothing is lost, and nothing is done twice that was done', async (_, point, left) => {
    await killAt(point);
    expect(await statuses()).toEqual(['dead']);
    expect(await retry()).toEqual(left);
    expect(lines('rows')).toEqual([...one('tap-a'), ...one('tap-b')]);
    expect(await statuses()).toEqual(['success', 'dead']);
  });

  it('while a block waits for its next attempt: it goes on from its last checkpoint', async () => {
    await killAt('tap-b fails', ['run', 'nightly', '--retries', '1', '--retry-delay', '1h']);
    expect(await retry()).toEqual(['tap-b', 'util:run', 'util:test']);
    expect(lines('rows')).toEqual([...one('tap-a'), ...one('tap-b')]);
  });

  it('and of the retry, too: what any of them did is done', async () => {
    await killAt('tap-b');
    await killAt('util:run', ['retry']);
    await killAt('util:test', ['retry']);
    expect(await retry()).toEqual(['util:test']);
    expect(lines('rows')).toEqual([...one('tap-a'), ...one('tap-b')]);
    expect(await statuses()).toEqual(['success', 'dead', 'dead', 'dead']);
  });
});

describe('INT while a block waits for its next attempt', () => {
  it('ends at once: the block has failed, exit code 130, and `retry` goes on', async () => {
    writeFileSync(path('stop-at'), 'tap-b fails');
    running = new Started(folder, ['run', 'nightly', '--retries', '1', '--retry-delay', '1h']);
    await running.said(/is tried again in/);
    running.kill('SIGINT');
    expect(await running.ended).toMatchObject({ code: 130 });
    expect(running.stderr).toMatch(/Run stopped after .*: 1 of 4 blocks failed, 2 not started\./);
    expect(running.stderr).toMatch(/Run what is left: tapline retry [0-9a-f-]{13}/);
    expect(await retry()).toEqual(['tap-b', 'util:run', 'util:test']);
    expect(lines('rows')).toEqual([...one('tap-a'), ...one('tap-b')]);
  });
});
