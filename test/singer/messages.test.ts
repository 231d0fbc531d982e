import { describe, expect, it } from 'vitest';
import { readPluginLog } from '../../src/run/process/plugin-log.js';
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

describe('what is nested too deep to be walked through', () => {
  const deep = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;
  const reason = 'nested deeper than 500 levels';

  it.each(['STATE', 'SCHEMA'])('is no %s', (type) => {
    const line = (levels: number) =>
      `{"type":"${type}","stream":"s","${type === 'STATE' ? 'value' : 'schema'}":${deep(levels)}}`;
    expect(parseControlMessage(line(20_000))).toEqual({ ok: false, reason });
    expect(parseControlMessage(line(400)).ok).toBe(true);
  });

  it('is not a state of a target, and no structured log line', () => {
    expect(parseTargetState(deep(20_000))).toEqual({ kind: 'invalid', reason: `it is ${reason}` });
    const head = '{"level":"info","pid":1,"logger_name":"x","ts":1,"thread_name":"x","app_name":"x","message":"hi"';
    const line = `${head},"extra":${deep(20_000)}}`;
    expect(readPluginLog(line, true)).toEqual({ level: 'info', message: line });
  });
});

describe('what a target prints', () => {
  it.each([
    ['{"bookmarks":{}}', { kind: 'state', state: { bookmarks: {} } }],
    ['{"lsn":12345678901234567890}\r', { kind: 'state', state: { lsn: 12345678901234567890n } }],
    ['{}', { kind: 'empty' }],
    [' \t', { kind: 'blank' }],
    ['done', { kind: 'invalid', reason: 'it is not JSON' }],
    ['[1]', { kind: 'invalid', reason: 'it is an array, not a JSON object' }],
    ['null', { kind: 'invalid', reason: 'it is null, not a JSON object' }],
    ['5', { kind: 'invalid', reason: 'it is a number, not a JSON object' }],
  ])('%j', (line, state) => {
    expect(parseTargetState(line)).toEqual(state);
  });
});
