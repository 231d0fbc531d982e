const quote = 0x22;
const backslash = 0x5c;

/**
 * The length in bytes of a top-level member of one JSON object, as it stands in the line; 0 if there is none.
 * For lines that are known to be JSON.
 */
export function memberBytes(line: Buffer, name: string): number {
  const key = Buffer.from(`"${name}"`);
  let depth = 0;
  for (let at = 0; at < line.length; at += 1) {
    const byte = line[at];
    if (byte === quote) {
      const end = stringEnd(line, at);
      if (depth === 1 && end - at === key.length && line.compare(key, 0, key.length, at, end) === 0) {
        const colon = skipSpace(line, end);
        if (line[colon] === 0x3a) return valueBytes(line, skipSpace(line, colon + 1));
      }
      at = end - 1;
    } else if (byte === 0x7b || byte === 0x5b) depth += 1;
    else if (byte === 0x7d || byte === 0x5d) depth -= 1;
  }
  return 0;
}

/** After the closing quote. */
function stringEnd(line: Buffer, from: number): number {
  let at = from + 1;
  while (at < line.length && line[at] !== quote) at += line[at] === backslash ? 2 : 1;
  return at + 1;
}

function skipSpace(line: Buffer, from: number): number {
  let at = from;
  while ((line[at] ?? 0x21) <= 0x20) at += 1;
  return at;
}

function valueBytes(line: Buffer, from: number): number {
  let end = valueEnd(line, from);
  while ((line[end - 1] ?? 0x21) <= 0x20) end -= 1;
  return end - from;
}

function valueEnd(line: Buffer, from: number): number {
  let depth = 0;
  for (let at = from; at < line.length; at += 1) {
    const byte = line[at];
    if (byte === quote) {
      at = stringEnd(line, at) - 1;
    } else if (byte === 0x7b || byte === 0x5b) depth += 1;
    else if (byte === 0x7d || byte === 0x5d) {
      if (depth === 0) return at;
      depth -= 1;
    } else if (byte === 0x2c && depth === 0) return at;
  }
  return line.length;
}
