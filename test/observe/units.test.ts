import { expect, test } from 'vitest';
import { bytes, duration, records, whole } from '../../src/observe/units.js';

test.each([
  [0, '0'],
  [999, '999'],
  [1000, '1,000'],
  [12_345.4, '12,345'],
  [123_456, '123,456'],
  [1_234_567, '1,234,567'],
  [Number.MAX_SAFE_INTEGER, '9,007,199,254,740,991'],
])('groups the digits of %d', (count, text) => {
  expect(whole(count)).toBe(text);
});

test('says one record and several records', () => {
  expect([records(1), records(0), records(1234)]).toEqual(['1 record', '0 records', '1,234 records']);
});

test('gives sizes and durations in units that fit', () => {
  expect([bytes(0), bytes(1_200_000)]).toEqual(['0 B', '1.2 MB']);
  expect([duration(2.1), duration(65), duration(10_921)]).toEqual(['2.1s', '1m 5s', '3h 2m 1s']);
});
