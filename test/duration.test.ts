import fc from 'fast-check';
import { expect, it } from 'vitest';
import { durationSeconds } from '../src/duration.js';

it.each<[string | number, number]>([
  [90, 90],
  [0.5, 0.5],
  ['90', 90],
  [' 90 ', 90],
  ['1.5', 1.5],
  ['90s', 90],
  ['5m', 300],
  ['5 minutes', 300],
  ['2h', 7200],
  ['1 day', 86_400],
  ['1d', 86_400],
  ['250ms', 0.25],
  [0, 0],
  ['0', 0],
])('%j is %d seconds', (value, seconds) => {
  expect(durationSeconds(value)).toBe(seconds);
});

it.each([
  '',
  ' ',
  'soon',
  '5 parsecs',
  '-5',
  '-5m',
  -5,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  '1e3',
  '0x10',
  '5m 30s',
  '5,5m',
  'm',
  '9'.repeat(400),
])('%j is none', (value) => {
  expect(durationSeconds(value)).toBeUndefined();
});

it('never throws', () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.double()), (value) => (durationSeconds(value) ?? 0) >= 0));
});
