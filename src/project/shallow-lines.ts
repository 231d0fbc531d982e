/**
 * Lines inside brackets or quotes that stand left of their key. YAML 1.2 forbids them and the parser refuses them; the
 * parser of the original takes them, and so do real projects.
 */
import type { Document, LineCounter } from 'yaml';

/** More such lines than this are left to the parser's error. */
const maxLines = 500;

export type ParseYaml = (text: string) => { document: Document; lines: Pick<LineCounter, 'linePos'> };

export interface Deepened extends ReturnType<ParseYaml> {
  /** The first line that had to be indented, from 1. */
  firstLine: number;
}

/**
 * Indents these lines, which does not change what brackets and quotes hold, and parses again. `lines` of the result
 * counts as the original text does. Undefined if the text is not valid even so.
 */
export function parseDeepened(text: string, parse: ParseYaml): Deepened | undefined {
  const rows = text.split('\n');
  const added = new Map<number, number>();
  const depth = 1 + Math.max(...rows.map(indentOf));
  for (let round = 0; round <= maxLines; round += 1) {
    const { document, lines } = parse(rows.join('\n'));
    const [fault] = document.errors;
    if (fault === undefined && added.size > 0) {
      return { document, lines: shifted(lines, added), firstLine: Math.min(...added.keys()) };
    }
    const line = fault === undefined || !isShallow(fault) ? 0 : shallowLine(rows, lines.linePos(fault.pos[0]));
    const row = rows[line - 1];
    if (row === undefined || added.has(line)) return undefined;
    added.set(line, depth - indentOf(row));
    rows[line - 1] = ' '.repeat(depth - indentOf(row)) + row;
  }
  return undefined;
}

export function isShallow({ code, message }: Document['errors'][number]): boolean {
  return (
    (code === 'BAD_INDENT' && message.startsWith('Flow ')) ||
    (code === 'MISSING_CHAR' && /closing .quote/.test(message))
  );
}

/** An unclosed bracket is reported where the line begins, an unclosed quote at the end of the line before. */
function shallowLine(rows: readonly string[], { line, col }: { line: number; col: number }): number {
  const rest = rows[line - 1]?.slice(col - 1) ?? '';
  if (rest.trim() !== '') return line;
  const next = rows.findIndex((row, index) => index >= line && row.trim() !== '');
  return next + 1;
}

function indentOf(row: string): number {
  return row.length - row.trimStart().length;
}

function shifted(lines: Pick<LineCounter, 'linePos'>, added: ReadonlyMap<number, number>): Deepened['lines'] {
  return {
    linePos(offset) {
      const { line, col } = lines.linePos(offset);
      return { line, col: Math.max(1, col - (added.get(line) ?? 0)) };
    },
  };
}
