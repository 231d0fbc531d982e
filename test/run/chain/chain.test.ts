import { afterEach, describe, expect, it, vi } from 'vitest';
import { TaplineError } from '../../../src/errors.js';
import { type ProcessSpec, startChild } from '../../../src/run/process/child.js';
import { endLeftOvers } from '../../../src/run/process/left-over.js';
import { groupLives } from '../../../src/run/process/process-group.js';
import { printed, type Rig, type RigOptions, record, schema, shortGraces, startRig, state } from './chain-rig.js';

const rigs: Rig[] = [];

async function rig(options?: RigOptions): Promise<Rig> {
  const started = await startRig(options);
  rigs.push(started);
  return started;
}

afterEach(async () => {
  for (const { chain, stage } of rigs.splice(0)) {
    chain.kill();
    await chain.done;
    stage.close();
  }
});

const hasExited = (plugin: string) => (event: { type: string; plugin?: string }) =>
  event.type === 'process.exited' && event.plugin === plugin;

describe('a chain that ends well', () => {
  it('hands over every byte as it came and counts what passes', async () => {
    const { tap, target, done, saved } = await rig();
    target.do('read');
    const odd = '{"type": "RECORD", "stream": "users", "record": {"name": "\u00fc"}}\r\n\n';
    const text = schema + record(1) + odd + state(2);
    await tap.write(text);
    await tap.write('ff fe 0a'.replaceAll(' ', ''), { encoding: 'hex' });
    tap.exit(0);
    expect(Buffer.from(await target.rest(), 'latin1')).toEqual(
      Buffer.concat([Buffer.from(text), Buffer.from([0xff, 0xfe, 0x0a])]),
    );
    await target.write(printed(2));
    target.exit(0);
    const outcome = await done;
    expect(outcome).toMatchObject({ status: 'success', error: undefined, exitCodes: undefined });
    expect(outcome.counts).toMatchObject({ recordsExtracted: 2, recordsLoaded: 2, states: 1, oddLines: 2 });
    expect(outcome.counts.bytesExtracted).toBe(Buffer.byteLength(text) + 3);
    expect(outcome.streams).toEqual([{ stream: 'users', recordsExtracted: 2, recordsLoaded: 2 }]);
    const newest = { state: JSON.parse(printed(2)), recordsLoaded: 2 };
    expect(outcome.state).toEqual({ printed: newest, saved: newest, isSaved: true });
    expect(saved).toEqual([{ state: JSON.parse(printed(2)), recordsLoaded: 2 }]);
  });

  it('saves the first state at once, while the tap still runs, and credits the records before it', async () => {
    const { tap, target, done, saved, savedCount } = await rig({ checkpointInterval: 1_000_000 });
    target.do('read');
    await tap.write(schema + record(1) + record(2) + state(2) + record(3));
    await target.readUntil(record(3));
    await target.write(printed(2));
    await savedCount(1);
    expect(saved).toEqual([{ state: JSON.parse(printed(2)), recordsLoaded: 2 }]);
    // Of the states that come before the next save is due only the newest is saved, at the end at the latest.
    await target.write(printed(3) + printed(4) + printed(5));
    tap.exit(0);
    await target.next('end');
    target.exit(0);
    expect((await done).status).toBe('success');
    expect(saved.slice(1).map((entry) => entry.state)).toEqual([JSON.parse(printed(5))]);
  });

  it('tells each schema once, the start and the end of each process, and what plugins say', async () => {
    const { tap, target, done, events } = await rig();
    target.do('read');
    await tap.stderr('INFO starting\n\n  \nhalf a line');
    await tap.write(schema + schema);
    tap.exit(0);
    await target.next('end');
    target.exit(0);
    await done;
    expect(events.filter((event) => event.type === 'schema')).toEqual([
      expect.objectContaining({ plugin: 'tap-x', stream: 'users', keyProperties: ['id'], changed: false }),
    ]);
    const lines = events.filter((event) => event.type === 'plugin.log');
    expect(lines.map(({ message, level }) => [level, message])).toEqual([
      ['info', 'INFO starting'],
      ['info', 'half a line'],
    ]);
    expect(events.filter(hasExited('tap-x'))).toHaveLength(1);
    expect(events.filter((event) => event.type === 'process.started')).toHaveLength(2);
  });

  it('goes through mappers', async () => {
    const { tap, mapper, target, done } = await rig({ mapper: true });
    mapper?.do('pass');
    target.do('read');
    await tap.write(schema + record(1) + state(1));
    tap.exit(0);
    await mapper?.next('end');
    mapper?.exit(0);
    expect(await target.rest()).toBe(schema + record(1) + state(1));
    target.exit(0);
    expect(await done).toMatchObject({ status: 'success', counts: { recordsExtracted: 1, recordsLoaded: 1 } });
  });

  it('works over socket pairs where no FIFO can be made', async () => {
    const { tap, target, done } = await rig({ directory: '/nowhere/at/all' });
    target.do('read');
    await tap.write(schema + record(1));
    tap.exit(0);
    expect(await target.rest()).toBe(schema + record(1));
    target.exit(0);
    expect(await done).toMatchObject({ status: 'success', counts: { recordsLoaded: 1 } });
  });

  it('passes on a last line without a line end when the tap ended well', async () => {
    const { tap, target, done } = await rig();
    target.do('read');
    await tap.write(schema + record(1).trimEnd());
    tap.exit(0);
    expect(await target.rest()).toBe(schema + record(1).trimEnd());
    target.exit(0);
    expect(await done).toMatchObject({ status: 'success', counts: { recordsLoaded: 1 } });
  });

  it('holds the tap back while the target does not read', async () => {
    const { tap, target, done } = await rig();
    tap.do('write', { text: record(1), times: 100_000 });
    target.do('read', { quiet: true });
    await tap.next('wrote');
    tap.exit(0);
    await target.next('end');
    target.exit(0);
    expect((await done).counts.recordsLoaded).toBe(100_000);
  });
});

