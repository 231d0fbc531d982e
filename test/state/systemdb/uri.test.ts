import { describe, expect, test } from 'vitest';
import { TaplineError } from '../../../src/errors.js';
import { databaseKind, parseSqliteUri } from '../../../src/state/systemdb/uri.js';

describe('a URI of SQLite', () => {
  test.each([
    ['sqlite:///relative.db', { file: '/project/relative.db', readOnly: false }],
    ['sqlite:///./a/../b.db', { file: '/project/b.db', readOnly: false }],
    ['sqlite:////abs/path.db', { file: '/abs/path.db', readOnly: false }],
    ['sqlite+pysqlite:////abs/path.db', { file: '/abs/path.db', readOnly: false }],
    ['sqlite:////abs/path.db?timeout=30&check_same_thread=false', { file: '/abs/path.db', readOnly: false }],
    ['sqlite:////abs/a%20b.db', { file: '/abs/a%20b.db', readOnly: false }],
    ['sqlite:////abs/a b ü.db', { file: '/abs/a b ü.db', readOnly: false }],
    ['sqlite:///file:/abs/path.db?mode=ro&uri=true', { file: '/abs/path.db', readOnly: true }],
    ['sqlite://', { file: undefined, readOnly: false }],
    ['sqlite:///:memory:', { file: undefined, readOnly: false }],
  ])('%s', (uri, expected) => {
    expect(databaseKind(uri)).toBe('sqlite');
    expect(parseSqliteUri(uri, '/project')).toEqual(expected);
  });

  test.each([
    ['mysql+pymysql://user:hunter2@host/db', 'mysql'],
    ['mssql://x', 'mssql'],
    ['sqlite://two/slashes.db', 'three'],
    ['/just/a/path.db?hunter2', 'not a URI'],
    ['', 'empty'],
    ['sqlite:///a\0b', 'NUL'],
  ])('%j is refused, and no password is repeated', (uri, part) => {
    let error: unknown;
    try {
      databaseKind(uri);
      parseSqliteUri(uri, '/project');
    } catch (thrown) {
      error = thrown;
    }
    if (!(error instanceof TaplineError)) expect.fail('it was accepted');
    expect(error.code).toBe('DATABASE_URI');
    expect(error.message).toContain(part);
    expect(`${error.message} ${error.hint}`).not.toContain('hunter2');
  });
});
