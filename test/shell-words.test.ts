import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { splitShellWords, UnclosedQuote } from '../src/shell-words.js';

const texts = [
  'a b  c',
  ' leading and trailing\t\n',
  `a==1 git+https://x@v "b>2"`,
  `'single \\ quoted' "double \\" \\\\ \\n quoted"`,
  `joined" parts"'here'`,
  `"" ''`,
  'back\\ slash \\"x\\"',
  'a # no comment',
  'multi\nline\r\nwords',
  '',
];

describe('splitShellWords', () => {
  it('splits as Python does', () => {
    const program = 'import sys,json,shlex; print(json.dumps([shlex.split(t) for t in json.load(sys.stdin)]))';
    const python = spawnSync('python3', ['-c', program], { input: JSON.stringify(texts), encoding: 'utf8' });
    expect(texts.map(splitShellWords)).toEqual(JSON.parse(python.stdout));
  });

  it.each([`"open`, `'open`, 'open\\'])('refuses %s', (text) => {
    expect(() => splitShellWords(text)).toThrow(UnclosedQuote);
  });
});
