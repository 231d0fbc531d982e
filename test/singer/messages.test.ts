import { describe, expect, it } from 'vitest';
import { parseControlMessage, parseTargetState } from '../../src/singer/messages.js';

describe('control messages', () => {
  it('reads each type', () => {
    const read = (value: unknown) => parseControlMessage(Buffer.from(JSON.stringify(value)));
    expect(read({ type: 'SCHEMA', stream: 's', schema: { a: 1 }, key_properties: ['id'] })).toEqual({
      ok: true,
      message: { type: 'SCHEMA', stream: 's', schema: { a: 1 }, keyProperties: ['id'], bookmarkProperties: [] },
    });
    expect(
      read({ type: 'SCHEMA', stream: 's', schema: {}, key_properties: 'id', bookmark_properties: null }),
    ).toMatchObject({
      message: { keyProperties: ['id'], bookmarkProperties: [] },
    });
    expect(read({ type: 'STATE', value: null })).toEqual({ ok: true, message: { type: 'STATE', value: null } });
    expect(read({ type: 'ACTIVATE_VERSION', stream: 's', version: 3 })).toMatchObject({ message: { version: 3 } });
    expect(read({ type: 'BATCH', stream: 's' })).toMatchObject({ ok: true });
  });

  it.each([
    ['{"type":"STATE"', 'not JSON'],
    ['[]', 'not a JSON object'],
    ['{"type":"STATE"}', 'a STATE without a "value"'],
    ['{"type":"SCHEMA","schema":{}}', 'a SCHEMA without a "stream"'],
    ['{"type":"SCHEMA","stream":"s","schema":[]}', 'a SCHEMA of "s" without a "schema" map'],
    ['{"type":"ACTIVATE_VERSION","stream":"s"}', 'an ACTIVATE_VERSION without a "version"'],
    ['{"type":"NOPE"}', 'a message of an unknown type'],
  ])('says why %s is none', (line, reason) => {
    expect(parseControlMessage(line)).toEqual({ ok: false, reason });
  });
});

describe('what a target prints', () => {
  it.each([
    ['{"bookmarks":{}}', { kind: 'state', state: { bookmarks: {} } }],
    ['{"lsn":12345678901234567890}\r', { kind: 'state', state: { lsn: 12345678901234567890n } }],
    ['{}', { kind: 'empty' }],
    [' \t', { kind: 'blank' }],
    ['done', { kind: 'invalid', reason: 'it is no JSON' }],
    ['[1]', { kind: 'invalid', reason: 'it is an array, no JSON object' }],
    ['null', { kind: 'invalid', reason: 'it is null, no JSON object' }],
    ['5', { kind: 'invalid', reason: 'it is a number, no JSON object' }],
  ])('%j', (line, state) => {
    expect(parseTargetState(line)).toEqual(state);
  });
});
