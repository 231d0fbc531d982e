import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { TaplineError } from '../../../src/errors.js';
import { currentOwner } from '../../../src/state/owner.js';
import { takeLease } from '../../state/take-lease.js';
import { projectRig, type Rig, simpleFiles, simpleProject } from '../project-rig.js';

const rigs: Rig[] = [];
const open = async (...args: Parameters<typeof projectRig>) => {
  const rig = await projectRig(...args);
  rigs.push(rig);
  return rig;
};
afterEach(async () => {
  for (const rig of rigs.splice(0)) await rig.close();
});

const text = (rig: Rig, name: string) => readFile(join(rig.root, name), 'utf8');
const id = 'dev:tap-x-to-target-x';

/** Reads on from its state, one record a call, and fails as often as `fails` has lines; keeps what it was given. */
const flakyTap = `#!/bin/sh
state=none
while [ $# -gt 0 ]; do
  case $1 in
    --state) state=$(tr -d ' \\n' < "$2"); shift;;
    --discover) exec cat catalog.json;;
  esac
  shift
done
echo "$state" >> states
last=$(printf %s "$state" | tr -dc 0-9)
id=$(( \${last:-0} + 1 ))
echo '{"type":"SCHEMA","stream":"users","schema":{"properties":{"id":{}}},"key_properties":["id"]}'
echo "{\\"type\\":\\"RECORD\\",\\"stream\\":\\"users\\",\\"record\\":{\\"id\\":$id}}"
echo "{\\"type\\":\\"STATE\\",\\"value\\":{\\"last\\":$id}}"
if [ -s fails ]; then
  sed -i 1d fails
  echo 'the server went away' >&2
  exit 3
fi
`;

/** Fails while there is a file of its name. */
const utility = `
  utilities:
  - name: util-x
    namespace: util_x
    executable: ./util.sh
    commands: {go: go}`;
const utilityScript = '#!/bin/sh\necho run >> util.calls\nif [ -e util.fails ]; then exit 5; fi\n';

const files = (fails: number) => ({
  ...simpleFiles,
  'tap.sh': flakyTap,
  'util.sh': utilityScript,
  fails: 'x\n'.repeat(fails),
});
const at = (retries: number, delaySeconds = 0.01) => ({ retry: { retries, delaySeconds } });
const attemptsOf = async (rig: Rig, runId: string) =>
  (await (await rig.world.history()).showRun(runId)).blockRows.map(({ blockId, attempt, status }) => [
    blockId,
    attempt,
    status,
  ]);

describe('a chain that fails', () => {
  it('is tried again from its last checkpoint, with a row for each attempt', async () => {
    const rig = await open(simpleProject(), files(2));
    const { status, blocks, events, runId } = await rig.run('tap-x target-x', at(2));
    expect({ status, blocks }).toMatchObject({ status: 'success', blocks: [{ status: 'success', attempts: 3 }] });
    expect((await text(rig, 'states')).trim().split('\n')).toEqual(['none', '{"last":1}', '{"last":2}']);
    expect((await text(rig, 'out.jsonl')).match(/"id":\d/g)).toEqual(['"id":1', '"id":2', '"id":3']);
    expect((await (await rig.world.state()).read(id))?.completed).toEqual({ singer_state: { last: 3 } });
    expect(await attemptsOf(rig, runId)).toEqual([
      ['1', 1, 'failed'],
      ['1', 2, 'failed'],
      ['1', 3, 'success'],
    ]);
    const shown = await (await rig.world.history()).showRun(runId);
    expect(shown).toMatchObject({ status: 'success', blocks: 1, failedBlocks: 0, recordsLoaded: 3 });
    expect(shown.streams).toMatchObject([{ recordsLoaded: 3 }]);
    const told = events.flatMap((event) =>
      event.type === 'block.started' || event.type === 'block.retrying' || event.type === 'block.finished'
        ? [`${event.type} ${event.attempt}`]
        : [],
    );
    expect(told).toEqual([
      'block.started 1',
      'block.retrying 1',
      'block.started 2',
      'block.retrying 2',
      'block.started 3',
      'block.finished 3',
    ]);
  });

  it('starts without a state in each attempt of a full refresh', async () => {
    const rig = await open(simpleProject(), files(0));
    await rig.run('tap-x target-x');
    await writeFile(join(rig.root, 'fails'), 'x\n');
    const { status } = await rig.run('tap-x target-x', { ...at(1), defaults: { fullRefresh: true } });
    expect(status).toBe('success');
    expect((await text(rig, 'states')).trim().split('\n')).toEqual(['none', 'none', 'none']);
  });

  it('has failed when its attempts are used up', async () => {
    const rig = await open(simpleProject(), files(9));
    const { status, exitCode, blocks } = await rig.run('tap-x target-x', at(1));
    expect({ status, exitCode }).toEqual({ status: 'failed', exitCode: 1 });
    expect(blocks).toMatchObject([{ status: 'failed', attempts: 2, error: { code: 'PROCESS_FAILED' } }]);
  });

  it('is tried as often as its plugin says, before the command line', async () => {
    const rig = await open(simpleProject('    retries: 1\n    retry_delay: 0.01'), files(9));
    const { blocks } = await rig.run('tap-x target-x', at(5));
    expect(blocks).toMatchObject([{ attempts: 2 }]);
  });

  it('is tried as often as a variable of its plugin says', async () => {
    const rig = await open(simpleProject(), files(9), { TAP_X__RETRIES: '2', TAP_X__RETRY_DELAY: '0.01' });
    const { blocks } = await rig.run('tap-x target-x');
    expect(blocks).toMatchObject([{ attempts: 3 }]);
  });

  it('does not start if the setting of its plugin is invalid', async () => {
    const rig = await open(simpleProject(), files(0), { TAP_X__RETRY_DELAY: 'soon' });
    const { blocks } = await rig.run('tap-x target-x');
    expect(blocks).toMatchObject([{ status: 'failed', error: { code: 'SETTING_CAST' } }]);
    await expect(text(rig, 'states')).rejects.toThrow('ENOENT');
  });
});

