import { describe, expect, it } from 'vitest';
import { exactJson } from '../../src/exact-json.js';
import { plainNumber } from '../../src/exact-number.js';
import { pythonText, readPlainScalar } from '../../src/project/scalar.js';

/** Written as, read as, its text in an `env:` map: as Meltano 4.4.1 with ruamel.yaml 0.19.1 has them. */
const recorded: [source: string, value: unknown, text: string][] = [
  ['yes', 'yes', 'yes'],
  ['no', 'no', 'no'],
  ['on', 'on', 'on'],
  ['017', 17, '17'],
  ['-017', -17, '-17'],
  ['0008', 8, '8'],
  ['0o17', 15, '15'],
  ['0O17', '0O17', '0O17'],
  ['0o19', '0o19', '0o19'],
  ['0x1F', 31, '31'],
  ['0X1F', '0X1F', '0X1F'],
  ['0x1_F', 31, '31'],
  ['0b101', 5, '5'],
  ['1_000', 1000, '1000'],
  ['1__0', 10, '10'],
  ['1_', 1, '1'],
  ['_1', '_1', '_1'],
  ['-_1', -1, '-1'],
  ['+12', 12, '12'],
  ['-0', 0, '0'],
  ['1e3', 1000, '1000.0'],
  ['1E3', 1000, '1000.0'],
  ['1.5e-3', 0.0015, '0.0015'],
  ['.5', 0.5, '0.5'],
  ['5.', 5, '5.0'],
  ['.5e3', '.5e3', '.5e3'],
  ['.5e+3', 500, '500.0'],
  ['1_0.5_0', 10.5, '10.5'],
  ['1.0', 1, '1.0'],
  ['1e16', 1e16, '1e+16'],
  ['0.0001', 0.0001, '0.0001'],
  ['0.00001', 0.00001, '1e-05'],
  ['123456789.123', 123456789.123, '123456789.123'],
  ['1.2.3', '1.2.3', '1.2.3'],
  ['12:30', '12:30', '12:30'],
  ['12:30:00', '12:30:00', '12:30:00'],
  ['~', null, ''],
  ['Null', null, ''],
  ['NULL', null, ''],
  ['nULL', 'nULL', 'nULL'],
  ['TRUE', true, 'True'],
  ['true', true, 'True'],
  ['tRUE', 'tRUE', 'tRUE'],
  ['False', false, 'False'],
  ['50%', '50%', '50%'],
  ['=x', '=x', '=x'],
  ['2020-01-01', '2020-01-01', '2020-01-01'],
  ['2020-1-1', '2020-1-1', '2020-1-1'],
  ['20200101', 20200101, '20200101'],
  // The offset and the fraction get lost in the original too, unless the time is written with a blank.
  ['2020-01-01T10:00:00', '2020-01-01T10:00:00', '2020-01-01T10:00:00'],
  ['2020-01-01T10:00:00Z', '2020-01-01T10:00:00', '2020-01-01T10:00:00'],
  ['2020-01-01t1:00:00Z', '2020-01-01T01:00:00', '2020-01-01T01:00:00'],
  ['2020-01-01T10:00:00.123456+02:00', '2020-01-01T10:00:00', '2020-01-01T10:00:00'],
  ['2020-01-01T10:00:00-5', '2020-01-01T10:00:00', '2020-01-01T10:00:00'],
  ['2020-01-01T10:00:00+0200', '2020-01-01T10:00:00+0200', '2020-01-01T10:00:00+0200'],
  ['2020-01-01T10:00', '2020-01-01T10:00', '2020-01-01T10:00'],
  ['2020-01-01 10:00:00', '2020-01-01T10:00:00', '2020-01-01 10:00:00'],
  ['2020-01-01 10:00:00Z', '2020-01-01T10:00:00+00:00', '2020-01-01 10:00:00+00:00'],
  ['2020-01-01 10:00:00.25', '2020-01-01T10:00:00.250000', '2020-01-01 10:00:00.250000'],
  ['2020-01-01 10:00:00 +2', '2020-01-01T10:00:00', '2020-01-01 10:00:00'],
];

/** Where the original crashes or hands on what JSON can't hold, the text is kept as it is written. */
const keptAsText = [
  '2020-13-01',
  '2020-02-30',
  '2020-01-01T25:00:00',
  '0000-01-01',
  '0x_',
  '0b_',
  '1e400',
  '.inf',
  '-.Inf',
  '.nan',
];

describe('a plain scalar', () => {
  it.each(recorded)('%s is read as %j', (source, value) => {
    expect(plainNumber(readPlainScalar(source))).toStrictEqual(value);
  });

  it.each(recorded)('%s is, as a variable, what Python makes of it', (source, _value, text) => {
    expect(pythonText(source)).toBe(text);
  });

  it.each(keptAsText)('%s stays text', (source) => {
    expect(readPlainScalar(source)).toBe(source);
  });

  it('keeps each digit of a hexadecimal number over 2^53', () => {
    expect(readPlainScalar('0xFFFFFFFFFFFFFFFF')).toBe(18446744073709551615n);
  });

  it.each([
    ['2.0', '2.0'],
    ['1.10', '1.10'],
    ['1e3', '1e3'],
    ['5.', '5.0'],
    ['.50', '0.50'],
    ['+007.0', '7.0'],
    ['-0.0', '-0.0'],
    ['1_0.5_0', '10.50'],
    ['12345678901234567890', '12345678901234567890'],
    ['-9007199254740993', '-9007199254740993'],
    ['1.5', '1.5'],
  ])('%s is written to JSON as %s', (source, text) => {
    expect(exactJson(readPlainScalar(source))).toBe(text);
  });
});
