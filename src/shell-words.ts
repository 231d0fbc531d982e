/** A text that no shell would take either: a quote or a backslash at its end that nothing closes. */
export class UnclosedQuote extends Error {
  override readonly name = 'UnclosedQuote';
}

/**
 * Splits a text into words as Python's `shlex.split` does (so as the original does): quotes, backslashes, any white space,
 * no comments, no globbing, nothing expanded. Throws UnclosedQuote.
 */
export function splitShellWords(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let index = 0; index < text.length; index += 1) {
    const char = text.charAt(index);
    if (quote !== '') {
      const next = text.charAt(index + 1);
      if (char === quote) quote = '';
      else if (quote === '"' && char === '\\' && (next === '"' || next === '\\')) {
        word += next;
        index += 1;
      } else word += char;
    } else if (char === ' ' || char === '\t' || char === '\r' || char === '\n') {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (char === '"' || char === "'") {
      quote = char;
      word ??= '';
    } else if (char === '\\') {
      index += 1;
      if (index >= text.length) throw new UnclosedQuote('a backslash at the end');
      word = (word ?? '') + text.charAt(index);
    } else word = (word ?? '') + char;
  }
  if (quote !== '') throw new UnclosedQuote(`a ${quote} that is never closed`);
  if (word !== undefined) words.push(word);
  return words;
}
