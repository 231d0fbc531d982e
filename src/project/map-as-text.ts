/**
 * When meltano.yml has no project_id, the original writes one and, on the way, turns a map in the top-level `env:` into
 * the text of a Python dictionary: `dev: "{'PG_HOST': 'db', 'PG_PORT': 5432}"`. This reads such a text back: a flat map
 * with at least one name fit for a variable, its values as text. Undefined for any other text, JSON of a variable in
 * capitals included.
 */
export function readMapText(name: string, text: string): Record<string, string> | undefined {
  const trimmed = text.trim();
  if (!trimmed.startsWith('{') || !trimmed.endsWith('}')) return undefined;
  const isPython = trimmed.startsWith("{'");
  // A variable that holds JSON is common, an environment named in capitals is not.
  if (!isPython && /^[A-Z0-9_]+$/.test(name)) return undefined;
  return readPairs(trimmed.slice(1, -1));
}

const pair =
  /\s*('(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")\s*:\s*('(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|[^\s,'"{}[\]][^,'"{}[\]]*)\s*(,|$)/y;

function readPairs(body: string): Record<string, string> | undefined {
  const values: Record<string, string> = {};
  let position = 0;
  while (position < body.length) {
    pair.lastIndex = position;
    const match = pair.exec(body);
    const key = match ? unquote(match[1] ?? '') : '';
    if (!match || !/^[A-Za-z_][A-Za-z0-9_]*$/.test(key) || key === '__proto__') return undefined;
    const value = (match[2] ?? '').trim();
    if (value !== 'None' && value !== 'null') values[key] = unquote(value);
    position = pair.lastIndex;
  }
  return Object.keys(values).length > 0 ? values : undefined;
}

const escapes: Record<string, string> = { n: '\n', r: '\r', t: '\t' };

function unquote(text: string): string {
  if (!/^['"]/.test(text)) return text;
  return text
    .slice(1, -1)
    .replace(/\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|(.))/gs, (_, byte?: string, unit?: string, char?: string) => {
      const code = byte ?? unit;
      return code === undefined ? (escapes[char ?? ''] ?? char ?? '') : String.fromCharCode(Number.parseInt(code, 16));
    });
}
