/**
 * Edits of a YAML text that touch only the lines they must: comments, order, quoting, anchors and line ends stay.
 * Each edit splices the text, then the result is parsed again and compared with what the edit means; where the two
 * differ (a form that we don't handle exactly), nothing is changed and the place is named.
 */
import { isDeepStrictEqual } from 'node:util';
import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  Scalar,
  type ScalarTag,
  stringify,
  type Tags,
  visit,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { type SourceLocation, TaplineError } from '../../errors.js';
import { exactJson } from '../../exact-json.js';
import { copyValue, Decimal, isContainer, plainNumbers } from '../../exact-number.js';

export type EditPath = readonly (string | number)[];

/**
 * set: makes what is missing on the way; delete: removes a key or an item, and with `prune` the collections above
 * it that this leaves empty; append: adds to a sequence, making it where it is missing.
 */
export type YamlEdit =
  | { op: 'set'; path: EditPath; value: unknown }
  | { op: 'delete'; path: EditPath; prune?: boolean | undefined }
  | { op: 'append'; path: EditPath; value: unknown };

interface Splice {
  start: number;
  end: number;
  text: string;
}

interface Source {
  text: string;
  file: string;
  doc: Document.Parsed;
  lines: LineCounter;
  newline: string;
}

/** The whole new text. Throws EDIT_REFUSED with file:line:col where an edit can't be exact; PROJECT_SYNTAX where the text is broken. */
export function editYaml(text: string, edits: readonly YamlEdit[], file: string): string {
  return edits.reduce((current, edit) => applyEdit(current, edit, file), text);
}

function applyEdit(text: string, edit: YamlEdit, file: string): string {
  const source = parse(text, file);
  const expected = meaning(source.doc.toJS({ mapAsMap: false }), edit);
  const { splice, at } = spliceFor(source, edit);
  const result = text.slice(0, splice.start) + splice.text + text.slice(splice.end);
  const reparsed = parseDocument(result, parseOptions);
  if (reparsed.errors.length > 0 || !sameValue(reparsed.toJS({ mapAsMap: false }), plainNumbers(expected))) {
    throw refused(source, at, 'its form would have to be rewritten');
  }
  return result;
}

const parseOptions = { keepSourceTokens: true, version: '1.2' as const, merge: true, uniqueKeys: true };

function parse(text: string, file: string): Source {
  const lines = new LineCounter();
  const doc = parseDocument(text, { ...parseOptions, lineCounter: lines });
  const fault = doc.errors[0];
  if (fault) {
    const { line, col } = lines.linePos(fault.pos[0]);
    throw new TaplineError(
      'PROJECT_SYNTAX',
      `${file} can't be edited, it is not valid YAML: ${fault.message.split('\n')[0]}`,
      {
        at: { file, line, col },
        hint: 'Correct this line first. Lines inside brackets and quotes must be indented deeper than their key.',
      },
    );
  }
  return { text, file, doc, lines, newline: text.includes('\r\n') ? '\r\n' : '\n' };
}

function refused(source: Source, offset: number, why: string): TaplineError {
  const { line, col } = source.lines.linePos(offset);
  const at: SourceLocation = { file: source.file, line: Math.max(line, 1), col: Math.max(col, 1) };
  return new TaplineError('EDIT_REFUSED', `The file was not changed: ${why}.`, {
    at,
    hint: 'Edit it by hand.',
  });
}

/* ---- what an edit means, on plain values ---- */

function meaning(root: unknown, edit: YamlEdit): unknown {
  const value = toPlain(copyValue(root ?? {}));
  if (edit.op === 'set') return setIn(value, edit.path, toPlain(edit.value));
  if (edit.op === 'append') {
    const existing = getIn(value, edit.path);
    return setIn(value, edit.path, [...(Array.isArray(existing) ? existing : []), toPlain(edit.value)]);
  }
  return deleteIn(value, edit.path, edit.prune ?? false);
}

function toPlain(value: unknown): unknown {
  return value === undefined ? null : value;
}

function getIn(value: unknown, path: EditPath): unknown {
  return path.reduce<unknown>((at, key) => (isContainer(at) ? at[key as never] : undefined), value);
}

function setIn(value: unknown, path: EditPath, leaf: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return leaf;
  const container = isContainer(value) ? value : typeof key === 'number' ? ([] as never) : {};
  container[key] = setIn(container[key], rest, leaf);
  return container;
}

