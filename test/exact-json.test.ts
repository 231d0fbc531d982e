import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exactJson, parseExactJson } from '../src/exact-json.js';
import { copyValue, Decimal } from '../src/exact-number.js';

/** A number as a JSON file may hold it: any sign, length, fraction and exponent. */
const numberText = fc.stringMatching(/^-?(0|[1-9]\d{0,24})(\.\d{1,20})?([eE][-+]?\d{1,3})?$/);
const json = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    numberText,
    fc.string().map((text) => JSON.stringify(text)),
    fc.constantFrom('null', 'true', '"1.0"', '"2.0}"', '"a1e5"'),
    fc.array(tie('value'), { maxLength: 4 }).map((items) => `[${items.join(',')}]`),
    fc
      .uniqueArray(
        fc.tuple(
          fc.string().map((key) => `k${key}`),
          tie('value'),
        ),
        { selector: ([key]) => key, maxLength: 4 },
      )
      .map((members) => `{${members.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(',')}}`),
  ),
})).value;

describe('exact JSON', () => {
  it('writes what it read, digit by digit', () => {
    fc.assert(
      fc.property(json, (text) => {
        expect(exactJson(parseExactJson(text))).toBe(text);
      }),
    );
  });

  it('reads the same values as JSON.parse', () => {
    fc.assert(
      fc.property(json, (text) => {
        const numbers = (value: unknown): unknown =>
          JSON.parse(JSON.stringify(value, (_, v) => (typeof v === 'bigint' ? Number(v) : v)) ?? 'null');
        expect(numbers(parseExactJson(text))).toStrictEqual(numbers(JSON.parse(text)));
      }),
    );
  });

  it.each(['1.0', ' [ 2.0 , -0 , 0.0\n] ', '{"a": 1e3 }', '[1.0,"1.0"]', '{"__proto__": 1.0, "b": 2}'])(
    'keeps %s',
    (text) => {
      expect(exactJson(parseExactJson(text))).toBe(text.replaceAll(/\s/g, ''));
    },
  );

  it('keeps the type of Decimals in a copy', () => {
    expect(exactJson(copyValue({ a: [new Decimal('1.0')] }))).toBe('{"a":[1.0]}');
  });

  it('gives the number to arithmetic and to JSON.stringify', () => {
    const version = new Decimal('2.50');
    expect([Number(version) + 1, JSON.stringify([version]), `${version}`]).toStrictEqual([3.5, '[2.5]', '2.50']);
  });
});