describe('what is not tried again', () => {
  it('is a fault of the project', async () => {
    const rig = await open(simpleProject().replace('./tap.sh', './nowhere.sh'), files(0));
    const { blocks, events } = await rig.run('tap-x target-x', at(3));
    expect(blocks).toMatchObject([{ status: 'failed', error: { code: 'EXECUTABLE_MISSING' } }]);
    expect(blocks[0]?.attempts).toBeUndefined();
    expect(events.some(({ type }) => type === 'block.retrying')).toBe(false);
  });

  it('is what another run holds', async () => {
    const rig = await open(simpleProject(), files(0));
    const owner = await currentOwner('another-run');
    const { lease } = await takeLease((await rig.world.state()).leases, id, { owner });
    const { blocks } = await rig.run('tap-x target-x', at(3));
    expect(blocks).toMatchObject([{ status: 'failed', error: { code: 'LEASE_HELD' } }]);
    expect(blocks[0]?.attempts).toBeUndefined();
    await lease.release();
  });
});

describe('while a block waits for its next attempt', () => {
  const hour = at(1, 3600);
  const twoChains = (one = '') =>
    simpleProject(
      `${one}
  - name: tap-y
    namespace: tap_y
    executable: ./tap-y.sh
    capabilities: [catalog, discover, state]`,
      utility,
    );

  it('its lease, its slots and its place among the jobs are free', async () => {
    const rig = await open(twoChains('    concurrency: 1'), { ...files(1), 'tap-y.sh': simpleFiles['tap.sh'] });
    const abort = new AbortController();
    const running = rig.start('tap-x target-x tap-y target-x', { ...hour, signal: abort.signal });
    const retrying = await running.event('block.retrying');
    expect(retrying).toMatchObject({ attempt: 1, attempts: 2, summary: { blockId: '1', status: 'failed' } });
    expect(retrying.delaySeconds).toBeGreaterThanOrEqual(2700);
    // It runs one block at a time, and this is the next one.
    await running.event('block.finished', ({ summary }) => summary.blockId === '2');
    // Another run gets the plugin's only place and the state.
    expect(await rig.run('tap-x target-x')).toMatchObject({ status: 'success' });
    abort.abort();
    await running.result;
  });

  it('a stop ends the run at once: the block has failed, the exit code is the signal’s', async () => {
    const rig = await open(twoChains(), files(1));
    const abort = new AbortController();
    const running = rig.start('tap-x target-x util-x:go', { ...hour, signal: abort.signal });
    await running.event('block.retrying');
    abort.abort();
    const { status, exitCode, blocks, runId } = await running.result;
    expect({ status, exitCode }).toEqual({ status: 'stopped', exitCode: 130 });
    expect(blocks).toMatchObject([{ status: 'failed', error: { code: 'PROCESS_FAILED' } }, { status: 'not_started' }]);
    expect(running.of('block.finished').map(({ summary }) => summary.blockId)).toEqual(['1', '2']);
    expect(await attemptsOf(rig, runId)).toEqual([
      ['1', 1, 'failed'],
      ['2', 1, 'not_started'],
    ]);
  });

  it('the time limit of the run ends it', async () => {
    const rig = await open(twoChains(), files(1));
    const { status, exitCode, error } = await rig.run('tap-x target-x util-x:go', { ...hour, timeoutSeconds: 2 });
    expect({ status, exitCode, code: error?.code }).toEqual({ status: 'failed', exitCode: 1, code: 'RUN_TIMEOUT' });
  });

  it('the time limit of its step ends the step', async () => {
    const steps = 'run_steps: {extract: {commands: [tap-x target-x], timeout: 2}}';
    const rig = await open(`${twoChains()}\n${steps}`, files(1));
    const { status, error } = await rig.run('extract', hour);
    expect({ status, error }).toMatchObject({
      status: 'failed',
      error: { code: 'RUN_TIMEOUT', data: { step: 'extract' } },
    });
  });

  it('another block’s failure ends its waiting, also with --fail-fast', async () => {
    for (const onFailure of ['finish-running', 'fail-fast'] as const) {
      const rig = await open(twoChains().replace('./tap-y.sh', './nowhere.sh'), files(1));
      const { status, blocks } = await rig.run('tap-x target-x tap-y target-x', { ...hour, onFailure });
      expect({ status, blocks: blocks.map((block) => block.status) }).toEqual({
        status: 'failed',
        blocks: ['failed', 'failed'],
      });
    }
  });

  it('with --no-fail-fast it is tried again whatever else fails', async () => {
    const rig = await open(twoChains().replace('./tap-y.sh', './nowhere.sh'), { ...files(1), 'util.fails': '' });
    const { status, blocks } = await rig.run('tap-x target-x tap-y target-x util-x:go', {
      ...at(1),
      onFailure: 'run-rest',
    });
    expect(status).toBe('failed');
    expect(blocks).toMatchObject([
      { status: 'success', attempts: 2 },
      { status: 'failed', error: { code: 'EXECUTABLE_MISSING' } },
      { status: 'failed', attempts: 2 },
    ]);
  });
});

