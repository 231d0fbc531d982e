/** Writes a JSON value as Python's `repr` does: the original's key-value logs and `config list` show values so. */
export function pythonRepr(value: unknown): string {
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'string') return quoted(value);
  if (Array.isArray(value)) return `[${value.map(pythonRepr).join(', ')}]`;
  if (value instanceof Date) return quoted(value.toISOString());
  if (typeof value === 'object') {
    const pairs = Object.entries(value).map(([key, item]) => `${quoted(key)}: ${pythonRepr(item)}`);
    return `{${pairs.join(', ')}}`;
  }
  return String(value);
}

/** Single quotes, or double ones where that saves escaping. */
function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text.replace(/[\\'\n\r\t]|[\p{Cc}\p{Cf}]/gu, (character) => {
    if (character === "'") return quote === "'" ? "\\'" : character;
    return named.get(character) ?? `\\x${(character.codePointAt(0) ?? 0).toString(16).padStart(2, '0')}`;
  });
  return quote + escaped + quote;
}

const named = new Map([
  ['\\', '\\\\'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
]);
