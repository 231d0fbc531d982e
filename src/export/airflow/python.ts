/** Values as Python source. */

/** A text of JSON is one of Python too; half a surrogate pair, which no process can be given, is replaced. */
export function pythonText(text: string): string {
  return JSON.stringify(text.replace(/\p{Surrogate}/gu, '\ufffd')).replaceAll('\u007f', '\\u007f');
}

export function pythonList(texts: readonly string[]): string {
  return `[${texts.map(pythonText).join(', ')}]`;
}

/** One entry a line, as formatters of Python leave it. */
export function pythonDict(entries: Readonly<Record<string, string>>): string {
  const lines = Object.entries(entries).map(([key, value]) => `    ${pythonText(key)}: ${pythonText(value)},\n`);
  return lines.length === 0 ? '{}' : `{\n${lines.join('')}}`;
}
