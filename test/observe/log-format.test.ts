import { describe, expect, it } from 'vitest';
import { createFormatter, printable } from '../../src/observe/log-format.js';
import type { LogRecord } from '../../src/observe/log-record.js';

const record: LogRecord = {
  time: new Date('2026-01-02T03:04:05.678Z'),
  level: 'info',
  event: "it's here",
  name: 'tap-x',
  fields: { stdio: 'stderr', count: 2, ok: true, none: null, missing: undefined, list: ['a'] },
};

describe('a log line', () => {
  it('on the console has time, level, name and event', () => {
    const line = createFormatter({ format: 'uncolored' })(record);
    expect(line).toBe("2026-01-02T03:04:05.678000Z [info     ] tap-x        it's here");
  });

  it('is of Tapline where no plugin said it', () => {
    const { name: _, ...ours } = record;
    expect(createFormatter({ format: 'colored' })(ours)).toContain('] tapline      it');
  });

  it('shows the fields that a logging file asks for', () => {
    const line = createFormatter({ format: 'uncolored', includeKeys: ['count', 'list'] })(record);
    expect(line).toBe(
      `2026-01-02T03:04:05.678000Z [info     ] tap-x        ${"it's here".padEnd(30)} count=2 list=['a']`,
    );
  });

  it('shows name and value of a metric, and what a plugin raised', () => {
    const fields = {
      metric_info: { type: 'counter', metric: 'record_count', value: 3, tags: {} },
      plugin_exception: {
        type: 'ValueError',
        message: 'no',
        traceback: [{ filename: 'a.py', lineno: 3, function: 'f', line: 'x' }],
      },
    };
    const line = createFormatter({ format: 'uncolored' })({ ...record, event: 'METRIC', fields });
    expect(line).toContain('metric_name=record_count metric_value=3\n    ValueError: no (a.py:3 in f)');
  });

  it('in JSON is one object with event, level and timestamp', () => {
    expect(JSON.parse(createFormatter({ format: 'json' })(record))).toEqual({
      name: 'tap-x',
      stdio: 'stderr',
      count: 2,
      ok: true,
      none: null,
      list: ['a'],
      event: "it's here",
      level: 'info',
      timestamp: '2026-01-02T03:04:05.678000Z',
    });
  });

  it('in JSON can have the names of Google Cloud Logging', () => {
    const line = JSON.parse(createFormatter({ format: 'json', preset: 'google-cloud-logging' })(record));
    expect(line).toMatchObject({ severity: 'INFO', message: "it's here" });
    expect(line).not.toHaveProperty('level');
  });

  it('as key and value writes values as Python does', () => {
    expect(createFormatter({ format: 'key-value' })(record)).toBe(
      "timestamp='2026-01-02T03:04:05.678000Z' level='info' event=\"it's here\" logger=None name='tap-x' stdio='stderr' count=2 ok=True none=None list=['a']",
    );
  });

  it('plain is the message alone', () => {
    expect(createFormatter({ format: 'plain' })(record)).toBe("it's here");
  });
});

describe('text of others', () => {
  it("can't move the cursor, clear the screen or turn the direction of writing", () => {
    expect(printable('a\u001b[2Jb\u001b[31mc \u0007\u202ed\re\u0000', false)).toBe('abc d e');
  });

  it('keeps its colours where ours are on, and nothing else', () => {
    expect(printable('\u001b[2J\u001b[31mred\u001b[0m', true)).toBe('\u001b[31mred\u001b[0m');
  });
});