describe('a tap that fails', () => {
  it('is blamed after its output was delivered and the target has drained and saved', async () => {
    const { tap, target, done, saved, event } = await rig({ graces: { afterFailure: 1 } });
    target.do('read');
    await tap.write(schema + record(1) + state(1));
    await tap.stderr('ValueError: no such table\n');
    tap.exit(7);
    await event(hasExited('tap-x'));
    expect(await target.rest()).toBe(schema + record(1) + state(1));
    await target.write(printed(1));
    target.exit(0);
    const outcome = await done;
    expect(outcome.status).toBe('failed');
    expect(outcome.error?.code).toBe('PROCESS_FAILED');
    expect(outcome.error?.message).toContain('Extractor failed: tap-x exited with code 7');
    expect(outcome.error?.data).toMatchObject({ plugin: 'tap-x', lastLines: ['ValueError: no such table'] });
    expect(outcome.exitCodes).toEqual({ extractors: 7 });
    expect(saved).toEqual([{ state: JSON.parse(printed(1)), recordsLoaded: 1 }]);
  });

  it('is blamed first when the target fails after it', async () => {
    const { tap, target, done } = await rig();
    target.do('read');
    tap.exit(7);
    await target.next('end');
    target.exit(3);
    const outcome = await done;
    expect(outcome.error?.message).toContain('Extractor and loader failed: tap-x exited with code 7, target-x');
    expect(outcome.exitCodes).toEqual({ extractors: 7, loaders: 3 });
  });

  it('killed inside a line: the line is not passed on', async () => {
    const { tap, target, done, events } = await rig();
    target.do('read');
    await tap.write(schema + record(1) + record(2).slice(0, 20));
    process.kill(tap.pid, 'SIGKILL');
    expect(await target.rest()).toBe(schema + record(1));
    target.exit(0);
    const outcome = await done;
    expect(outcome.exitCodes).toEqual({ extractors: -9 });
    expect(outcome.error?.message).toContain('was killed by SIGKILL');
    expect(events).toContainEqual(expect.objectContaining({ type: 'warning', code: 'SINGER_UNFINISHED_LINE' }));
  });

  it('killed inside a line of which a part was passed on: the chain says so', async () => {
    const { tap, target, done, events } = await rig();
    target.do('read', { quiet: true });
    await tap.write(`${schema}{"type":"RECORD","stream":"users","record":{"id":"`);
    await tap.write('x', { times: 3_000_000 });
    process.kill(tap.pid, 'SIGKILL');
    await target.next('end');
    target.exit(0);
    expect((await done).exitCodes).toEqual({ extractors: -9 });
    const warning = events.find((event) => event.type === 'warning' && event.code === 'SINGER_UNFINISHED_LINE');
    expect(warning).toMatchObject({ message: expect.stringContaining('cannot be recalled') });
  });
});

