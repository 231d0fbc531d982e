import { describe, expect, test } from 'vitest';
import { Decimal } from '../../src/exact-number.js';
import type { SettingDefinition, SettingKind } from '../../src/plugins/types.js';
import { CastFailure, castValue, postProcess } from '../../src/settings/cast.js';

function cast(kind: SettingKind | undefined, value: unknown, more: Partial<SettingDefinition> = {}): unknown {
  return castValue({ name: 'a', ...(kind ? { kind } : {}), ...more }, value);
}

describe('castValue', () => {
  test.each<[SettingKind | undefined, unknown, unknown]>([
    [undefined, '5', '5'],
    ['string', '5', '5'],
    ['string', 5, 5],
    ['integer', ' +1_000 ', 1000],
    ['integer', '007', 7],
    ['integer', '-0', 0],
    ['integer', 2.5, 2.5],
    ['integer', '12345678901234567890', 12345678901234567890n],
    ['boolean', 'ON', true],
    ['boolean', 'y', false],
    ['boolean', '', false],
    ['boolean', 0, 0],
    // The original makes a Decimal of it, which then can't be written as JSON.
    ['decimal', '3.25', 3.25],
    ['decimal', ' 1e3 ', new Decimal('1e3')],
    ['decimal', '.5', 0.5],
    ['array', '["a", 1]', ['a', 1]],
    ['array', "['it\\'s', (1, 2,), {'k': None}]", ["it's", [1, 2], { k: null }]],
    ['array', '[12345678901234567890, "x"]', [12345678901234567890n, 'x']],
    ['object', '{"a": {"b": [true, null]}}', { a: { b: [true, null] } }],
    ['object', `{'a': 'x' "y", "u": '\\u00e9\\n'}`, { a: 'xy', u: 'é\n' }],
    ['object', { a: 1 }, { a: 1 }],
    ['date_iso8601', 'yesterday', 'yesterday'],
    ['integer', null, null],
  ])('%s, value %#', (kind, value, expected) => {
    expect(cast(kind, value)).toEqual(expected);
  });

  test.each<[SettingKind, string]>([
    ['integer', 'x1'],
    ['integer', ''],
    ['integer', '1.5'],
    ['decimal', 'many'],
    ['decimal', 'NaN'],
    ['object', '[1]'],
    ['object', '{"a": 1'],
    ['array', '{"a": 1}'],
    ['array', 'a, b'],
    // Python takes a text for a sequence, so that the original makes ['a', 'b'] of it.
    ['array', '"ab"'],
    ['array', '__import__("os").system("true")'],
    ['array', `${'['.repeat(100_000)}`],
  ])('%s refuses %j', (kind, value) => {
    expect(() => cast(kind, value)).toThrow(CastFailure);
  });

  test('a refusal names the setting, what was expected and the value, but no secret', () => {
    expect(() => cast('integer', 'x1')).toThrow("'x1' is not an integer, as setting 'a' requires.");
    expect(() => cast('integer', 'hunter2', { sensitive: true })).toThrow(/^(?!.*hunter2)/);
  });

  test('options: one of the choices, any value where none are listed', () => {
    const options = [
      { label: 'A', value: 'a' },
      { label: 'One', value: 1 },
    ];
    expect(cast('options', 'a', { options })).toBe('a');
    expect(cast('options', 1, { options })).toBe(1);
    expect(() => cast('options', 'z', { options })).toThrow("'z' is not a valid choice for 'a'.");
    expect(cast('options', 'free')).toBe('free');
  });

  test('value processors', () => {
    expect(cast('object', '{"a.b": 1, "c\\\\.d": 2}', { value_processor: 'nest_object' })).toEqual({
      a: { b: 1 },
      'c.d': 2,
    });
    expect(cast(undefined, 'x', { value_processor: 'upcase_string' })).toBe('X');
    expect(cast(undefined, { a: [1, 'é'] }, { value_processor: 'stringify' })).toBe('{"a": [1, "\\u00e9"]}');
    expect(() => cast(undefined, 5, { value_processor: 'upcase_string' })).toThrow(CastFailure);
  });

  test('a key that is called __proto__ changes no prototype', () => {
    const value = cast('object', "{'__proto__': {'polluted': 1}, 'a.__proto__.b': 2}", {
      value_processor: 'nest_object',
    });
    expect(Object.hasOwn(value as object, '__proto__')).toBe(true);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    expect(({} as Record<string, unknown>).b).toBeUndefined();
  });
});

test('post-processing makes dates of natural language, for dates only', () => {
  const iso = '2020-01-01T00:00:00Z';
  expect(postProcess({ name: 'a', kind: 'date_iso8601' }, iso)).toBe(iso);
  expect(postProcess({ name: 'a', kind: 'date_iso8601' }, 'January 5, 2024')).toBe('2024-01-05T00:00:00');
  expect(postProcess({ name: 'a' }, 'January 5, 2024')).toBe('January 5, 2024');
});
