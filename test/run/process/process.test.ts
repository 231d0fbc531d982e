import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TaplineError } from '../../../src/errors.js';
import { startChain } from '../../../src/run/chain/chain-run.js';
import type { ChainHooks } from '../../../src/run/chain/types.js';
import type { RunEventBody } from '../../../src/run/events.js';
import { capture } from '../../../src/run/process/capture.js';
import type { ProcessSpec } from '../../../src/run/process/child.js';
import { groupLives } from '../../../src/run/process/process-group.js';
import { runCommand } from '../../../src/run/process/run-command.js';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tapline-process-'));
});

afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

function shell(script: string, more: Partial<ProcessSpec> = {}): ProcessSpec {
  return {
    role: 'command',
    plugin: 'util-x',
    pluginType: 'utility',
    file: 'sh',
    args: ['-c', script],
    cwd: directory,
    env: { PATH: process.env.PATH },
    ...more,
  };
}

function listen(): { hooks: ChainHooks; events: RunEventBody[]; first(type: string): Promise<RunEventBody> } {
  const events: RunEventBody[] = [];
  let check = () => {};
  const emit = (event: RunEventBody) => {
    events.push(event);
    check();
  };
  const first = (type: string) =>
    new Promise<RunEventBody>((resolve) => {
      check = () => {
        const found = events.find((event) => event.type === type);
        if (found !== undefined) resolve(found);
      };
      check();
    });
  return { hooks: { emit }, events, first };
}

describe('a process that can not be started', () => {
  async function failure(more: Partial<ProcessSpec>): Promise<TaplineError> {
    const { hooks } = listen();
    const tap = shell('', { role: 'tap', plugin: 'tap-x', pluginType: 'extractor', ...more });
    const target = shell('cat >/dev/null', { role: 'target', plugin: 'target-x', pluginType: 'loader' });
    const processes = [tap, target] as Parameters<typeof startChain>[0]['processes'];
    const outcome = await startChain({ name: 'chain', directory, processes }, hooks).done;
    expect(outcome.status).toBe('failed');
    expect(outcome.error).toBeInstanceOf(TaplineError);
    expect(outcome.error?.code).toBe('EXECUTABLE_MISSING');
    return outcome.error as TaplineError;
  }

  it('is not there', async () => {
    const error = await failure({ file: 'tap-nowhere' });
    expect(error.message).toBe("Cannot start plugin tap-x: Executable 'tap-nowhere' could not be found.");
    expect(error.hint).toContain('tapline install --plugin-type extractor tap-x');
  });

  it('is not executable', async () => {
    writeFileSync(join(directory, 'tap'), '#!/bin/sh\n', { mode: 0o644 });
    expect((await failure({ file: './tap' })).message).toContain('not marked as executable');
  });

  it('has an interpreter that is gone', async () => {
    writeFileSync(join(directory, 'tap'), '#!/removed/venv/bin/python\n', { mode: 0o755 });
    const error = await failure({ file: './tap' });
    expect(error.message).toContain("its interpreter '/removed/venv/bin/python' does not");
    expect(error.hint).toContain('Install it again');
  });

  it('is a directory, or has no directory to run in', async () => {
    mkdirSync(join(directory, 'folder'));
    expect((await failure({ file: './folder' })).message).toContain('is a directory');
    expect((await failure({ cwd: join(directory, 'gone') })).message).toContain('working directory');
  });

  it('gets arguments larger than the system allows', async () => {
    expect((await failure({ args: ['x'.repeat(3_000_000)] })).message).toContain('E2BIG');
  });

  it('as a target: the tap is never started', async () => {
    const { hooks, events } = listen();
    const tap = shell('touch started', { role: 'tap', plugin: 'tap-x', pluginType: 'extractor' });
    const target = shell('', { role: 'target', plugin: 'target-x', pluginType: 'loader', file: 'target-nowhere' });
    const processes = [tap, target] as Parameters<typeof startChain>[0]['processes'];
    const outcome = await startChain({ name: 'chain', directory, processes }, hooks).done;
    expect(outcome.error?.hint).toContain('--plugin-type loader target-x');
    expect(events.filter(({ type }) => type === 'process.started')).toEqual([]);
    expect(existsSync(join(directory, 'started'))).toBe(false);
  });
});