describe('a target that fails', () => {
  it('at the end of its input', async () => {
    const { tap, target, done } = await rig();
    target.do('read');
    await tap.write(schema);
    tap.exit(0);
    await target.next('end');
    await target.stderr('disk full\n');
    target.exit(3);
    const outcome = await done;
    expect(outcome.error?.message).toBe('Loader failed: target-x exited with code 3: disk full');
    expect(outcome.exitCodes).toEqual({ loaders: 3 });
  });

  it('is named at once while the tap is silent, which is then ended', async () => {
    const { target, tap, done, event } = await rig({ graces: { afterFailure: 50 } });
    await target.stderr('no connection\n');
    target.exit(3);
    await event((body) => body.type === 'log' && body.message === 'target-x exited with code 3: no connection');
    await tap.gone;
    const outcome = await done;
    expect(outcome.exitCodes).toEqual({ loaders: 3 });
    expect(outcome.processes[0]).toMatchObject({ plugin: 'tap-x', signal: 'SIGTERM' });
  });

  it('ends a tap that ignores TERM', async () => {
    const { target, tap, done } = await rig({ graces: shortGraces });
    tap.do('onSignal', { signal: 'SIGTERM' });
    await tap.next('listening');
    target.exit(3);
    await tap.next('signal');
    expect((await done).processes[0]).toMatchObject({ signal: 'SIGKILL' });
  });

  it('is the cause, not the closed pipe, when the tap is writing', async () => {
    const { target, tap, done } = await rig({ graces: shortGraces });
    tap.do('write', { text: record(1), times: 100_000 });
    process.kill(target.pid, 'SIGKILL');
    const outcome = await done;
    expect(outcome.error?.message).toContain('Loader failed: target-x was killed by SIGKILL');
    expect(outcome.exitCodes).toEqual({ loaders: -9 });
  });

  it('by leaving well while the tap still writes', async () => {
    const { target, tap, done } = await rig({ graces: { afterFailure: 500 } });
    target.exit(0);
    await target.gone;
    tap.do('write', { text: record(1) });
    const outcome = await done;
    expect(outcome.error?.code).toBe('TARGET_LEFT_EARLY');
    expect(outcome.status).toBe('failed');
    expect(outcome.counts.recordsLoaded).toBe(0);
  });

  it('by leaving well while the tap still runs, though it writes nothing', async () => {
    const { target, done } = await rig({ graces: { afterFailure: 50 } });
    target.exit(0);
    expect((await done).error?.code).toBe('TARGET_LEFT_EARLY');
  });

  it('but not when the tap ends right after it with nothing more to say', async () => {
    const { target, tap, done, event } = await rig();
    target.exit(0);
    await event(hasExited('target-x'));
    tap.exit(0);
    expect((await done).status).toBe('success');
  });

  it('by closing its input while it keeps running', async () => {
    const { target, tap, done } = await rig({ graces: shortGraces });
    target.do('closeInput');
    await target.next('closed');
    tap.do('write', { text: record(1), times: 100_000 });
    const outcome = await done;
    expect(outcome.error?.code).toBe('TARGET_LEFT_EARLY');
    expect(outcome.error?.message).toContain('closed its input');
  });
});

describe('a mapper that fails', () => {
  it('early and silently', async () => {
    const { mapper, done } = await rig({ mapper: true, graces: { afterFailure: 50 } });
    mapper?.exit(4);
    const outcome = await done;
    expect(outcome.error?.message).toContain('Mappers failed: map-x exited with code 4');
    expect(outcome.exitCodes).toEqual({ mappers: 4 });
  });

  it('by leaving well before the tap', async () => {
    const { mapper, target, tap, done } = await rig({ mapper: true, graces: { afterFailure: 500 } });
    target.do('read');
    mapper?.exit(0);
    await mapper?.gone;
    tap.do('write', { text: record(1) });
    const outcome = await done;
    expect(outcome.error?.code).toBe('TARGET_LEFT_EARLY');
    expect(outcome.error?.message).toContain('map-x');
  });

  it('at the end', async () => {
    const { mapper, target, tap, done } = await rig({ mapper: true });
    mapper?.do('pass');
    target.do('read');
    await tap.write(schema + record(1));
    tap.exit(0);
    await mapper?.next('end');
    mapper?.exit(5);
    await target.next('end');
    target.exit(0);
    expect((await done).exitCodes).toEqual({ mappers: 5 });
  });

  it('is the cause where the target fails after it', async () => {
    const { tap, mapper, target, done } = await rig({ mapper: true, graces: { afterFailure: 10_000 } });
    target.do('read');
    process.kill(mapper?.pid ?? 0, 'SIGKILL');
    await target.next('end');
    target.exit(1);
    tap.exit(0);
    const outcome = await done;
    expect(outcome.error?.message).toContain('Mappers and loader failed: map-x was killed by SIGKILL');
  });
});

