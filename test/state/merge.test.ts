import { describe, expect, test } from 'vitest';
import { applyWrite, mergedView, mergeMaps, patternMatcher } from '../../src/state/merge.js';

describe('mergeMaps', () => {
  test('maps are merged, everything else is replaced, and neither side is changed', () => {
    const onto = { a: { x: 1, list: [1, 2] }, b: 1 };
    const patch = { a: { list: [3], y: { z: 1 } }, c: null };
    expect(mergeMaps(onto, patch)).toEqual({ a: { x: 1, list: [3], y: { z: 1 } }, b: 1, c: null });
    expect(onto).toEqual({ a: { x: 1, list: [1, 2] }, b: 1 });
  });

  test('a map takes the place of a value that is none, and the other way round', () => {
    expect(mergeMaps({ a: 1, b: { x: 1 } }, { a: { x: 1 }, b: 2 })).toEqual({ a: { x: 1 }, b: 2 });
  });
});

test('the merged view lays the partial state over the completed one', () => {
  const completed = { singer_state: { bookmarks: { users: { id: 1 }, orders: { id: 2 } } } };
  const partial = { singer_state: { bookmarks: { users: { id: 9 } } } };
  expect(mergedView({ completed, partial })).toEqual({
    singer_state: { bookmarks: { users: { id: 9 }, orders: { id: 2 } } },
  });
});

test('a partial write without a state before it makes a partial state', () => {
  const state = { singer_state: { a: 1 } };
  expect(applyWrite(undefined, { mode: 'partial', state })).toEqual({ completed: {}, partial: state });
});

describe('patternMatcher', () => {
  test.each([
    [undefined, 'anything', true],
    ['*', 'anything', true],
    ['dev:*', 'dev:tap-a-to-b', true],
    ['dev:*', 'prod:dev:x', false],
    ['*-to-target-b', 'dev:tap-a-to-target-b', true],
    ['a.c', 'abc', false],
    ['a*c*e', 'abcde', true],
    ['[ab]', 'a', false],
    ['a*', 'a\nb', true],
  ])('%s on %j: %s', (pattern, stateId, expected) => {
    expect(patternMatcher(pattern)(stateId)).toBe(expected);
  });
});