describe('a command that fails', () => {
  it('is tried again, and later blocks wait', async () => {
    const rig = await open(simpleProject('', utility), { ...files(0), 'util.fails': '' });
    const running = rig.start('util-x:go tap-x target-x', at(20, 0.1));
    await running.event('block.retrying');
    expect(running.of('block.started')).toHaveLength(1);
    await rm(join(rig.root, 'util.fails'));
    const { status, blocks } = await running.result;
    expect({ status, blocks }).toMatchObject({
      status: 'success',
      blocks: [{ status: 'success' }, { status: 'success' }],
    });
    const calls = (await text(rig, 'util.calls')).trim().split('\n').length;
    expect(calls).toBeGreaterThanOrEqual(2);
    expect(blocks[0]?.attempts).toBe(calls);
  });
});

describe('the rule of a pipeline', () => {
  const pipeline = `
run_steps:
  extract: {commands: [tap-x target-x, tap-x target-x --retries 2 --state-id-suffix two]}
pipelines:
  - {id: nightly, steps: [{run_step: extract}], retries: 1, retry_delay: 0.01}`;

  it('applies to its blocks, except for a line with its own', async () => {
    const rig = await open(`${simpleProject()}\n${pipeline}`, files(99));
    const { blocks } = await rig.run('nightly', { ...at(5), onFailure: 'run-rest', jobs: 1 });
    expect(blocks).toMatchObject([{ attempts: 2 }, { attempts: 3 }]);
  });
});

describe('a claim that fails', () => {
  it('is tried again, too', async () => {
    const rig = await open(simpleProject(), files(0));
    let asked = 0;
    const world = {
      ...rig.world,
      state: async () => {
        asked += 1;
        if (asked === 1) throw new TaplineError('STATE_BACKEND_UNREACHABLE', 'Nobody is there.');
        return rig.world.state();
      },
    };
    const { status, blocks, runId } = await rig.run('tap-x target-x', at(1), world);
    expect({ status, blocks }).toMatchObject({ status: 'success', blocks: [{ attempts: 2 }] });
    expect(await attemptsOf(rig, runId)).toEqual([
      ['1', 1, 'failed'],
      ['1', 2, 'success'],
    ]);
  });
});
