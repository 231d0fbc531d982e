import { describe, expect, it } from 'vitest';
import { bookmarksOf } from '../../src/singer/bookmarks.js';
import { LoadCredit, stateKey } from '../../src/singer/credit.js';

describe('the hash of a state', () => {
  it('is the same whatever the order of keys, and different for different values', () => {
    expect(stateKey({ a: 1, b: { c: [1, 2], d: null } })).toBe(stateKey({ b: { d: null, c: [1, 2] }, a: 1 }));
    const values = [
      { a: 1 },
      { a: '1' },
      { a: [1] },
      { a: { 0: 1 } },
      { a: null },
      {},
      { b: 1 },
      [],
      null,
      { a: [1, 2] },
      { a: [2, 1] },
    ];
    expect(new Set(values.map(stateKey)).size).toBe(values.length);
    expect(stateKey({ a: 'x'.repeat(5_000), b: 1 })).not.toBe(stateKey({ a: 'x'.repeat(5_000), b: 2 }));
    expect(stateKey({ b: 1, a: 'x'.repeat(5_000) })).toBe(stateKey({ a: 'x'.repeat(5_000), b: 1 }));
    expect(stateKey({ a: 12345678901234567890n })).not.toBe(stateKey({ a: 12345678901234567891n }));
  });
});

describe('credit for loaded records', () => {
  it('reaches to the state that the target has printed', () => {
    const credit = new LoadCredit<number>();
    for (const count of [10, 20, 30]) credit.remember({ at: count }, count);
    expect(credit.credit({ at: 20 })).toBe(20);
    expect(credit.credit({ at: 10 })).toBeUndefined();
    expect(credit.credit({ at: 30 })).toBe(30);
    expect(credit.credit({ at: 99 })).toBeUndefined();
  });

  it('takes the oldest of equal states, so that it is never ahead', () => {
    const credit = new LoadCredit<number>();
    for (const [at, count] of [
      ['a', 1],
      ['b', 2],
      ['a', 3],
    ] as const)
      credit.remember({ at }, count);
    expect([credit.credit({ at: 'a' }), credit.credit({ at: 'a' }), credit.credit({ at: 'a' })]).toEqual([
      1,
      3,
      undefined,
    ]);
  });

  it('keeps a bounded number of marks for a target that never prints, the newest among them', () => {
    const credit = new LoadCredit<number>(8);
    for (let count = 0; count < 1000; count += 1) credit.remember({ count }, count);
    const known = Array.from({ length: 1000 }, (_, count) => credit.credit({ count })).filter(
      (found) => found !== undefined,
    );
    expect(known.length).toBeLessThanOrEqual(8);
    expect(known.at(-1)).toBe(999);
  });
});

describe('bookmarks of a state', () => {
  it('are those of its streams, sorted', () => {
    expect(bookmarksOf({ bookmarks: { b: { v: 1 }, a: 2 }, other: 1 })).toEqual([
      { stream: 'a', value: 2 },
      { stream: 'b', value: { v: 1 } },
    ]);
    expect(bookmarksOf({ users: '2024', currently_syncing: 'users' })).toEqual([{ stream: 'users', value: '2024' }]);
    expect(bookmarksOf({})).toEqual([]);
  });
});
