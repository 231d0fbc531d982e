import { describe, expect, it } from 'vitest';
import { TaplineError } from '../../src/errors.js';
import { causeOf, failed, killed, reasonOf, started, starting, stopped } from '../../src/run/chain/phase.js';

const error = new TaplineError('RUN_FAILED', 'x');
const running = started(starting);

describe('the phases of a chain', () => {
  it('go from starting to running, and to the outcome', () => {
    expect(starting.kind).toBe('starting');
    expect(running).toEqual({ kind: 'running', tapEnded: false });
  });

  it('keep the first reason and the first cause', () => {
    const stopping = stopped(stopped(running, 'timeout'), 'signal');
    expect(stopping).toMatchObject({ kind: 'stopping', reason: 'timeout' });
    const failing = failed(failed(stopping, 'process'), error);
    expect(failing).toMatchObject({ kind: 'failing', cause: 'process', reason: 'timeout' });
    expect(killed(failing)).toMatchObject({ kind: 'killed', cause: 'process', reason: 'timeout' });
  });

  it('can be stopped while failing, and fail after a kill', () => {
    expect(stopped(failed(running, error), 'signal')).toMatchObject({
      kind: 'failing',
      cause: error,
      reason: 'signal',
    });
    const dead = failed(killed(running), error);
    expect([dead.kind, causeOf(dead), reasonOf(dead)]).toEqual(['killed', error, 'signal']);
  });

  it('know whether the tap ended before the stop', () => {
    expect(stopped({ ...running, tapEnded: true }, 'signal').tapEnded).toBe(true);
  });

  it('can be stopped before all processes are started', () => {
    expect(started(stopped(starting, 'signal'))).toMatchObject({ kind: 'stopping', reason: 'signal' });
  });
});
