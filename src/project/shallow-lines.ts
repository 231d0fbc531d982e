/**
 * Lines inside brackets or quotes that stand left of their key. YAML 1.2 forbids them and the parser refuses them; the
 * parser of the original takes them, and so do real projects.
 */
import type { Document, LineCounter } from 'yaml';

/** A file is parsed at most this often; each time, all such lines up to the next closing bracket or quote are indented. */
const maxRounds = 50;

export interface ParsedYaml {
  document: Document;
  lines: Pick<LineCounter, 'linePos'>;
}

export interface Deepened extends ParsedYaml {
  /** The first line that had to be indented, from 1. */
  firstLine: number;
}

type Fault = Document['errors'][number];

/**
 * Indents these lines, which does not change what brackets and quotes hold, and parses again. `lines` of the result
 * counts as the original text does. Undefined if the text, whose first parse is `strict`, is not valid even so.
 */
export function parseDeepened(
  text: string,
  strict: ParsedYaml,
  parse: (text: string) => ParsedYaml,
): Deepened | undefined {
  const rows = text.split('\n');
  const added = new Map<number, number>();
  const depth = 1 + rows.reduce((deepest, row) => Math.max(deepest, indentOf(row)), 0);
  let parsed = strict;
  for (let round = 0; round < maxRounds; round += 1) {
    const [fault] = parsed.document.errors;
    if (fault === undefined) return { ...parsed, lines: shifted(parsed.lines, added), firstLine: firstOf(added) };
    const closer = closerOf(fault);
    const first = shallowLine(rows, parsed.lines.linePos(fault.pos[0]));
    const last = closer === undefined ? -1 : rows.findIndex((row, at) => at >= first && closer.test(row));
    if (first < 0 || last < 0 || added.has(first)) return undefined;
    for (let at = first; at <= last; at += 1) {
      const missing = Math.max(0, depth - indentOf(rows[at] ?? ''));
      added.set(at, missing);
      rows[at] = ' '.repeat(missing) + rows[at];
    }
    parsed = parse(rows.join('\n'));
  }
  return undefined;
}

/** What ends the brackets or quotes that a fault is about; undefined for all other faults. */
function closerOf({ code, message }: Fault): RegExp | undefined {
  if (code === 'BAD_INDENT' && message.startsWith('Flow ')) return /[\]}]/;
  if (code !== 'MISSING_CHAR') return undefined;
  return message.includes('closing "quote') ? /"/ : message.includes("closing 'quote") ? /'/ : undefined;
}

/** From 0. An unclosed bracket is reported where the line begins, an unclosed quote at the end of the line before. */
function shallowLine(rows: readonly string[], { line, col }: { line: number; col: number }): number {
  const rest = rows[line - 1]?.slice(col - 1) ?? '';
  return rest.trim() === '' ? rows.findIndex((row, at) => at >= line && row.trim() !== '') : line - 1;
}

function indentOf(row: string): number {
  return row.length - row.trimStart().length;
}

function firstOf(added: ReadonlyMap<number, number>): number {
  return 1 + Math.min(...added.keys());
}

function shifted(lines: ParsedYaml['lines'], added: ReadonlyMap<number, number>): ParsedYaml['lines'] {
  return {
    linePos(offset) {
      const { line, col } = lines.linePos(offset);
      return { line, col: Math.max(1, col - (added.get(line - 1) ?? 0)) };
    },
  };
}
