import { describe, expect, it } from 'vitest';
import { errorCodes } from '../../../src/errors.js';
import type { Block } from '../../../src/plan/types.js';
import { isTransient, pauseSeconds, retryOf, retryRule } from '../../../src/run/block/retry-rule.js';
import type { ResolvedPlugin } from '../../../src/settings/types.js';

const block = (retry?: Block['retry']) => ({ retry }) as Block;

describe('the rule of a block', () => {
  it('comes from its first plugin that has one, then its line or pipeline, then the command line', () => {
    const tap = { retries: 1 };
    const target = { retries: 2, delaySeconds: 20 };
    const line = { retries: 3, delaySeconds: 30 };
    const call = { retries: 4, delaySeconds: 40 };
    expect(retryRule([tap, target], block(line), call)).toEqual({ retries: 1, delaySeconds: 20 });
    expect(retryRule([{}, {}], block(line), call)).toEqual({ retries: 3, delaySeconds: 30 });
    expect(retryRule([{}], block({ delaySeconds: 30 }), call)).toEqual({ retries: 4, delaySeconds: 30 });
    expect(retryRule([{}], block(), call)).toEqual({ retries: 4, delaySeconds: 40 });
  });

  it('has no retries by default', () => {
    expect(retryRule([{}], block(), undefined)).toMatchObject({ retries: 0 });
    expect(retryRule([], block(), { retries: undefined, delaySeconds: undefined })).toEqual({
      retries: 0,
      delaySeconds: 10,
    });
  });

  it('accepts 0 from a plugin', () => {
    expect(retryRule([{ retries: 0 }], block({ retries: 3 }), undefined).retries).toBe(0);
  });
});

describe('the pause', () => {
  const rule = { retries: 9, delaySeconds: 10 };
  const longest = () => 0;

  it('doubles with each attempt', () => {
    expect([1, 2, 3, 4].map((attempt) => pauseSeconds(rule, attempt, longest))).toEqual([10, 20, 40, 80]);
  });

  it('is randomly up to a quarter shorter, and never longer', () => {
    expect(pauseSeconds(rule, 1, () => 0.999_999)).toBeCloseTo(7.5);
    const pauses = Array.from({ length: 200 }, () => pauseSeconds(rule, 2));
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(15);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(20);
    expect(new Set(pauses).size).toBeGreaterThan(100);
  });

  it('is an hour at most, or the first pause if that is longer', () => {
    expect(pauseSeconds(rule, 40, longest)).toBe(3600);
    expect(pauseSeconds(rule, 5_000, longest)).toBe(3600);
    expect(pauseSeconds({ retries: 9, delaySeconds: 7200 }, 3, longest)).toBe(7200);
  });

  it('is zero if the delay is 0', () => {
    expect(pauseSeconds({ retries: 9, delaySeconds: 0 }, 3, longest)).toBe(0);
  });
});

describe('a transient error', () => {
  it('is one of processes, servers and disks, not of the project', () => {
    const codes = Object.keys(errorCodes).filter((code) => isTransient({ code, message: '' }));
    expect(codes.sort()).toEqual([
      'DATABASE_LOCKED',
      'DATABASE_OPEN',
      'DATABASE_UNREACHABLE',
      'DISCOVERY_FAILED',
      'DISCOVERY_TIMEOUT',
      'DISK_FULL',
      'PROCESS_FAILED',
      'PROCESS_STALLED',
      'STATE_BACKEND_UNREACHABLE',
      'TARGET_LEFT_EARLY',
    ]);
    expect(isTransient({ code: 'INTERNAL', message: 'a bug' })).toBe(false);
    expect(isTransient(undefined)).toBe(false);
  });
});

describe('the extras of a plugin', () => {
  const plugin = { name: 'tap-x', singular: 'extractor', at: { file: 'meltano.yml', line: 3, col: 5 } };
  const read = (extras: Record<string, unknown>) => retryOf({ plugin, extras } as unknown as ResolvedPlugin);

  it('may be numbers, texts or nothing', () => {
    expect(read({ retries: 2, retry_delay: '5m' })).toEqual({ retries: 2, delaySeconds: 300 });
    expect(read({ retries: '2', retry_delay: 90 })).toEqual({ retries: 2, delaySeconds: 90 });
    expect(read({ retries: 0 })).toEqual({ retries: 0 });
    expect(read({ retries: null, retry_delay: '' })).toEqual({});
  });

  it.each([
    ['retries', -1],
    ['retries', 1.5],
    ['retries', 'twice'],
    ['retry_delay', 'soon'],
    ['retry_delay', -5],
    ['retry_delay', ['5m']],
  ])('are refused with their place: %s: %j', (name, value) => {
    expect(() => read({ [name]: value })).toThrow(
      expect.objectContaining({ code: 'SETTING_CAST', at: plugin.at, hint: expect.any(String) }),
    );
  });
});
