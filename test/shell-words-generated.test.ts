import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { splitShellWords, UnclosedQuote } from '../src/shell-words.js';

/** Texts of what matters to a shell, the same ones in each run. */
function* generatedTexts(count: number): Generator<string> {
  const parts = [
    'a',
    'é',
    ' ',
    '  ',
    '\t',
    '\n',
    '\r',
    "'",
    '"',
    '\\',
    '\\\\',
    '#',
    '$X',
    '=',
    '>',
    '\v',
    '\f',
    '\u00a0',
    '😀',
  ];
  let seed = 42;
  const random = (limit: number): number => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor((seed / 2 ** 31) * limit);
  };
  for (let made = 0; made < count; made += 1) {
    yield Array.from({ length: random(12) }, () => parts[random(parts.length)]).join('');
  }
}

test('any text is split, or refused, as Python does', () => {
  const texts = [...generatedTexts(3000)];
  const program = `
import json, shlex, sys
def split(text):
    try: return shlex.split(text)
    except ValueError: return None
print(json.dumps([split(text) for text in json.load(sys.stdin)]))`;
  const python = spawnSync('python3', ['-c', program], { input: JSON.stringify(texts), encoding: 'utf8' });
  expect(texts.map(splitOrNull)).toEqual(JSON.parse(python.stdout));
});

function splitOrNull(text: string): string[] | null {
  try {
    return splitShellWords(text);
  } catch (error) {
    if (error instanceof UnclosedQuote) return null;
    throw error;
  }
}