function deleteIn(value: unknown, path: EditPath, prune: boolean): unknown {
  const [key, ...rest] = path;
  if (key === undefined || !isContainer(value) || !(key in value)) return value;
  const inner = rest.length > 0 ? deleteIn(value[key], rest, prune) : undefined;
  if (rest.length > 0 && !(prune && isEmptied(inner))) return value;
  if (Array.isArray(value)) value.splice(Number(key), 1);
  else delete value[key];
  return value;
}

function isEmptied(value: unknown): boolean {
  return isContainer(value) && Object.keys(value).length === 0;
}

/** Key order in maps does not matter; a NaN equals itself. */
function sameValue(left: unknown, right: unknown): boolean {
  return isDeepStrictEqual(normal(left), normal(right));
}

function normal(value: unknown): unknown {
  return value === undefined || value === null ? {} : value;
}

/* ---- where to splice ---- */

interface Spot {
  /** The deepest node that exists on the path, with how much of the path leads to it. */
  node: Node | null;
  depth: number;
  /** The pair (in a map) or the item (in a sequence) that holds the node, and its collection. */
  pair: Pair | undefined;
  parent: YAMLMap | YAMLSeq | undefined;
}

function spliceFor(source: Source, edit: YamlEdit): { splice: Splice; at: number } {
  const spot = findSpot(source, edit.path);
  const at = spot.node?.range?.[0] ?? 0;
  if (edit.op === 'delete') return { splice: deletion(source, edit.path, edit.prune ?? false), at };
  if (edit.op === 'set') return { splice: setting(source, spot, edit.path.slice(spot.depth), edit.value), at };
  const missing = edit.path.slice(spot.depth);
  if (missing.length > 0 || isNull(spot.node)) return { splice: setting(source, spot, missing, [edit.value]), at };
  if (!isSeq(spot.node)) throw refused(source, at, 'a list was expected here');
  return { splice: addItem(source, spot, spot.node, edit.value), at };
}

function findSpot(source: Source, path: EditPath): Spot {
  let spot: Spot = { node: source.doc.contents, depth: 0, pair: undefined, parent: undefined };
  for (const key of path) {
    const { node } = spot;
    if (isAlias(node))
      throw refused(source, node.range?.[0] ?? 0, 'it is an alias; a change here would change other places too');
    if (isMap(node)) {
      const pair = node.items.find((item) => keyText(item) === String(key));
      if (!pair) return spot;
      spot = { node: pair.value as Node | null, depth: spot.depth + 1, pair, parent: node };
    } else if (isSeq(node) && typeof key === 'number') {
      const item = node.items[key];
      if (item === undefined) return spot;
      spot = { node: item as Node, depth: spot.depth + 1, pair: undefined, parent: node };
    } else {
      return spot;
    }
  }
  return spot;
}

function keyText(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.value) : String(pair.key);
}

function isNull(node: Node | null): boolean {
  return node === null || (isScalar(node) && node.value === null);
}

/* ---- set ---- */

function setting(source: Source, spot: Spot, missing: EditPath, value: unknown): Splice {
  const leaf = nest(missing, value);
  if (missing.length === 0) return replace(source, spot, leaf);
  if (isNull(spot.node) && spot.parent) return replace(source, spot, leaf);
  if (spot.node === null) return { start: source.text.length, end: source.text.length, text: topLevel(source, leaf) };
  if (!isMap(spot.node)) throw refused(source, spot.node.range?.[0] ?? 0, 'a map was expected here');
  const [key, ...rest] = missing;
  return addPair(source, spot, spot.node, String(key), nest(rest, value));
}

function nest(path: EditPath, value: unknown): unknown {
  return path.reduceRight<unknown>((inner, key) => (typeof key === 'number' ? [inner] : { [key]: inner }), value);
}

function topLevel(source: Source, value: unknown): string {
  const gap = source.text === '' || source.text.endsWith('\n') ? '' : source.newline;
  return gap + withNewline(source, stringify(value, stringifyOptions)).trimEnd() + source.newline;
}

function replace(source: Source, spot: Spot, value: unknown): Splice {
  const { node } = spot;
  if (node && isAnchored(source, node)) {
    throw refused(source, node.range?.[0] ?? 0, 'it has an anchor; a change here would change other places too');
  }
  if (node && isAlias(node))
    throw refused(source, node.range?.[0] ?? 0, 'it is an alias; a change here would change other places too');
  const inline = !isContainer(value) && (isScalar(node) || node === null);
  if (inline && isScalar(node) && !isEmptyNode(node) && !isBlockScalar(node) && !needsBlock(value)) {
    const [start, end] = range(node);
    return { start, end, text: scalarText(value, node) };
  }
  if (inFlow(source, spot)) {
    const [start, end] = range(node);
    return { start, end, text: flowText(value) };
  }
  return replacePair(source, spot, value);
}

