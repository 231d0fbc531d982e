import { describe, expect, it } from 'vitest';
import { exactJson, parseExactJson } from '../../src/singer/exact-json.js';

describe('JSON with exact whole numbers', () => {
  it.each([
    '{"a":9223372036854775807,"b":[-12345678901234567890,1],"c":"12345678901234567890"}',
    '{"text":"a \\"1234567890123456789\\" \\\\","n":12345678901234567890}',
    '[1.5,1e+21,0.1,true,null,"NaN"]',
    '123456789012345678901234567890',
  ])('survives %s', (text) => {
    expect(exactJson(parseExactJson(text))).toBe(text);
  });

  it('reads long whole numbers as bigint and all others as number', () => {
    expect(parseExactJson('[9007199254740993, 9007199254740991, 1234567890.1234567, NaN, -Infinity]')).toEqual([
      9007199254740993n,
      9007199254740991,
      1234567890.1234567,
      Number.NaN,
      Number.NEGATIVE_INFINITY,
    ]);
  });

  it('refuses what JSON.parse refuses', () => {
    for (const text of ['{', '01234567890123456789', '{"a":1234567890123456789,}', 'NaNN', '"\n1234567890123456"']) {
      expect(() => parseExactJson(text), text).toThrow(SyntaxError);
    }
  });

  it('indents', () => {
    expect(exactJson({ a: [1n] }, 2)).toBe('{\n  "a": [\n    1\n  ]\n}');
  });
});