describe('stopping', () => {
  it('lets the tap finish, the target drain and its state be saved', async () => {
    const { chain, tap, target, done, saved } = await rig();
    target.do('read');
    tap.do('onSignal', { signal: 'SIGTERM' });
    await tap.next('listening');
    await tap.write(schema + record(1));
    chain.stop('signal');
    await tap.next('signal');
    await tap.write(record(2) + state(2));
    tap.exit(0);
    expect(await target.rest()).toBe(schema + record(1) + record(2) + state(2));
    await target.write(printed(2));
    target.exit(0);
    expect(await done).toMatchObject({ status: 'stopped', stopReason: 'signal', error: undefined });
    expect(saved).toEqual([{ state: JSON.parse(printed(2)), recordsLoaded: 2 }]);
  });

  it('is a success where the tap had ended before', async () => {
    const { chain, tap, target, done, event } = await rig();
    target.do('read');
    tap.exit(0);
    await event(hasExited('tap-x'));
    chain.stop('signal');
    await target.next('end');
    target.exit(0);
    expect((await done).status).toBe('success');
  });

  it('kills a tap that takes too long, then lets the target drain', async () => {
    const { chain, tap, target, done, saved } = await rig({ graces: { tapStop: 50 } });
    target.do('read');
    tap.do('onSignal', { signal: 'SIGTERM' });
    await tap.next('listening');
    await tap.write(schema + record(1) + state(1));
    chain.stop('timeout');
    await target.next('end');
    await target.write(printed(1));
    target.exit(0);
    expect(await done).toMatchObject({
      status: 'stopped',
      stopReason: 'timeout',
      processes: [{ signal: 'SIGKILL' }, {}],
    });
    expect(saved).toHaveLength(1);
  });

  it('kills a target that never reads when all of the grace is over', async () => {
    const { chain, tap, done } = await rig({ graces: { tapStop: 50, stop: 100 } });
    tap.do('write', { text: record(1), times: 100_000 });
    chain.stop('signal');
    expect(await done).toMatchObject({ status: 'stopped', processes: [{}, { signal: 'SIGKILL' }] });
  });

  it('at once: all are killed, and what the target has printed is saved', async () => {
    const { chain, tap, target, done, saved } = await rig({ checkpointInterval: 1_000_000 });
    target.do('read');
    await tap.write(schema + record(1) + state(1) + record(2) + state(2));
    await target.readUntil(state(2));
    await target.write(printed(1));
    await target.write(printed(2));
    chain.stop('signal');
    chain.kill();
    expect((await done).status).toBe('stopped');
    await Promise.all([tap.gone, target.gone]);
    expect(saved.at(-1)?.state).toEqual(JSON.parse(printed(2)));
  });
});

describe('a lease that is lost', () => {
  it('ends all at once: the target gets nothing more, and no time for what it holds', async () => {
    const { chain, tap, target, done } = await rig({ graces: { afterFailure: 50 } });
    tap.do('onSignal', { signal: 'SIGTERM' });
    await tap.next('listening');
    target.do('onSignal', { signal: 'SIGTERM' });
    await target.next('listening');
    tap.do('write', { text: record(1), times: 100_000 });
    chain.stop('lease');
    await target.next('signal');
    const outcome = await done;
    expect(outcome).toMatchObject({ status: 'stopped', stopReason: 'lease' });
    expect(outcome.processes.map(({ signal }) => signal)).toEqual(['SIGKILL', 'SIGKILL']);
  });

  it('that a save finds out ends a tap and a target that would go on', async () => {
    const save = async () => {
      throw new TaplineError('LEASE_LOST', 'Another run has it.');
    };
    const { target, done } = await rig({ save });
    target.do('read');
    // It may be ended before it can say that it has written.
    void target.write(printed(1)).catch(() => undefined);
    const outcome = await done;
    expect(outcome).toMatchObject({ status: 'failed', error: { code: 'LEASE_LOST' } });
    expect(outcome.processes.map(({ signal }) => signal)).toEqual(['SIGTERM', 'SIGTERM']);
  });
});

