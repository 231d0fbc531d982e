import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { appears, Started } from '../faults/scripted-project.js';
import { misfits } from '../schemas.js';
import { folderWith, tapline } from './program.js';

/** Prints one state; notes that it was called, with the state that it was given and a variable. */
const tap = `#!/bin/sh
name=$(basename "$0" .sh)
state=none
while [ $# -gt 0 ]; do
  case $1 in --state) state=given; shift;; --discover) echo '{"streams": []}'; exit 0;; esac
  shift
done
echo "$name $state\${FROM_SCHEDULE:+ $FROM_SCHEDULE}" >> calls
if [ -e "$name.fails" ]; then echo 'no answer' >&2; exit 3; fi
echo '{"type":"STATE","value":{"n":1}}'
`;
const target = `#!/bin/sh
while IFS= read -r line; do echo '{"n":1}'; done
`;
const utility = `#!/bin/sh
echo "util $1" >> calls
if [ -e "util.$1.fails" ]; then exit 5; fi
while [ -e "util.$1.holds" ]; do touch held; sleep 0.02; done
`;

const singer = (name: string) =>
  `  - {name: ${name}, namespace: ${name.replace('-', '_')}, executable: ./${name}.sh, capabilities: [catalog, discover, state]}`;
const project = (lines = '[tap-a target-x, tap-b target-x]') => `
default_environment: dev
environments: [{name: dev}, {name: prod}]
plugins:
  extractors:
${singer('tap-a')}
${singer('tap-b')}
  loaders:
  - {name: target-x, namespace: target_x, executable: ./target.sh}
  utilities:
  - {name: util, namespace: util, executable: ./util.sh, commands: {run: run, test: test}}
jobs:
- {name: both, tasks: [tap-a target-x, tap-b target-x]}
schedules:
- {name: daily, interval: '@daily', job: both, env: {FROM_SCHEDULE: yes-it-is}}
run_steps:
  extract: {commands: ${lines}, jobs: 1}
  transform: {commands: [invoke util:run, invoke util:test]}
pipelines:
- {id: nightly, steps: [{run_step: extract}, {run_step: transform}]}
`;

