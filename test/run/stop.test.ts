import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { projectRig, type Rig, simpleFiles, simpleProject } from './project-rig.js';

const rigs: Rig[] = [];
const open = async (...args: Parameters<typeof projectRig>) => {
  const rig = await projectRig(...args);
  rigs.push(rig);
  return rig;
};
afterEach(async () => {
  for (const rig of rigs.splice(0)) await rig.close();
});

const id = 'dev:tap-x-to-target-x';
const catalogs = 'case "$*" in *--discover*) exec cat catalog.json;; esac\n';
/** Goes on for ever, and ends at TERM. */
const endlessTap = `#!/bin/sh\n${catalogs}cat data.jsonl\nexec sleep 600\n`;
const stubbornTap = `#!/bin/sh\n${catalogs}trap '' TERM\ncat data.jsonl\nwhile :; do sleep 0.1; done\n`;
/** Prints the state only at the end of its input: what is read must be loaded first. */
const lateTarget = `#!/bin/sh\ncat > all.jsonl\necho '{"at": "end"}'\n`;

describe('a stop', () => {
  it('by an abort lets the target finish and saves its state', async () => {
    const rig = await open(simpleProject(), { ...simpleFiles, 'tap.sh': endlessTap, 'target.sh': lateTarget });
    const stop = new AbortController();
    const running = rig.start('tap-x target-x', { signal: stop.signal });
    await running.event('progress', ({ counts }) => counts.recordsExtracted === 1);
    stop.abort();
    const result = await running.result;
    expect(result).toMatchObject({ status: 'stopped', exitCode: 130, blocks: [{ status: 'stopped' }] });
    expect(running.of('stop')).toMatchObject([{ reason: 'signal', second: false }]);
    expect(await (await rig.world.state()).read(id)).toMatchObject({ completed: { singer_state: { at: 'end' } } });
    const [row] = await (await rig.world.history()).meltanoRuns.list({});
    expect(row).toMatchObject({ state: 'FAIL', payload: { error: 'The process was interrupted' } });
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('by %s ends with %i', async (signal, exitCode) => {
    const rig = await open(simpleProject(), { ...simpleFiles, 'tap.sh': endlessTap });
    const running = rig.start('tap-x target-x', { handleSignals: true });
    await running.event('checkpoint');
    process.emit(signal, signal);
    expect(await running.result).toMatchObject({ status: 'stopped', exitCode });
    expect(process.listenerCount(signal)).toBe(0);
  });

  it('by a second signal kills what is left', async () => {
    const rig = await open(simpleProject(), { ...simpleFiles, 'tap.sh': stubbornTap });
    const running = rig.start('tap-x target-x', { handleSignals: true });
    await running.event('checkpoint');
    process.emit('SIGTERM', 'SIGTERM');
    await running.event('stop');
    process.emit('SIGINT', 'SIGINT');
    const result = await running.result;
    expect(result).toMatchObject({ status: 'stopped', exitCode: 143 });
    expect(running.of('stop').map(({ second }) => second)).toEqual([false, true]);
    expect(running.of('process.exited').filter(({ role }) => role === 'tap')).toMatchObject([{ signal: 'SIGKILL' }]);
  });

  it('by a timeout is a failure that says so', async () => {
    const rig = await open(simpleProject(), { ...simpleFiles, 'tap.sh': endlessTap });
    const result = await rig.run('tap-x target-x', { timeoutSeconds: 1 });
    expect(result).toMatchObject({ status: 'failed', exitCode: 1, error: { code: 'RUN_TIMEOUT' } });
    expect(result.blocks[0]?.status).toBe('stopped');
  });

  it('ends a discovery and a command too', async () => {
    const utility = '  utilities:\n  - {name: util-x, namespace: u, executable: ./util.sh}';
    const files = { ...simpleFiles, 'discover.sh': 'exec sleep 600', 'util.sh': '#!/bin/sh\nexec sleep 600\n' };
    const rig = await open(simpleProject('', utility), files);
    for (const [words, role] of [
      ['tap-x target-x', 'discovery'],
      ['util-x', 'command'],
    ] as const) {
      const stop = new AbortController();
      const running = rig.start(words, { signal: stop.signal });
      await running.event('process.started', (event) => event.role === role);
      stop.abort();
      expect(await running.result).toMatchObject({ status: 'stopped', blocks: [{ status: 'stopped' }] });
    }
  });

  it('ends the wait for a lease', async () => {
    const rig = await open(simpleProject(), { ...simpleFiles, 'tap.sh': endlessTap });
    const stop = new AbortController();
    const first = rig.start('tap-x target-x', { signal: stop.signal });
    await first.event('checkpoint');
    const second = rig.start('tap-x target-x', { ifRunning: 'wait', signal: stop.signal });
    await second.event('block.waiting');
    stop.abort();
    expect(await second.result).toMatchObject({ status: 'stopped', blocks: [{ status: 'not_started' }] });
    await first.result;
  });

  it('of a stalled chain names who was silent', async () => {
    const rig = await open(simpleProject('    stall_timeout: 1'), { ...simpleFiles, 'tap.sh': endlessTap });
    const { error, status } = await rig.run('tap-x target-x');
    expect(status).toBe('failed');
    expect(error).toMatchObject({ code: 'PROCESS_STALLED', message: expect.stringContaining('tap-x was silent') });
  });

  it('with fail-fast ends the other chains, which keep their state', async () => {
    const other = '  - name: tap-y\n    inherit_from: tap-x\n    executable: ./fail.sh';
    const fail = `#!/bin/sh\n${catalogs}while [ ! -e go ]; do sleep 0.02; done\nexit 9\n`;
    const rig = await open(simpleProject(other), { ...simpleFiles, 'tap.sh': endlessTap, 'fail.sh': fail });
    const running = rig.start('tap-x target-x tap-y target-x', { jobs: 2, onFailure: 'fail-fast' });
    await running.event('checkpoint', ({ blockId }) => blockId === '1');
    await running.event('process.started', ({ blockId, role }) => blockId === '2' && role === 'tap');
    await writeFile(join(rig.root, 'go'), '');
    const result = await running.result;
    expect(result).toMatchObject({ status: 'failed', exitCode: 1, error: { code: 'PROCESS_FAILED' } });
    expect(result.blocks.map(({ status }) => status)).toEqual(['stopped', 'failed']);
  });
});