describe('what is left behind', () => {
  it('is only signalled where there is something: the number of a group that is gone may be given to others', async () => {
    const kill = vi.spyOn(process, 'kill');
    const { tap, target, done, event } = await rig();
    target.do('read');
    tap.exit(0);
    await event((body) => body.type === 'process.exited' && body.role === 'tap');
    await target.next('end');
    kill.mockClear();
    target.exit(0);
    await done;
    expect(kill.mock.calls.filter(([pid]) => Math.abs(pid) === tap.pid)).toEqual([]);
    kill.mockRestore();
  });

  it('a process that writes logs for ever does not hold the chain', async () => {
    const args = ['-c', 'while echo still here >&2; do sleep 0.01; done & exit 0'];
    const { PATH } = process.env;
    const spec: ProcessSpec = {
      role: 'tap',
      plugin: 'x',
      pluginType: 'extractor',
      file: 'sh',
      args,
      cwd: '/',
      env: { PATH },
    };
    const child = await startChild(spec, ['ignore', 'ignore', 'pipe']);
    const lines: string[] = [];
    await child.readLines(child.process.stderr, (line) => lines.push(line), 50);
    expect(lines).toContain('still here');
    await endLeftOvers(child.pid);
    expect(groupLives(child.pid)).toBe(false);
  });

  it('a process that holds the tap\u2019s output does not hold the chain', async () => {
    const { tap, target, done, events } = await rig({ graces: { drain: 50 } });
    target.do('read');
    tap.do('leaveBehind', { holds: [1] });
    await tap.next('left');
    await tap.write(schema + record(1));
    tap.exit(0);
    expect(await target.rest()).toBe(schema + record(1));
    target.exit(0);
    expect((await done).status).toBe('success');
    expect(events).toContainEqual(expect.objectContaining({ type: 'warning', code: 'OUTPUT_HELD_OPEN' }));
    expect(groupLives(tap.pid)).toBe(false);
  });

  it('a process that holds the target\u2019s output does not hold the chain', async () => {
    const { tap, target, done, saved } = await rig({ graces: { drain: 50 } });
    target.do('read');
    target.do('leaveBehind', { holds: [1, 2] });
    await target.next('left');
    tap.exit(0);
    await target.next('end');
    await target.write(printed(1));
    target.exit(0);
    expect((await done).status).toBe('success');
    expect(saved).toHaveLength(1);
    expect(groupLives(target.pid)).toBe(false);
  });
});

// Long enough for the actors to start on a busy machine.
describe('stall_timeout', () => {
  it('names the tap that is silent', async () => {
    const { target, done } = await rig({ stallTimeoutSeconds: 1.5, graces: shortGraces });
    target.do('read');
    const { error } = await done;
    expect(error?.code).toBe('PROCESS_STALLED');
    expect(error?.message).toContain('tap-x was silent');
  });

  it('names the target that does not read', async () => {
    const { tap, done } = await rig({ stallTimeoutSeconds: 1.5, graces: shortGraces });
    tap.do('write', { text: record(1), times: 100_000 });
    expect((await done).error?.message).toContain('target-x did not read');
  });

  it('names the target that does not end', async () => {
    const { tap, target, done } = await rig({ stallTimeoutSeconds: 1.5, graces: shortGraces });
    target.do('read');
    tap.exit(0);
    expect((await done).error?.message).toContain('target-x was silent');
  });
});

describe('odd lines', () => {
  it('pass, are counted, and warned about once', async () => {
    const { tap, target, done, events } = await rig();
    target.do('read');
    const garbage = 'Traceback (most recent call last):\n{"type":"RECORD"\n';
    await tap.write(garbage + record(1));
    tap.exit(0);
    expect(await target.rest()).toBe(garbage + record(1));
    target.exit(0);
    expect((await done).counts.oddLines).toBe(2);
    const warnings = events.filter((event) => event.type === 'warning' && event.code === 'SINGER_ODD_LINE');
    expect(warnings).toHaveLength(1);
  });

  it('are fatal with strictSinger, and the target keeps what it has', async () => {
    const { tap, target, done, saved } = await rig({ strictSinger: true });
    target.do('read');
    await tap.write(schema + record(1) + state(1));
    await target.readUntil(state(1));
    tap.do('write', { text: 'garbage\n' });
    await target.next('end');
    await target.write(printed(1));
    target.exit(0);
    const outcome = await done;
    expect(outcome.error?.code).toBe('SINGER_STRICT');
    expect(outcome.exitCodes).toBeUndefined();
    expect(saved).toHaveLength(1);
  });

  it('a STATE over the limit ends the chain', async () => {
    const { tap, target, done } = await rig();
    target.do('read', { quiet: true });
    tap.do('write', { text: '{"type":"STATE","value":{"a":"' });
    tap.do('write', { text: 'x'.repeat(1024), times: 33 * 1024 });
    await target.next('end');
    target.exit(0);
    expect((await done).error?.code).toBe('MESSAGE_TOO_LONG');
  });
});