/** Renders `key: value` (or `- value`) again, from the key (or dash) to the end of the old value. */
function replacePair(source: Source, spot: Spot, value: unknown): Splice {
  const { pair, parent } = spot;
  if (!parent) {
    return {
      start: 0,
      end: source.text.length,
      text: `${withNewline(source, stringify(value, stringifyOptions)).trimEnd()}${source.newline}`,
    };
  }
  if (pair) {
    const start = keyStart(pair);
    const end = contentEnd(source, pair);
    return {
      start,
      end,
      text: renderPair(source, keySource(source, pair), value, column(source, start), indentStep(source)),
    };
  }
  const [start, end] = range(spot.node);
  return { start, end: trimmedEnd(source, start, end), text: renderItem(source, value, column(source, start)) };
}

function keySource(source: Source, pair: Pair): string {
  const [start, end] = range(pair.key as Node);
  return source.text.slice(start, end);
}

function addPair(source: Source, spot: Spot, map: YAMLMap, key: string, value: unknown): Splice {
  const keyAsText = stringify(key, stringifyOptions).trimEnd();
  if (map.flow) {
    if (map.items.length === 0 && spot.parent && !inFlow(source, spot))
      return replacePair(source, spot, { [key]: value });
    return addInFlow(source, map, `${keyAsText}: ${flowText(value)}`);
  }
  const last = map.items.at(-1);
  if (!last) throw refused(source, map.range?.[0] ?? 0, 'an empty map without braces');
  const indent = column(source, keyStart(map.items[0] as Pair));
  const end = contentEnd(source, last);
  const text = renderPair(source, keyAsText, value, indent, indentStep(source));
  return insertLine(source, end, indent, text);
}

function addItem(source: Source, spot: Spot, seq: YAMLSeq, value: unknown): Splice {
  if (seq.flow) {
    if (seq.items.length === 0 && spot.pair && !inFlow(source, spot)) return replacePair(source, spot, [value]);
    return addInFlow(source, seq, flowText(value));
  }
  const last = seq.items.at(-1) as Node | undefined;
  if (!last) throw refused(source, seq.range?.[0] ?? 0, 'an empty list without brackets');
  const dash = dashBefore(source, range(seq.items[0])[0]);
  const indent = column(source, dash);
  const end = trimmedEnd(source, range(last)[0], range(last)[1]);
  return insertLine(source, end, indent, `- ${renderItem(source, value, indent + 2)}`);
}

/** A new line after the one on which `end` stands, so that a comment behind the last value stays with it. */
function insertLine(source: Source, end: number, indent: number, text: string): Splice {
  const lineEnd = endOfLine(source, end);
  const before = source.text.slice(0, lineEnd);
  const gap = before.endsWith('\n') ? '' : source.newline;
  return { start: lineEnd, end: lineEnd, text: `${gap}${' '.repeat(indent)}${text}${source.newline}` };
}

function addInFlow(source: Source, collection: YAMLMap | YAMLSeq, text: string): Splice {
  const close = range(collection)[1] - 1;
  const open = range(collection)[0] + 1;
  const inside = source.text.slice(open, close);
  const filled = open + inside.trimEnd().length;
  if (inside.trim() === '') return { start: open, end: close, text: isMap(collection) ? ` ${text} ` : text };
  const comma = inside.trimEnd().endsWith(',') ? ' ' : ', ';
  return { start: filled, end: filled, text: `${comma}${text}` };
}

/* ---- delete ---- */

function deletion(source: Source, path: EditPath, prune: boolean): Splice {
  const spot = findSpot(source, path);
  if (spot.depth < path.length || !spot.parent) return { start: 0, end: 0, text: '' };
  if (isAnchored(source, spot.node))
    throw refused(source, range(spot.node)[0], 'it contains an anchor that is used elsewhere');
  if (spot.parent.items.length === 1 && path.length > 1) {
    if (prune) return deletion(source, path.slice(0, -1), prune);
    const above = findSpot(source, path.slice(0, -1));
    return replace(source, above, isMap(spot.parent) ? {} : []);
  }
  return spot.parent.flow ? deleteInFlow(source, spot, path) : deleteLines(source, spot);
}

