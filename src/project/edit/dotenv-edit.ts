/**
 * Edits of a `.env` text that leave every other line as it is. Bindings are found as python-dotenv finds them, so a
 * value in quotes may run over several lines.
 */

/** One binding with all that belongs to it: space before it, `export`, a comment behind it, the line end. */
const binding =
  /\s*(?:export[^\S\r\n]+)?(?:'(?<quoted>[^']+)'|(?<key>[^=#\s]+))[^\S\r\n]*(?:=[^\S\r\n]*(?:'(?:\\'|[^'])*'|"(?:\\"|[^"])*"|[^\r\n]*))?[^\r\n]*(?:\r\n|\n|\r|$)/y;
const otherLine = /[^\r\n]*(?:\r\n|\n|\r|$)/y;

interface Part {
  text: string;
  key: string | undefined;
}

/** One binding as the original writes and prints it: in single quotes, in which only backslash and quote are escaped. */
export function dotenvLine(key: string, value: string): string {
  return `${key}='${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

/** Sets `key` where it stands (the last one counts, so each is set), else at the end. */
export function setInDotenv(text: string, key: string, value: string): string {
  const line = dotenvLine(key, value);
  const newline = text.includes('\r\n') ? '\r\n' : '\n';
  const parts = split(text);
  if (!parts.some((part) => part.key === key)) {
    const gap = text === '' || text.endsWith('\n') ? '' : newline;
    return `${text}${gap}${line}${newline}`;
  }
  return parts.map((part) => (part.key === key ? leading(part.text) + line + newline : part.text)).join('');
}

/** Removes every binding of `key`; the text itself where there is none. */
export function unsetInDotenv(text: string, key: string): string {
  return split(text)
    .map((part) => (part.key === key ? leading(part.text) : part.text))
    .join('');
}

function leading(text: string): string {
  return text.slice(0, text.search(/[^\r\n]*\S/)).replace(/[^\S\r\n]+$/, '');
}

function split(text: string): Part[] {
  const parts: Part[] = [];
  for (let at = 0; at < text.length; ) {
    const found = matchAt(binding, text, at) ?? matchAt(otherLine, text, at);
    const part = found?.[0] || text.slice(at);
    parts.push({ text: part, key: found?.groups?.quoted ?? found?.groups?.key });
    at += part.length;
  }
  return parts;
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}
