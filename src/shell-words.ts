/** A text that no shell would take either: a quote or a backslash at its end that nothing closes. */
export class UnclosedQuote extends Error {
  override readonly name = 'UnclosedQuote';
}

const space = /[ \t\r\n]+/y;
/** A bare stretch, an escaped character, a single-quoted and a double-quoted text. */
const part = /([^ \t\r\n'"\\]+)|\\([\s\S])|'([^']*)'|"((?:[^"\\]|\\[\s\S])*)"/y;

/**
 * Splits a text into words as Python's `shlex.split` does (so as the original does): quotes, backslashes, any white space,
 * no comments, no globbing, nothing expanded. Throws UnclosedQuote.
 */
export function splitShellWords(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let at = 0;
  while (at < text.length) {
    const blank = matchAt(space, text, at);
    if (blank !== null) {
      if (word !== undefined) words.push(word);
      word = undefined;
      at += blank[0].length;
      continue;
    }
    const found = matchAt(part, text, at);
    if (found === null) throw new UnclosedQuote(unclosed(text.charAt(at)));
    word = (word ?? '') + plain(found);
    at += found[0].length;
  }
  if (word !== undefined) words.push(word);
  return words;
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

/** In double quotes a backslash is itself, save before a double quote or another backslash. */
function plain([, bare, escaped, single, double]: RegExpExecArray): string {
  return bare ?? escaped ?? single ?? double?.replace(/\\(["\\])/g, '$1') ?? '';
}

function unclosed(char: string): string {
  return char === '\\' ? 'a backslash at the end' : `a ${char} that is never closed`;
}

/** A word as a shell reads it back: in single quotes, unless it has nothing that a shell would interpret. */
export function quoteShellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
