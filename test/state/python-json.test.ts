import { describe, expect, test } from 'vitest';
import { exactJson, parseJson, pythonJson } from '../../src/state/python-json.js';

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
    [-0.000001, '-0.000001'],
    [Number.NaN, 'NaN'],
    [Number.NEGATIVE_INFINITY, '-Infinity'],
    [{ a: undefined, b: 1 }, '{"b": 1}'],
    [new Date(0), '"1970-01-01T00:00:00.000Z"'],
  ])('value %#', (value, text) => {
    expect(pythonJson(value)).toBe(text);
  });
});

describe('parseJson', () => {
  test.each([
    '{"lsn": 18446744073709551615, "in text": "18446744073709551615 and \\"9007199254740993\\""}',
    '[9007199254740993, -9007199254740993, 1234567890123456]',
    '{"18446744073709551615": 1}',
    '{"a": NaN, "b": [Infinity, -Infinity], "c": "NaN Infinity"}',
    '{"__proto__": {"big": 12345678901234567890}}',
  ])('%s comes back as it was', (text) => {
    expect(pythonJson(parseJson(text))).toBe(text);
  });

  test('only numbers that would lose digits become bigint', () => {
    expect(parseJson('[9007199254740991, 9007199254740992, 1e20, 1.2345678901234567890]')).toEqual([
      9007199254740991,
      9007199254740992n,
      1e20,
      1.2345678901234567,
    ]);
  });

  test.each(['', 'nope', '{"a": 1234567890123456789', '{"a": 1234567890123456789 NaN}', '{a: 1}'])(
    '%j is a syntax error',
    (text) => {
      expect(() => parseJson(text)).toThrow(SyntaxError);
    },
  );
});

describe('exactJson', () => {
  const value = { a: [1, 18446744073709551615n], b: { c: 'ü', d: [], e: {} }, f: undefined };

  test('is compact by default', () => {
    expect(exactJson(value)).toBe('{"a":[1,18446744073709551615],"b":{"c":"ü","d":[],"e":{}}}');
  });

  test('is indented as JSON.stringify does it', () => {
    const small = { a: [1, { x: null }], b: { c: 'ü', d: [], e: {} }, f: undefined, g: [undefined] };
    expect(exactJson(small, 2)).toBe(JSON.stringify(small, null, 2));
    expect(exactJson(value, 2)).toContain('    18446744073709551615\n');
  });
});
