import { describe, expect, it } from 'vitest';
import { FailureCause, reasonText } from '../../../src/run/process/failure-cause.js';

function causeOf(text: string): string[] {
  const found = new FailureCause();
  for (const line of text.split('\n')) found.push(line);
  return found.cause;
}

describe('why a process failed', () => {
  it.each([
    [
      'a traceback',
      'Traceback (most recent call last):\n  File "x.py", line 1, in <module>\n    main()\nKeyError: \'id\'',
      "KeyError: 'id'",
    ],
    [
      'a traceback with noise after it',
      'Traceback (most recent call last):\n  File "x.py", line 1\nValueError: bad date\nsys:1: ResourceWarning: unclosed socket\n  tracemalloc to get the object allocation traceback',
      'ValueError: bad date',
    ],
    [
      'chained exceptions: the last one',
      'Traceback (most recent call last):\n  File "a.py"\npsycopg2.OperationalError: no\n\nThe above exception was the direct cause of the following exception:\n\nTraceback (most recent call last):\n  File "b.py"\nsqlalchemy.exc.OperationalError: password authentication failed for user "me"\n(Background on this error at: https://sqlalche.me/e/20/e3q8)',
      'sqlalchemy.exc.OperationalError: password authentication failed for user "me"',
    ],
    [
      'a broken pipe as a consequence',
      'CRITICAL no such table: orders\nTraceback (most recent call last):\n  File "x.py"\nBrokenPipeError: [Errno 32] Broken pipe',
      'CRITICAL no such table: orders',
    ],
    [
      'an error before a notice',
      'starting\nError: relation "x" does not exist\nA new version is available',
      'Error: relation "x" does not exist',
    ],
    [
      'a structured log line',
      '{"level": "info", "message": "start"}\n{"level": "error", "message": "Sync failed", "exception": "Traceback (most recent call last):\\n  File \\"x\\"\\nValueError: bad"}',
      'Sync failed: ValueError: bad',
    ],
    [
      'argparse',
      'usage: tap-x [-h]\ntap-x: error: unrecognized arguments: --catalog c.json',
      'tap-x: error: unrecognized arguments: --catalog c.json',
    ],
    [
      'click',
      "Usage: tap-x [OPTIONS]\nTry 'tap-x --help' for help.\n\nError: No such option: --discover",
      'Error: No such option: --discover',
    ],
    [
      'Node',
      "/x.js:1\nthrow new Error('boom')\n^\n\nError: boom\n    at Object.<anonymous> (/x.js:1:7)\n    at node:internal\n\nNode.js v20.1.0",
      'Error: boom',
    ],
    ['colors', '\u001b[31mERROR\u001b[0m bad key', 'ERROR bad key'],
    ['only plain words: the last', 'starting\ndisk is full now\n', 'disk is full now'],
  ])('%s', (_what, text, reason) => {
    expect(causeOf(text)[0]).toBe(reason);
  });

  it('keeps the details that follow the reason', () => {
    const dbt = `12:00:00  Encountered an error:
Compilation Error
  Model 'model.p.a' (models/a.sql) depends on a node named 'b' which was not found
12:00:01  Done. PASS=0 WARN=0 ERROR=1 SKIP=0 TOTAL=1
parsing.`;
    expect(causeOf(dbt)).toEqual([
      'Compilation Error',
      "  Model 'model.p.a' (models/a.sql) depends on a node named 'b' which was not found",
    ]);
  });

  it('keeps few of many details', () => {
    expect(causeOf(`Error: x\n${'  detail\n'.repeat(100)}`)).toHaveLength(6);
  });

  it('is nothing for a process that wrote nothing', () => {
    expect(causeOf('\n  \n')).toEqual([]);
    expect(reasonText([])).toBe('');
  });
});
