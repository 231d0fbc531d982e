import { describe, expect, it } from 'vitest';
import { readPickle, writePickle } from '../../src/state/systemdb/pickle.js';

/** Written by Python 3.11. */
const pickles: [hex: string, value: unknown][] = [
  ['80059508000000000000008C0474657874942E', 'text'],
  ['8005892E', false],
  ['80054E2E', null],
  ['80054A90EEFEFF2E', -70000],
  ['80058A05000000FF002E', 4278190080 * 1],
  ['8005950A000000000000005D94288C01709488652E', ['p', true]],
  [
    '80059528000000000000007D94288C0178947D948C0179945D94284B014740040000000000004E65738C017A948C016594752E',
    { x: { y: [1, 2.5, null] }, z: 'e' },
  ],
];

describe('a pickle of a plain value', () => {
  it.each(pickles)('%s', (hex, value) => {
    expect(readPickle(Buffer.from(hex, 'hex'))).toEqual({ value });
  });

  it.each(pickles)('is written so that it reads the same: %s', (_, value) => {
    expect(readPickle(writePickle(value))).toEqual({ value });
  });

  it('is written in opcodes that Python reads', () => {
    expect(writePickle('é').toString('hex')).toBe('80025802000000c3a92e');
    expect(writePickle(-70000).toString('hex')).toBe('80028a0890eefeffffffffff2e');
    expect(writePickle([1.5, { a: false }]).toString('hex')).toBe('80025d28473ff80000000000007d285801000000618975652e');
  });

  it.each(['', '80', '8005', '8005630a6f730a73797374656d0a', 'ff', '80058cff61'])('is not read from %j', (hex) => {
    expect(readPickle(Buffer.from(hex, 'hex'))).toBeUndefined();
  });
});
