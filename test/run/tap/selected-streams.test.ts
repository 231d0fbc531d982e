import { describe, expect, it } from 'vitest';
import { selectsStream, stateOfUnselected, withUnreached } from '../../../src/run/tap/selected-streams.js';

describe('streams that are selected', () => {
  it.each([
    [['users'], 'users', true],
    [['users'], 'orders', false],
    [['us*', 'orders'], 'users', true],
    [['!users'], 'users', false],
    [['!users'], 'orders', true],
    [['*', '!users'], 'users', false],
    [[], 'users', true],
    [['a\\.b'], 'a.b', true],
  ])('%j lets %s through: %s', (patterns, stream, expected) => {
    expect(selectsStream(patterns)(stream)).toBe(expected);
  });
});

describe('a state of some streams', () => {
  const state = { currently_syncing: 'users', bookmarks: { users: { id: 9 }, orders: { id: 5 } }, other: 1 };

  it('starts from scratch for those that are selected', () => {
    expect(stateOfUnselected(state, ['users'])).toEqual({ bookmarks: { orders: { id: 5 } }, other: 1 });
    expect(stateOfUnselected(state, ['*'])).toBeUndefined();
    // The older form, with the streams at the top.
    expect(stateOfUnselected({ users: 1, orders: 2 }, ['!orders'])).toEqual({ orders: 2 });
  });

  it('keeps what the tap does not print, and replaces what it prints', () => {
    expect(withUnreached(state, { bookmarks: { users: { since: 1 } } })).toEqual({
      bookmarks: { users: { since: 1 }, orders: { id: 5 } },
      other: 1,
    });
    expect(withUnreached({ bookmarks: { users: { id: 9 } } }, { bookmarks: { users: { id: 1 } } })).toEqual({
      bookmarks: { users: { id: 1 } },
    });
    expect(withUnreached(state, {})).toMatchObject({ bookmarks: { users: { id: 9 }, orders: { id: 5 } } });
  });

  it('keeps a stream of any name', () => {
    const odd = JSON.parse('{"bookmarks": {"__proto__": {"id": 1}, "users": {"id": 2}}}');
    expect(JSON.stringify(stateOfUnselected(odd, ['users']))).toBe('{"bookmarks":{"__proto__":{"id":1}}}');
  });
});