function deleteInFlow(source: Source, spot: Spot, path: EditPath): Splice {
  const items = (spot.parent as YAMLMap | YAMLSeq).items;
  const index = spot.pair ? items.indexOf(spot.pair as never) : Number(path.at(-1));
  const start = itemStart(items[index]);
  if (index + 1 < items.length) return { start, end: itemStart(items[index + 1]), text: '' };
  return { start: index > 0 ? itemEnd(source, items[index - 1]) : start, end: itemEnd(source, items[index]), text: '' };
}

function itemStart(item: unknown): number {
  return isPair(item) ? keyStart(item) : range(item as Node)[0];
}

function itemEnd(source: Source, item: unknown): number {
  return isPair(item) ? contentEnd(source, item) : range(item as Node)[1];
}

function isPair(value: unknown): value is Pair {
  return typeof value === 'object' && value !== null && 'key' in value;
}

function deleteLines(source: Source, spot: Spot): Splice {
  const start = spot.pair ? keyStart(spot.pair) : dashBefore(source, range(spot.node)[0]);
  const end = endOfLine(source, spot.pair ? contentEnd(source, spot.pair) : trimmedEnd(source, ...range(spot.node)));
  const lineStart = source.text.lastIndexOf('\n', start - 1) + 1;
  if (source.text.slice(lineStart, start).trim() === '') return { start: lineStart, end, text: '' };
  // The first key of a list item shares its line with the dash: the next key takes its place.
  const indent = source.text.slice(end).match(/^[ ]*/)?.[0].length ?? 0;
  return { start, end: end + indent, text: '' };
}

/* ---- rendering ---- */

/** Texts that the original's reader takes for a number or a date (`1_000`, `2020-01-01`) are quoted too. */
const looksLikeNumberOrDate: ScalarTag = {
  tag: 'tag:yaml.org,2002:timestamp',
  default: true,
  identify: () => false,
  test: /^[-+]?[0-9][0-9_]*([.:\-TtZ +eE0-9_]*)$/,
  resolve: (text) => text,
};

/** Its digits as they are; left alone, the library would write the number that `toJSON` gives. */
const decimalTag = {
  tag: 'tag:yaml.org,2002:float',
  default: true as const,
  identify: (value: unknown) => value instanceof Decimal,
  resolve: (text: string) => text,
  stringify: ({ value }: { value: unknown }) => String(value),
};

const stringifyOptions = {
  lineWidth: 0,
  version: '1.2' as const,
  blockQuote: false as const,
  customTags: (tags: Tags) => [decimalTag, ...tags, looksLikeNumberOrDate],
};

function renderPair(source: Source, key: string, value: unknown, indent: number, step: number): string {
  if (!isContainer(value) || isEmptied(value)) {
    const text = stringify(value, { ...stringifyOptions, indent: step }).trimEnd();
    return `${key}: ${indentRest(source, text, indent)}`;
  }
  const body = stringify(value, { ...stringifyOptions, indent: step, indentSeq: indentsSequences(source) }).trimEnd();
  const pad = ' '.repeat(indent + (Array.isArray(value) && !indentsSequences(source) ? 0 : step));
  return `${key}:${source.newline}${body
    .split('\n')
    .map((line) => (line === '' ? line : pad + line))
    .join(source.newline)}`;
}

function renderItem(source: Source, value: unknown, indent: number): string {
  const text = stringify(value, {
    ...stringifyOptions,
    indent: indentStep(source),
    indentSeq: indentsSequences(source),
  }).trimEnd();
  return indentRest(source, text, indent);
}

function indentRest(source: Source, text: string, indent: number): string {
  const [first, ...rest] = text.split('\n');
  return [first, ...rest.map((line) => (line === '' ? line : ' '.repeat(indent) + line))].join(source.newline);
}

function flowText(value: unknown): string {
  if (!isContainer(value))
    return stringify(value, {
      ...stringifyOptions,
      defaultStringType: flowSafe(value) ? 'PLAIN' : 'QUOTE_DOUBLE',
    }).trimEnd();
  return exactJson(value);
}

