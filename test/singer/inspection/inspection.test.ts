import * as fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { Inspection } from '../../../src/singer/inspection/inspection.js';
import { memberBytes } from '../../../src/singer/inspection/member-bytes.js';
import { compareBookmarks } from '../../../src/singer/inspection/order.js';
import { type CompileSchema, loadSchemaCompiler } from '../../../src/singer/inspection/schema-checks.js';

let compile: CompileSchema;
beforeAll(async () => {
  compile = await loadSchemaCompiler();
});

const schema = (properties: object, more: object = {}) => ({
  type: 'SCHEMA',
  stream: 's',
  schema: { type: 'object', properties },
  key_properties: ['id'],
  ...more,
});
const record = (value: object) => ({ type: 'RECORD', stream: 's', record: value });
const state = (value: unknown) => ({ type: 'STATE', value: { bookmarks: { s: value } } });

function inspect(lines: readonly (object | string)[], maxKeys?: number, pieces = 1) {
  const inspection = new Inspection({ compile, maxKeys });
  const bytes = Buffer.from(
    `${lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n')}\n`,
  );
  const size = Math.ceil(bytes.length / pieces);
  for (let at = 0; at < bytes.length; at += size) inspection.feed(bytes.subarray(at, at + size));
  return inspection.finish();
}

const found = (lines: readonly (object | string)[], maxKeys?: number) =>
  inspect(lines, maxKeys).findings.map(({ kind, property, line, count }) => [kind, property, line, count]);

const integerId = { id: { type: 'integer' } };

describe('what is wrong with messages', () => {
  it.each<[string, (object | string)[], unknown[][]]>([
    ['nothing', [schema(integerId), record({ id: 1 }), record({ id: 2 }), state({ id: 2 })], []],
    ['a record before its schema', [record({ id: 1 }), schema(integerId)], [['record_before_schema', undefined, 1, 1]]],
    ['a missing key', [schema({}), record({ a: 1 })], [['missing_key', 'id', 2, 1]]],
    ['a null key', [schema({}), record({ id: null })], [['null_key', 'id', 2, 1]]],
    ['a value that its schema refuses', [schema(integerId), record({ id: 'x' })], [['schema_violation', 'id', 2, 1]]],
    [
      'a format',
      [schema({ at: { type: 'string', format: 'date-time' } }, { key_properties: [] }), record({ at: 'no' })],
      [['schema_violation', 'at', 2, 1]],
    ],
    ['an unknown format is not checked', [schema({ id: { format: 'x-y' } }), record({ id: 'no' })], []],
    [
      'draft 4 bounds',
      [schema({ id: { minimum: 1, exclusiveMinimum: true } }), record({ id: 1 }), record({ id: 2 })],
      [['schema_violation', 'id', 2, 1]],
    ],
    [
      'equal problems are counted',
      [schema(integerId), record({ id: 'x' }), record({ id: 'y' })],
      [['schema_violation', 'id', 2, 2]],
    ],
    [
      'an unsorted replication key',
      [
        schema({}, { bookmark_properties: ['at'] }),
        record({ id: 1, at: '2024-02-01T00:00:00Z' }),
        record({ id: 2, at: '2024-02-01T00:30:00+01:00' }),
      ],
      [['unsorted_replication_key', 'at', 3, 1]],
    ],
    [
      'a state that goes back',
      [state({ replication_key_value: 'b' }), state({ replication_key_value: 'a' })],
      [['state_goes_back', 'replication_key_value', 2, 1]],
    ],
    [
      'a log position that goes back in its last digit',
      [
        '{"type":"STATE","value":{"s":{"lsn":12345678901234567891}}}',
        '{"type":"STATE","value":{"s":{"lsn":12345678901234567890}}}',
      ],
      [['state_goes_back', 'lsn', 2, 1]],
    ],
    ['an offset that starts over', [state({ offset: 5 }), state({ offset: 0 })], []],
    ['lines that are not JSON', ['oops', '{"a"', '', '[1]'], [['not_json', undefined, 1, 3]]],
    ['an unknown message', [{ type: 'X' }], [['unknown_message', 'X', 1, 1]]],
    [
      'duplicate keys',
      [schema({}), record({ id: 1 }), record({ id: '1' }), record({ id: 1 })],
      [['duplicate_key', 'id', 4, 1]],
    ],
    [
      'keys that differ in their last digit only',
      [
        schema({}),
        '{"type":"RECORD","stream":"s","record":{"id":9007199254740992}}',
        '{"type":"RECORD","stream":"s","record":{"id":9007199254740993}}',
      ],
      [],
    ],
    [
      'a table that is replaced',
      [schema({}), record({ id: 1 }), { type: 'ACTIVATE_VERSION', stream: 's', version: 2 }, record({ id: 1 })],
      [],
    ],
    [
      'a schema that is not one',
      [schema({ id: { type: 'nope' } }), record({ id: 1 })],
      [['invalid_schema', undefined, 1, 1]],
    ],
    ['a schema without a map', [{ type: 'SCHEMA', stream: 's', schema: 3 }], [['invalid_schema', undefined, 1, 1]]],
    [
      'names of the language',
      [schema({}, { key_properties: ['__proto__'] }), record({ constructor: 1 })],
      [['missing_key', '__proto__', 2, 1]],
    ],
  ])('%s', (_name, lines, findings) => {
    expect(found(lines)).toStrictEqual(findings);
  });

  it('stops at the maximum of keys, and says so', () => {
    const lines = [schema({}), ...[1, 2, 3, 4, 4, 1].map((id) => record({ id }))];
    expect(inspect(lines, 3)).toMatchObject({ findings: [], streams: [{ keysComparedUntil: 3 }] });
    expect(inspect(lines, 4)).toMatchObject({ findingsTotal: 2 });
  });

  it('bounds the findings', () => {
    const lines = Array.from({ length: 1500 }, (_, index) => ({ type: `T${index}` }));
    const report = inspect(lines);
    expect([report.findings.length, report.findingsTotal, report.unlistedFindings]).toStrictEqual([1000, 1500, 500]);
    expect(Object.keys(report.messages).length).toBe(101);
  });
});