describe('states', () => {
  it('that are not JSON objects or empty give a warning and are never saved', async () => {
    const { tap, target, done, saved, events } = await rig();
    target.do('read');
    await target.write('loaded 5 rows\n{}\n[1]\nnull\n\n');
    tap.exit(0);
    await target.next('end');
    target.exit(0);
    const outcome = await done;
    expect(outcome.status).toBe('success');
    expect(saved).toEqual([]);
    const codes = events.flatMap((event) => (event.type === 'warning' ? [event.code] : []));
    expect(codes).toEqual(['STATE_INVALID', 'STATE_EMPTY']);
  });

  it('over the limit fail the chain', async () => {
    const { target, done } = await rig({ maxStateBytes: 1_000, graces: shortGraces });
    target.do('write', { text: `{"a":"${'x'.repeat(2_000)}"}\n` });
    expect((await done).error?.code).toBe('MESSAGE_TOO_LONG');
  });

  it('that can not be saved fail the chain, and the outcome holds them', async () => {
    const save = async () => {
      throw new Error('read-only');
    };
    const { tap, target, done } = await rig({ save });
    target.do('read');
    await target.write(printed(1));
    await tap.gone;
    await target.next('end');
    await target.write(printed(2));
    target.exit(0);
    const outcome = await done;
    expect(outcome.error).toMatchObject({ code: 'STATE_NOT_SAVED' });
    expect(outcome.state).toMatchObject({
      printed: { state: JSON.parse(printed(2)) },
      saved: undefined,
      isSaved: false,
    });
  });

  it('are tried again while the database is away, and the run goes on', async () => {
    let away = 2;
    const save = async () => {
      away -= 1;
      if (away >= 0) throw Object.assign(new Error('away'), { retryable: true });
    };
    const { tap, target, done, saved, savedCount } = await rig({ save });
    target.do('read');
    await target.write(printed(1));
    await savedCount(1);
    await tap.write(record(1));
    tap.exit(0);
    await target.next('end');
    target.exit(0);
    expect((await done).status).toBe('success');
    expect(saved).toEqual([{ state: JSON.parse(printed(1)), recordsLoaded: 0 }]);
  });

  it('are given up some time after the last process has ended', async () => {
    const save = async () => {
      throw Object.assign(new Error('away'), { retryable: true });
    };
    const { tap, target, done } = await rig({ save, graces: { save: 20 } });
    target.do('read');
    await target.write(printed(1));
    tap.exit(0);
    await target.next('end');
    target.exit(0);
    const outcome = await done;
    expect(outcome.error?.code).toBe('STATE_NOT_SAVED');
    expect(outcome.state.isSaved).toBe(false);
  });

  it('are given up soon after a stop: who asked for it may not wait as long as a lease lives', async () => {
    const save = async () => {
      throw Object.assign(new Error('away'), { retryable: true });
    };
    const { chain, target, done, event } = await rig({ save, graces: { tapStop: 20 }, checkpointInterval: 1_000_000 });
    target.do('read');
    await target.write(printed(1));
    await event((body) => body.type === 'warning' && body.code === 'STATE_NOT_SAVED');
    chain.stop('signal');
    await target.next('end');
    target.exit(0);
    const outcome = await done;
    expect(outcome.error?.code).toBe('STATE_NOT_SAVED');
    expect(outcome.state.isSaved).toBe(false);
  });

  it('are given up when there is no time left', async () => {
    const save = async () => {
      throw Object.assign(new Error('away'), { retryable: true });
    };
    const { chain, target, done, event } = await rig({ save, checkpointInterval: 1_000_000 });
    await target.write(printed(1));
    await event((body) => body.type === 'warning' && body.code === 'STATE_NOT_SAVED');
    chain.kill();
    expect((await done).error?.code).toBe('STATE_NOT_SAVED');
  });
});
