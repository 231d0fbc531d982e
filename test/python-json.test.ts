import { describe, expect, test } from 'vitest';
import { Decimal } from '../src/exact-number.js';
import { pythonJson } from '../src/python-json.js';
import { parseExactJson } from '../src/singer/exact-json.js';

describe('pythonJson', () => {
  // Each text is what json.dumps of Python 3.11 gives for the value beside it.
  test.each([
    [{ a: 1, b: [1, 2, { c: null }], d: true }, '{"a": 1, "b": [1, 2, {"c": null}], "d": true}'],
    [{}, '{}'],
    [[], '[]'],
    [{ a: {}, b: [] }, '{"a": {}, "b": []}'],
    ['Zoë', '"Zo\\u00eb"'],
    ['\u2028 \u007f', '"\\u2028 \\u007f"'],
    ['😀', '"\\ud83d\\ude00"'],
    ['a/b\\c"d\b\f\n\r\t\u0001', '"a/b\\\\c\\"d\\b\\f\\n\\r\\t\\u0001"'],
    [{ ü: 1 }, '{"\\u00fc": 1}'],
    [18446744073709551615n, '18446744073709551615'],
    [1.5, '1.5'],
    [-0.000001, '-1e-06'],
    [1e-7, '1e-07'],
    [1e16, '1e+16'],
    [Number.NaN, 'NaN'],
    [Number.NEGATIVE_INFINITY, '-Infinity'],
    [{ a: undefined, b: 1 }, '{"b": 1}'],
  ])('value %#', (value, text) => {
    expect(pythonJson(value)).toBe(text);
  });
});

describe('parseExactJson and pythonJson', () => {
  test.each([
    '{"lsn": 18446744073709551615, "in text": "18446744073709551615 and \\"9007199254740993\\""}',
    '[9007199254740993, -9007199254740993, 1234567890123456]',
    '{"18446744073709551615": 1}',
    '{"a": NaN, "b": [Infinity, -Infinity], "c": "NaN Infinity"}',
    '{"__proto__": {"big": 12345678901234567890}}',
  ])('%s comes back as it was', (text) => {
    expect(pythonJson(parseExactJson(text))).toBe(text);
  });

  test('only numbers that would lose digits become a bigint or a Decimal', () => {
    expect(parseExactJson('[9007199254740991, 9007199254740992, 1e20, 1.2345678901234567890]')).toEqual([
      9007199254740991,
      9007199254740992n,
      new Decimal('1e20'),
      new Decimal('1.2345678901234567890'),
    ]);
  });

  test.each(['', 'nope', '{"a": 1234567890123456789', '{"a": 1234567890123456789 NaN}', '{a: 1}'])(
    '%j is a syntax error',
    (text) => {
      expect(() => parseExactJson(text)).toThrow(SyntaxError);
    },
  );
});