it('counts the same however the bytes are cut', () => {
  const lines = [schema(integerId), record({ id: 1 }), record({ id: 'é'.repeat(50) }), state(1), 'x'];
  for (const pieces of [2, 3, 7, 50, 1000]) expect(inspect(lines, undefined, pieces)).toStrictEqual(inspect(lines));
});

it('sorts messages by type and measures records', () => {
  expect(inspect([schema({}), record({ id: 1 }), record({ id: 10 }), state(1)])).toMatchObject({
    messages: { RECORD: 2, SCHEMA: 1, STATE: 1 },
    streams: [{ stream: 's', records: 2, bytes: 17, minBytes: 8, meanBytes: 9, maxBytes: 9 }],
  });
});

it('finds the length of a member in any line', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue(), fc.jsonValue(), (before, value, after) => {
      const { record: _, ...rest } = before;
      const text = JSON.stringify({ ...rest, record: value, after }, null, 1);
      const alone = JSON.stringify({ record: value }, null, 1);
      expect(memberBytes(Buffer.from(text), 'record')).toBe(memberBytes(Buffer.from(alone), 'record'));
      expect(memberBytes(Buffer.from(JSON.stringify({ ...rest, record: value })), 'record')).toBe(
        Buffer.byteLength(JSON.stringify(value)),
      );
    }),
  );
});

it.each([
  ['2024-01-01', '2024-01-02', -1],
  ['2024-01-01T00:00:00Z', '2024-01-01T00:00:00.000001Z', -1],
  ['2024-01-01T00:00:00Z', '2024-01-01T00:00:00+00:00', 0],
  ['2024-01-01T01:00:00+01:00', '2024-01-01T00:30:00Z', -1],
  ['9', '10', -1],
  [2, 10n, -1],
  ['a', 1, undefined],
])('orders %s and %s', (a, b, order) => {
  const found = compareBookmarks(a, b);
  expect(found === undefined ? undefined : Math.sign(found)).toBe(order);
});