function flowSafe(value: unknown): boolean {
  return typeof value !== 'string' || !/[,[\]{}#&*!|>'"%@`\n]/.test(value);
}

/** The new text of a scalar in the old one's quoting. */
function scalarText(value: unknown, old: Scalar): string {
  const style = typeof value === 'string' ? old.type : undefined;
  const quoted = style === 'QUOTE_SINGLE' || style === 'QUOTE_DOUBLE';
  return stringify(value, quoted ? { ...stringifyOptions, defaultStringType: style } : stringifyOptions).trimEnd();
}

function withNewline(source: Source, text: string): string {
  return source.newline === '\n' ? text : text.replaceAll('\n', source.newline);
}

/* ---- looking at the source ---- */

function needsBlock(value: unknown): boolean {
  return typeof value === 'string' && value.includes('\n');
}

function isBlockScalar(node: Scalar): boolean {
  return node.type === Scalar.BLOCK_FOLDED || node.type === Scalar.BLOCK_LITERAL;
}

function isEmptyNode(node: Node): boolean {
  const [start, end] = range(node);
  return start === end;
}

function isAnchored(source: Source, node: Node | null): boolean {
  if (!node) return false;
  const anchors = new Set<string>();
  visit(node as never, {
    Scalar: (_key, scalar) => void (scalar.anchor && anchors.add(scalar.anchor)),
    Collection: (_key, collection) => void (collection.anchor && anchors.add(collection.anchor)),
  });
  let used = false;
  visit(source.doc, {
    Alias: (_key, alias) => {
      if (anchors.has(alias.source)) used = true;
    },
  });
  return used;
}

function inFlow(source: Source, spot: Spot): boolean {
  if (spot.parent?.flow) return true;
  const start = spot.parent?.range?.[0];
  let flow = false;
  visit(source.doc, {
    Collection: (_key, node) => {
      if (node.flow && start !== undefined && node.range && node.range[0] < start && start < node.range[1]) flow = true;
    },
  });
  return flow;
}

function range(node: unknown): [number, number] {
  const at = (node as Node | null)?.range;
  return at ? [at[0], at[1]] : [0, 0];
}

function keyStart(pair: Pair): number {
  return range(pair.key)[0];
}

/** Where the text of a pair's value ends, without the comments and blank lines behind it. */
function contentEnd(source: Source, pair: Pair): number {
  const keyEnd = range(pair.key)[1];
  const colon = source.text.indexOf(':', keyEnd) + 1;
  if (pair.value === null) return colon;
  return trimmedEnd(source, keyEnd, Math.max(deepEnd(pair.value as Node), colon));
}

/** The end of a block collection is that of its last leaf: its own range takes in the comments that follow. */
function deepEnd(node: Node): number {
  if (!isCollection(node) || node.flow) return range(node)[1];
  const last = node.items.at(-1) as Pair | Node | undefined;
  if (last === undefined) return range(node)[1];
  if (!isPair(last)) return deepEnd(last);
  return last.value === null ? range(last.key)[1] + 1 : Math.max(deepEnd(last.value as Node), range(last.key)[1] + 1);
}

function trimmedEnd(source: Source, start: number, end: number): number {
  return start + source.text.slice(start, end).trimEnd().length;
}

/** Just behind the line break of the line on which `offset` stands, or the end of the text. */
function endOfLine(source: Source, offset: number): number {
  const at = source.text.indexOf('\n', Math.max(offset - (source.text[offset - 1] === '\n' ? 1 : 0), 0));
  return at === -1 ? source.text.length : at + 1;
}

function column(source: Source, offset: number): number {
  return source.lines.linePos(offset).col - 1;
}

function dashBefore(source: Source, offset: number): number {
  return source.text.lastIndexOf('-', offset - 1);
}

/** The indentation that the file itself uses, 2 where it shows none. */
function indentStep(source: Source): number {
  let step = 2;
  visit(source.doc, {
    Map: (_key, map, path) => {
      const outer = path.findLast((node) => isMap(node)) as YAMLMap | undefined;
      if (map.flow || !outer || outer.flow || isSeq(path.at(-1))) return undefined;
      const inner = map.items[0] && keyStart(map.items[0] as Pair);
      const around = outer.items[0] && keyStart(outer.items[0] as Pair);
      if (inner === undefined || around === undefined) return undefined;
      const difference = column(source, inner) - column(source, around);
      if (difference > 0) step = difference;
      return difference > 0 ? visit.BREAK : undefined;
    },
  });
  return step;
}

/** Whether lists in maps are indented under their key; the first list decides, the original's style (not indented) where there is none. */
function indentsSequences(source: Source): boolean {
  let indented = false;
  visit(source.doc, {
    Pair: (_key, pair) => {
      if (!isSeq(pair.value) || pair.value.flow || pair.value.items.length === 0) return undefined;
      const dash = dashBefore(source, range(pair.value.items[0])[0]);
      indented = column(source, dash) > column(source, keyStart(pair));
      return visit.BREAK;
    },
  });
  return indented;
}
