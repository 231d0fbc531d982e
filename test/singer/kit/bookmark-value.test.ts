import { expect, it } from 'vitest';
import { compareBookmarks } from '../../../src/singer/kit/index.js';

it.each([
  ['2026-01-01T01:00:00+02:00', '2026-01-01T00:00:00Z'],
  ['2026-01-01', '2026-01-01T00:00:01'],
  ['2026-01-01 10:00:00.123456', '2026-01-01T10:00:00.123457Z'],
  ['2026-01-01T10:00:00Z', '2026-01-01T10:00:00.5Z'],
  [9, 10],
  [9007199254740993n, 9007199254740994n],
  [1, 2n],
  ['a', 'b'],
])('%s comes before %s', (a, b) => {
  expect([Math.sign(compareBookmarks(a, b)), Math.sign(compareBookmarks(b, a))]).toEqual([-1, 1]);
  expect(compareBookmarks(a, a)).toBe(0);
});
