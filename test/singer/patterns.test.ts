import { describe, expect, it } from 'vitest';
import { compilePattern, isGlob } from '../../src/singer/patterns.js';

describe('patterns match as Python 3.11 fnmatch.fnmatchcase does', () => {
  it.each<[pattern: string, text: string, matches: boolean]>([
    ['users', 'users', true],
    ['users', 'Users', false],
    ['*', '', true],
    ['*', 'a.b\n/c', true],
    ['**', 'x', true],
    ['prop*', 'properties.a.properties.b', true],
    ['a*c', 'a.b.c', true],
    ['a*c', 'a.b.c.d', false],
    ['*a*b*', 'xxaxxbxx', true],
    ['*a*b', 'xxbxxa', false],
    ['?', 'ü', true],
    ['?', '😀', true],
    ['?', '', false],
    ['??', 'a', false],
    ['[abc]x', 'bx', true],
    ['[!a]', 'b', true],
    ['[!a]', 'a', false],
    ['[^a]', '^', true],
    ['[^a]', 'b', false],
    ['[a-c]', 'b', true],
    ['[c-a]', 'b', false],
    ['[!c-a]', 'b', true],
    ['[]]', ']', true],
    ['[!]]', 'a', true],
    ['[!]]', ']', false],
    ['[a-]', '-', true],
    ['[-a]', '-', true],
    ['[a-c-e]', '-', true],
    ['[a-c-e]', 'd', false],
    ['[abc', '[abc', true],
    ['[', '[', true],
    ['[!', '[!', true],
    ['a.b', 'axb', false],
    ['a+(b)|c$', 'a+(b)|c$', true],
    ['[\\d]', 'd', true],
    ['[\\d]', '5', false],
    ['[&&~~||]', '|', true],
    ['a\\*', 'a\\bc', true],
    ['users', 'users\n', false],
  ])('%j on %j: %s', (pattern, text, matches) => {
    expect(compilePattern(pattern)(text)).toBe(matches);
  });

  it('answers a hostile pattern on a long text at all', () => {
    expect(compilePattern(`${'*a'.repeat(30)}*b`)('a'.repeat(50_000))).toBe(false);
  });

  it('knows what is a glob', () => {
    expect(['a', 'a*', 'a?', '[a]', 'a]', '!a'].map(isGlob)).toEqual([false, true, true, true, false, false]);
  });
});