describe('runCommand', () => {
  it('relays both outputs line by line', async () => {
    const { hooks, events } = listen();
    const script = 'echo one; echo two >&2; printf "\\n  \\nthree"';
    const outcome = await runCommand({ name: 'util-x:go', process: shell(script) }, hooks).done;
    expect(outcome).toMatchObject({ status: 'success', error: undefined, process: { exitCode: 0 } });
    const lines = events.flatMap((event) => (event.type === 'plugin.log' ? [[event.stdio, event.message]] : []));
    expect(lines.sort()).toEqual([
      ['stderr', 'two'],
      ['stdout', 'one'],
      ['stdout', 'three'],
    ]);
  });

  it('says how it failed', async () => {
    const { hooks } = listen();
    const { error } = await runCommand({ name: 'util-x:go', process: shell('echo no such model; exit 3') }, hooks).done;
    expect(error?.message).toBe('util-x:go failed: it exited with code 3: no such model');
    expect(error?.data).toMatchObject({ plugin: 'util-x', exitCode: 3, lastLines: ['no such model'] });
  });

  it('understands structured logs of the Singer SDK', async () => {
    const { hooks, events } = listen();
    const line = {
      level: 'WARNING',
      pid: 1,
      logger_name: 'l',
      ts: 1,
      thread_name: 't',
      app_name: 'a',
      message: 'slow',
    };
    const process = shell(`echo '${JSON.stringify({ ...line, extra: { stream_name: 'users' } })}'`, {
      structuredLogs: true,
    });
    await runCommand({ name: 'util-x', process }, hooks).done;
    const expected = { level: 'warning', message: 'slow', fields: { logger_name: 'l', stream_name: 'users' } };
    expect(events).toContainEqual(expect.objectContaining(expected));
  });

  it('is stopped by TERM, with its whole group, and killed when the grace is over', async () => {
    const { hooks, first } = listen();
    const process = shell("trap '' TERM; echo ready; sleep 1000; sleep 1000");
    const command = runCommand({ name: 'util-x', process, stopGrace: 50 }, hooks);
    await first('plugin.log');
    command.stop('signal');
    const outcome = await command.done;
    expect(outcome).toMatchObject({ status: 'stopped', stopReason: 'signal', process: { signal: 'SIGKILL' } });
  });

  it('is killed at once', async () => {
    const { hooks, first } = listen();
    const command = runCommand({ name: 'util-x', process: shell('echo ready; sleep 1000') }, hooks);
    await first('plugin.log');
    command.kill();
    expect((await command.done).process).toMatchObject({ signal: 'SIGKILL' });
  });

  it('ends what a command leaves behind', async () => {
    const { hooks, first } = listen();
    const command = runCommand({ name: 'util-x', process: shell('sleep 1000 & echo done') }, hooks);
    const started = (await first('process.started')) as { pid: number };
    expect((await command.done).status).toBe('success');
    expect(groupLives(started.pid)).toBe(false);
  });
});

describe('capture', () => {
  it('returns what a process writes, with its last lines', async () => {
    const captured = await capture(shell('echo "{}"; echo hint >&2; exit 2'), { maxBytes: 1_000 });
    expect(captured).toMatchObject({ exit: { code: 2, signal: null }, lastLines: ['hint'], ended: undefined });
    expect(captured.stdout.toString()).toBe('{}\n');
  });

  it('ends a process that hangs, with its children', async () => {
    let group = 0;
    const processStarted = ({ groupId }: { groupId: number }) => {
      group = groupId;
    };
    const captured = await capture(shell('sleep 1000 & sleep 1000'), {
      maxBytes: 10,
      timeoutSeconds: 0.05,
      processStarted,
    });
    expect(captured.ended).toBe('timeout');
    expect(groupLives(group)).toBe(false);
  });

  it('ends a process that writes too much', async () => {
    const captured = await capture(shell('yes'), { maxBytes: 100_000 });
    expect(captured.ended).toBe('tooLong');
    expect(captured.stdout.length).toBeLessThanOrEqual(100_000);
  });

  it('ends when it is aborted', async () => {
    const controller = new AbortController();
    const captured = capture(shell('sleep 1000'), { maxBytes: 10, signal: controller.signal });
    controller.abort();
    expect((await captured).ended).toBe('aborted');
  });

  it('throws where there is no such program', async () => {
    await expect(capture(shell('', { file: 'nowhere' }), { maxBytes: 10 })).rejects.toMatchObject({
      code: 'EXECUTABLE_MISSING',
    });
  });
});
