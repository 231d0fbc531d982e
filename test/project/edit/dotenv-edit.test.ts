import { expect, it } from 'vitest';
import { setInDotenv, unsetInDotenv } from '../../../src/project/edit/dotenv-edit.js';

const text = `# secrets
export A=1 # one
B='two
lines'

C="x \\" y"
 A = 3
#A=4
not a binding?
D`;

it('sets a key where it stands and leaves the rest', () => {
  expect(setInDotenv(text, 'B', "it's")).toBe(text.replace("B='two\nlines'", "B='it\\'s'"));
  expect(setInDotenv(text, 'C', 'z')).toBe(text.replace('C="x \\" y"', "C='z'"));
});

it('sets each of several bindings of one key, never the comment', () => {
  expect(setInDotenv(text, 'A', '5').match(/^A='5'$/gm)).toHaveLength(2);
  expect(setInDotenv(text, 'A', '5')).toContain('#A=4');
});

it('adds a new key at the end, on a line of its own', () => {
  expect(setInDotenv(text, 'E', '')).toBe(`${text}\nE=''\n`);
  expect(setInDotenv('', 'E', 'x')).toBe("E='x'\n");
  expect(setInDotenv('A=1\r\n', 'E', 'x')).toBe("A=1\r\nE='x'\r\n");
});

it('removes a key with all its lines', () => {
  expect(unsetInDotenv(text, 'B')).toBe(text.replace("B='two\nlines'\n", ''));
  expect(unsetInDotenv(unsetInDotenv(text, 'D'), 'nope')).toBe(text.slice(0, -1));
});