let folder: string;
beforeEach(async () => {
  folder = await folderWith({
    'meltano.yml': project(),
    'tap-a.sh': tap,
    'tap-b.sh': tap,
    'target.sh': target,
    'util.sh': utility,
  });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const call = (args: string, env: NodeJS.ProcessEnv = {}) => tapline(folder, args.split(' '), { env });
const path = (name: string) => join(folder, name);
const put = (name: string, text = '') => writeFile(path(name), text);
const remove = (name: string) => rm(path(name));
/** What has been called since the last look. */
async function calls(): Promise<string[]> {
  if (!existsSync(path('calls'))) return [];
  const lines = (await readFile(path('calls'), 'utf8')).trim().split('\n');
  await remove('calls');
  return lines;
}
async function runs(): Promise<{ run_id: string; status: string; retry_of: string | null; command: string[] }[]> {
  const listed = JSON.parse((await call('runs list --format json')).stdout);
  expect(misfits('output-runs-list', listed)).toBeUndefined();
  return listed.runs;
}
const lastRunId = async () => (await runs())[0]?.run_id ?? '';

describe('tapline retry', () => {
  it('runs what is left of the last run, and then has nothing more to do', async () => {
    await put('util.run.fails');
    const failed = await call('run nightly');
    expect(failed.code).toBe(1);
    expect(await calls()).toEqual(['tap-a none', 'tap-b none', 'util run']);
    const first = await lastRunId();
    expect(failed.stderr).toContain('Run failed after');
    expect(failed.stderr).toContain(`Run what is left: tapline retry ${first.slice(0, 13)}`);

    const dry = await call('retry --dry-run');
    expect(dry.code, dry.stderr).toBe(0);
    expect(dry.stderr).toMatch(/pipeline nightly\n +└─ step transform\n +├─ util:run\n +└─ util:test/);
    expect(dry.stderr).not.toContain('tap-a');
    expect(await calls()).toEqual([]);

    await remove('util.run.fails');
    const retried = await call('retry');
    expect(retried.code, retried.stderr).toBe(0);
    expect(retried.stderr).toContain(`Retrying run ${first} (nightly): 2 of 4 blocks left`);
    expect(await calls()).toEqual(['util run', 'util test']);
    const [second, ...others] = await runs();
    expect(second).toMatchObject({ status: 'success', retry_of: first, command: ['nightly'] });
    expect(others).toHaveLength(1);
    expect((await call('runs list')).stdout).toContain(`nightly (retry of ${first.slice(0, 13)})`);

    const shown = JSON.parse((await call(`runs show ${second?.run_id} --format json`)).stdout);
    expect(misfits('output-runs-show', shown)).toBeUndefined();
    expect(shown.blocks.map((block: Record<string, unknown>) => [block.block_id, block.parent_id]).sort()).toEqual([
      ['1', null],
      ['1.2', '1'],
      ['1.2.1', '1.2'],
      ['1.2.2', '1.2'],
    ]);

    for (const again of ['retry', `retry ${first}`, 'run --resume', 'run --resume nightly']) {
      const { code, stderr } = await call(again);
      expect([again, code, stderr]).toEqual([again, 1, expect.stringContaining('[RETRY_NOTHING_LEFT]')]);
    }
    expect(await calls()).toEqual([]);
  });

  it('of a retry counts what any of the runs has done, whichever is named', async () => {
    await put('util.run.fails');
    await put('util.test.fails');
    await call('run nightly');
    const first = await lastRunId();
    await remove('util.run.fails');
    expect((await call('retry')).code).toBe(1);
    const second = await lastRunId();
    await calls();
    expect((await call(`retry ${first}`)).code).toBe(1);
    expect(await calls()).toEqual(['util test']);
    await remove('util.test.fails');
    expect((await call(`retry ${second}`)).code).toBe(0);
    expect(await calls()).toEqual(['util test']);
    expect((await runs()).map(({ retry_of }) => retry_of)).toEqual([second, first, first, null]);
    expect((await call(`retry ${first}`)).stderr).toContain('[RETRY_NOTHING_LEFT]');
  });

  it('knows what was done, also when the run that did it is cleaned away', async () => {
    await put('util.run.fails');
    await call('run nightly');
    await put('util.test.fails');
    await remove('util.run.fails');
    await call('retry');
    const Sqlite = (await import('better-sqlite3')).default;
    const database = new Sqlite(path('.meltano/meltano.db'));
    database.exec(
      'DELETE FROM tapline_blocks WHERE run_id IN (SELECT run_id FROM tapline_runs WHERE retry_of IS NULL)',
    );
    database.exec('DELETE FROM tapline_runs WHERE retry_of IS NULL');
    database.close();
    await calls();
    await remove('util.test.fails');
    expect((await call('retry')).code).toBe(0);
    expect(await calls()).toEqual(['util test']);
  });

  it('takes the options of the run, and what is given now over them', async () => {
    await call('run both');
    await put('tap-b.fails');
    await call('run both --full-refresh --no-fail-fast');
    await calls();
    expect((await call('retry --retries 1 --retry-delay 0')).code).toBe(1);
    expect(await calls()).toEqual(['tap-b none', 'tap-b none']);
    await remove('tap-b.fails');
    expect((await call('run --resume both')).code).toBe(0);
    expect(await calls()).toEqual(['tap-b none']);
  });

  it('shows each attempt, and an error of a block once', async () => {
    await put('util.run.fails');
    await call('run nightly', { MELTANO_RUN_RETRIES: '1', MELTANO_RUN_RETRY_DELAY: '0' });
    expect((await calls()).filter((line) => line === 'util run')).toHaveLength(2);
    const { stdout } = await call(`runs show ${await lastRunId()}`);
    expect(stdout).toMatch(/^BLOCK +ATTEMPT +STATUS/m);
    expect(stdout).toMatch(/^1\.2\.1 +1 +failed +util:run/m);
    expect(stdout).toMatch(/^1\.2\.1 +2 +failed +util:run/m);
    expect(stdout.match(/\[PROCESS_FAILED\]/g)).toHaveLength(2);
    expect(stdout.match(/^Block 1\.2\.1, attempt \d: /gm)).toHaveLength(2);
  });

  it('runs in the environment of the run, and in no other', async () => {
    await put('tap-a.fails');
    await call('--environment prod run both');
    const id = await lastRunId();
    const here = await call('retry');
    expect([here.code, here.stderr]).toEqual([1, expect.stringContaining('[RETRY_NOTHING_LEFT]')]);
    const other = await call(`--environment dev retry ${id}`);
    expect([other.code, other.stderr]).toEqual([1, expect.stringContaining('[RETRY_REFUSED]')]);
    await remove('tap-a.fails');
    const retried = await call(`retry ${id.slice(0, 8)}`);
    expect(retried.code, retried.stderr).toBe(0);
    expect((await call('state list')).stdout).toContain('prod:tap-a-to-target-x');
    expect((await call('state list')).stdout).not.toContain('dev:');
  });

  it('sets the variables of the schedule that called the run', async () => {
    await put('tap-a.fails');
    await call('schedule run daily');
    await remove('tap-a.fails');
    await calls();
    expect((await call('retry')).code).toBe(0);
    expect(await calls()).toEqual(['tap-a none yes-it-is', 'tap-b none yes-it-is']);
  });

  it('takes the last run only, and names an older unfinished one', async () => {
    await put('tap-a.fails');
    await call('run tap-a target-x');
    await call('run both');
    await remove('tap-a.fails');
    await call('run both');
    await calls();
    const refused = await call('retry');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('nothing to retry: the last run, ');
    const cure = /To resume it: tapline (retry \S+)/.exec(refused.stderr)?.[1] ?? '';
    expect((await call(cure)).stderr).toContain('(tap-a target-x): 1 of 1 block left');
    expect(await calls()).toEqual(['tap-a given']);
  });
});

describe('a run that can’t be retried', () => {
  const refused = async (args: string, code: string, text: string | RegExp, env: NodeJS.ProcessEnv = {}) => {
    const ended = await call(args, env);
    expect([ended.code, ended.stderr]).toEqual([1, expect.stringContaining(`[${code}]`)]);
    expect(ended.stderr).toMatch(text);
    expect(ended.stderr).toMatch(/^ {2}hint: /m);
  };

  it('is one whose plan is another one today: nothing starts', async () => {
    await put('util.run.fails');
    await call('run nightly');
    await calls();
    await put('meltano.yml', project('[tap-b target-x, tap-a target-x]'));
    await refused(
      'retry',
      'RETRY_PLAN_CHANGED',
      /block 1\.1\.1 \(tap-a target-x, .*\) is now block 1\.1\.1 \(tap-b target-x/,
    );
    await put('meltano.yml', project().replace('invoke util:test', 'invoke util:test, invoke util:run'));
    await refused('retry', 'RETRY_PLAN_CHANGED', /block 1\.2\.3 \(util:run\) is new/);
    expect(await calls()).toEqual([]);
    expect(await runs()).toHaveLength(1);
  });

  it('is one of `el`', async () => {
    await put('tap-a.fails');
    await call('el tap-a target-x --state-id mine');
    await refused(`retry ${await lastRunId()}`, 'RETRY_REFUSED', /Start it again/);
    await refused('retry', 'RETRY_NOTHING_LEFT', /no unfinished run in environment 'dev'/);
  });

  it('is one whose words hold a secret, which is not kept', async () => {
    await put('tap-a.fails');
    const env = { MELTANO_STATE_BACKEND_S3_AWS_SECRET_ACCESS_KEY: 'both' };
    await call('run both', env);
    const id = await lastRunId();
    await refused(`retry ${id}`, 'RETRY_REFUSED', /contains a secret/, env);
    expect(JSON.stringify(await runs())).not.toContain('both');
  });

  it.each([
    ['a plugin’s secret', 'TAP_A_TOKEN'],
    ['a name that tells', 'PGPASSWORD'],
  ])('is one whose words set a variable to %s', async (_, name) => {
    await put(
      'meltano.yml',
      project().replace('./tap-a.sh,', './tap-a.sh, settings: [{name: token, sensitive: true}],'),
    );
    await put('tap-a.fails');
    const run = await call(`run ${name}=hunter2-secret tap-a target-x`);
    expect(run.code).toBe(1);
    await refused(`retry ${await lastRunId()}`, 'RETRY_REFUSED', /contains a secret/);
    expect(JSON.stringify(await runs())).not.toContain('hunter2');
  });

  it('is not one whose words set another variable', async () => {
    await put('tap-a.fails');
    await call('run FROM_SCHEDULE=no-it-is-not tap-a target-x');
    await calls();
    await call('retry');
    expect(await calls()).toEqual(['tap-a none no-it-is-not']);
  });

  it('is an older one while the last still runs', async () => {
    await put('tap-a.fails');
    await call('run tap-a target-x');
    await remove('tap-a.fails');
    await put('util.run.holds');
    const running = new Started(folder, ['run', 'nightly']);
    await appears(folder, 'held');
    await refused('retry', 'RETRY_NOTHING_LEFT', /the last run, .*, is still running/);
    await remove('util.run.holds');
    expect(await running.ended).toMatchObject({ code: 0 });
  });

  it('is one that still runs', async () => {
    await put('util.run.holds');
    const running = new Started(folder, ['run', 'nightly']);
    await appears(folder, 'held');
    const id = await lastRunId();
    await refused(`retry ${id}`, 'RETRY_RUNNING', /is still running/);
    await refused('run --resume nightly', 'RETRY_RUNNING', /is still running/);
    await refused('retry', 'RETRY_NOTHING_LEFT', /nothing to retry/);
    await remove('util.run.holds');
    expect(await running.ended).toMatchObject({ code: 0 });
  });

  it('is one that nobody knows, or none', async () => {
    await refused('retry', 'RETRY_NOTHING_LEFT', /this project has no runs yet/);
    await call('run both');
    await refused('retry 123', 'RUN_UNKNOWN', /There is no run 123/);
    await refused('run --resume tap-a target-x', 'RETRY_NOTHING_LEFT', /no run of `tap-a target-x`/);
  });

  it('keeps its own ID: a retry has another one', async () => {
    await put('tap-a.fails');
    const runId = '0190a1b2-c3d4-45e6-a7b8-c9d0e1f20304';
    await call('run both', { MELTANO_RUN_ID: runId });
    const ended = await call('run --resume both', { MELTANO_RUN_ID: runId });
    expect([ended.code, ended.stderr]).toEqual([2, expect.stringContaining('[USAGE]')]);
    // `retry` has no variables.
    await remove('tap-a.fails');
    expect((await call('retry', { MELTANO_RUN_ID: runId })).code).toBe(0);
    expect((await runs()).map(({ retry_of }) => retry_of)).toEqual([runId, null]);
  });
});

describe('retries on plugins', () => {
  it('are known keys, and checked', async () => {
    const withExtras = (text: string) =>
      project().replace('executable: ./tap-a.sh,', `executable: ./tap-a.sh, ${text},`);
    await put('meltano.yml', withExtras('retries: 2, retry_delay: 5m'));
    const good = await call('validate');
    expect([good.code, good.stderr]).toEqual([0, expect.not.stringContaining('retr')]);
    await put('meltano.yml', withExtras('retry_delay: soon'));
    const bad = await call('validate');
    expect([bad.code, bad.stdout + bad.stderr]).toEqual([1, expect.stringMatching(/'soon' is not a duration/)]);
    await put('meltano.yml', withExtras('retries: -1'));
    const negative = await call('validate');
    expect([negative.code, negative.stdout + negative.stderr]).toEqual([1, expect.stringMatching(/must be 0 or more/)]);
  });
});
