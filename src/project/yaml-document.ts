import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  type Scalar,
  type YAMLMap,
} from 'yaml';
import { type SourceLocation, TaplineError } from '../errors.js';
import type { Placed } from './merge.js';
import type { Places } from './places.js';
import { isUnholdable, pythonText, readPlainScalar } from './scalar.js';
import { type ParsedYaml, parseDeepened } from './shallow-lines.js';
import type { ProjectPath, ProjectWarning } from './types.js';

/** Values that one file may hold once its aliases are written out; a real one stays under a hundredth of that. */
const maxValues = 500_000;

/** One YAML file: its values, as Meltano reads them (plain JSON, `null` for an empty file), and where each stands. */
export interface YamlDocument extends Placed {
  file: string;
  warnings: ProjectWarning[];
}

/**
 * Parses one project file; `index` is its number in the places. Throws PROJECT_SYNTAX with file:line:col, PROJECT_DUPLICATE for
 * a key that stands twice in one map.
 */
export function readYaml(text: string, file: string, index: number): YamlDocument {
  if (isTooDeep(text)) throw tooDeep(file);
  const { document, lines, warnings } = parse(text, file);
  const reader = new ValueReader(file, index, lines, document);
  return { file, ...reader.read(), warnings: [...warnings, ...reader.warnings] };
}

/** Levels of nesting that a file may have; the parser, which is recursive, would run out of stack or memory at many more. */
const maxDepth = 1000;

function isTooDeep(text: string): boolean {
  if (/^ {2000}/m.test(text) || /(?:[-?:][ \t]+){500}/.test(text)) return true;
  let depth = 0;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    // Brackets in quotes and comments count too: a file with a thousand that nothing closes is none of a person.
    if (code === 0x5b || code === 0x7b) depth += 1;
    else if ((code === 0x5d || code === 0x7d) && depth > 0) depth -= 1;
    if (depth > maxDepth) return true;
  }
  return false;
}

function parse(text: string, file: string): ParsedYaml & { warnings: ProjectWarning[] } {
  const strict = parseText(text, file);
  const [fault] = strict.document.errors;
  if (fault === undefined) return { ...strict, warnings: [] };
  const deepened = parseDeepened(text, strict, (deeper) => parseText(deeper, file));
  if (deepened === undefined) {
    throw syntaxError(fault.code, fault.message, placeAt(file, strict.lines, fault.pos[0]));
  }
  return { ...deepened, warnings: [shallowWarning(file, deepened.firstLine)] };
}

function parseText(text: string, file: string): ParsedYaml {
  const lines = new LineCounter();
  try {
    // The failsafe schema leaves all scalars as text: which of them are numbers, dates and so on, scalar.ts says.
    const document = parseDocument(text, {
      schema: 'failsafe',
      version: '1.2',
      lineCounter: lines,
      prettyErrors: false,
      logLevel: 'error',
    });
    // The original's parser takes `[1]# comment`.
    document.errors = document.errors.filter(({ message }) => !message.startsWith('Comments must be separated'));
    if (document.errors[0]?.code === 'RESOURCE_EXHAUSTION') throw tooDeep(file);
    return { document, lines };
  } catch (error) {
    if (error instanceof RangeError) throw tooDeep(file);
    throw error;
  }
}

function shallowWarning(file: string, line: number): ProjectWarning {
  return {
    code: 'YAML_INDENT',
    message: 'this line continues brackets or quotes but is not indented deeper than their key',
    hint: 'Indent it: the YAML standard requires it, and other programs refuse the file.',
    at: { file, line, col: 1 },
  };
}

function syntaxError(code: string, message: string, at: SourceLocation): TaplineError {
  if (code === 'DUPLICATE_KEY') {
    return new TaplineError('PROJECT_DUPLICATE', 'This key appears twice in one map.', {
      at,
      hint: 'Remove one of the two, or rename it.',
    });
  }
  if (code === 'MULTIPLE_DOCS') {
    return new TaplineError('PROJECT_SYNTAX', 'A second YAML document starts here; a project file has only one.', {
      at,
      hint: 'Remove the line `---`, or move what follows to a file of its own and name it in include_paths.',
    });
  }
  if (code === 'TAB_AS_INDENT') {
    return new TaplineError('PROJECT_SYNTAX', 'A tab is used as indentation, which YAML does not allow.', {
      at,
      hint: 'Indent with spaces.',
    });
  }
  return new TaplineError(
    'PROJECT_SYNTAX',
    `This is not valid YAML: ${message.split('\n')[0]}.`.replace(/\.\.$/, '.'),
    {
      at,
      hint: 'Check the indentation and the quotes at this place and just above it.',
    },
  );
}

function tooDeep(file: string): TaplineError {
  return new TaplineError('PROJECT_SYNTAX', `${file} is nested too deeply.`, { at: { file, line: 1, col: 1 } });
}

function placeAt(file: string, lines: ParsedYaml['lines'], offset: number): SourceLocation {
  const { line, col } = lines.linePos(offset);
  return { file, line: Math.max(1, line), col: Math.max(1, col) };
}

/** Turns nodes into values; each alias counts as much as its target, so that a few lines can't become gigabytes. */
class ValueReader {
  readonly warnings: ProjectWarning[] = [];
  private count = 0;
  private readonly anchors = new Map<string, Node>();
  private readonly open = new Set<Node>();
  /** The alias that is being written out, of those inside one another the first. */
  private outerAlias: Node | undefined;

  constructor(
    private readonly file: string,
    private readonly index: number,
    private readonly lines: ParsedYaml['lines'],
    private readonly document: Document,
  ) {}

  read(): Placed {
    const { contents } = this.document;
    const start: Places = [this.index, 1, 1];
    if (contents === null) return { value: null, places: start };
    try {
      return this.placed(contents as Node, [], this.placesAt(contents as Node));
    } catch (error) {
      if (error instanceof RangeError) throw tooDeep(this.file);
      throw error;
    }
  }

  private placed(node: Node | null, path: ProjectPath, start: Places): Placed {
    this.count += 1;
    if (this.count > maxValues) {
      throw this.fault(
        this.outerAlias ?? node,
        `This file holds more than ${maxValues} values (its aliases counted as what they stand for).`,
      );
    }
    if (node === null) return { value: null, places: start };
    if (isAlias(node)) return this.aliased(node.source, node, path, start);
    if (node.anchor) this.anchors.set(node.anchor, node);
    if (isScalar(node)) return this.placedScalar(node, path, start);
    this.open.add(node);
    const placed = isMap(node)
      ? this.map(node, path, start)
      : isSeq(node)
        ? this.list(node.items as Node[], path, start)
        : undefined;
    this.open.delete(node);
    return placed ?? { value: null, places: start };
  }

  private placedScalar(node: Scalar, path: ProjectPath, start: Places): Placed {
    return { value: this.scalar(node, path), places: node.source ? this.placesAt(node) : start };
  }

  private aliased(name: string, alias: Node, path: ProjectPath, start: Places): Placed {
    const target = this.anchors.get(name);
    if (!target) throw this.fault(alias, `The alias *${name} has no anchor &${name} before it.`);
    if (this.open.has(target)) throw this.fault(alias, `The alias *${name} stands inside what it refers to.`);
    const isOuter = this.outerAlias === undefined;
    if (isOuter) this.outerAlias = alias;
    const placed = this.placed(target, path, start);
    if (isOuter) this.outerAlias = undefined;
    return placed;
  }

  private list(items: readonly (Node | null)[], path: ProjectPath, start: Places): Placed {
    const placed = items.map((item, index) => this.placed(item, [...path, index], item ? this.placesAt(item) : start));
    return {
      value: placed.map(({ value }) => value),
      places: around(
        start,
        placed.map(({ places }) => places),
      ),
    };
  }

  private map(map: YAMLMap, path: ProjectPath, start: Places): Placed {
    const own: Record<string, unknown> = {};
    const inside: Record<string, Places> = {};
    const merged: Placed[] = [];
    for (const pair of map.items as Pair<Node, Node | null>[]) {
      const key = this.key(pair.key);
      if (isMergeKey(pair.key)) merged.push(...this.mergedMaps(pair, path));
      else {
        const { value, places } = this.placed(pair.value, [...path, key], this.placesAt(pair.key));
        own[key] = value;
        inside[key] = places;
      }
    }
    // The map's own keys win, then the first of the merged maps.
    for (const { value, places } of merged) {
      for (const [key, entry] of Object.entries(value as Record<string, unknown>)) {
        if (Object.hasOwn(own, key)) continue;
        own[key] = entry;
        inside[key] = (places[3] as Record<string, Places>)[key] ?? places;
      }
    }
    return { value: own, places: around(start, inside) };
  }

  private mergedMaps(pair: Pair<Node, Node | null>, path: ProjectPath): Placed[] {
    const { value, places } = this.placed(pair.value, path, this.placesAt(pair.key));
    const maps = Array.isArray(value)
      ? value.map((item: unknown, index) => ({ value: item, places: (places[3] as Places[])[index] ?? places }))
      : [{ value, places }];
    if (maps.every((map) => typeof map.value === 'object' && map.value !== null && !Array.isArray(map.value)))
      return maps;
    throw this.fault(pair.key, 'A merge key `<<` takes a map or a list of maps.');
  }

  private key(node: Node): string {
    const target = isAlias(node) ? this.anchors.get(node.source) : node;
    if (!isScalar(target)) throw this.fault(node, 'A key of a map must be a text or a number, not a map or a list.');
    if (target.anchor) this.anchors.set(target.anchor, target);
    const value = this.scalar(target, []);
    const key = value === null ? 'null' : String(value);
    if (key === '__proto__') throw this.fault(node, 'The key __proto__ is not allowed.');
    return key;
  }

  private scalar(node: Scalar, path: ProjectPath): unknown {
    const text = typeof node.value === 'string' ? node.value : '';
    const tag = shortTag(node.tag);
    const isPlain = node.type === 'PLAIN' || node.type === undefined || node.value === null;
    if (tag === undefined ? !isPlain : !['int', 'float', 'bool', 'null', 'timestamp'].includes(tag)) return text;
    if (tag === 'null') return null;
    if (isTextPlace(path))
      return readPlainScalar(text) === null ? null : isVersionPlace(path) ? text : pythonText(text);
    if (isUnholdable(text)) this.warnAboutNumber(node);
    return readPlainScalar(text);
  }

  private warnAboutNumber(node: Node): void {
    this.warnings.push({
      code: 'NUMBER_AS_TEXT',
      message: 'JSON has no form for this number, so it is passed on as text.',
      hint: 'Put it in quotes if that is what you want.',
      at: this.place(node),
    });
  }

  private fault(node: Node | null, message: string): TaplineError {
    return new TaplineError('PROJECT_SYNTAX', message, { at: this.place(node) });
  }

  private place(node: Node | null): SourceLocation {
    return placeAt(this.file, this.lines, node?.range?.[0] ?? 0);
  }

  private placesAt(node: Node): Places {
    const { line, col } = this.place(node);
    return [this.index, line, col];
  }
}

function around([file, line, col]: Places, inside: Places[] | Record<string, Places>): Places {
  return [file, line, col, inside];
}

function shortTag(tag: string | undefined): string | undefined {
  if (tag === undefined || tag === '') return undefined;
  return tag.startsWith('tag:yaml.org,2002:') ? tag.slice('tag:yaml.org,2002:'.length) : tag;
}

function isMergeKey(node: Node): boolean {
  return isScalar(node) && node.value === '<<' && node.type === 'PLAIN';
}

/** Inside `env:` maps and for `python:` and `variant:` numbers and booleans are text; in `config` and settings they are not. */
function isTextPlace(path: ProjectPath): boolean {
  const inEnvironment = path[0] === 'environments' && path[2] === 'config';
  const [area, , , key] = inEnvironment ? path.slice(3) : path;
  if (area === 'plugins') return key === 'env' || key === 'python' || key === 'variant';
  if (area === 'environments' || area === 'schedules') return path[2] === 'env' || path[2] === 'name';
  return area === 'env' || (area === 'python' && path.length === 1);
}

function isVersionPlace(path: ProjectPath): boolean {
  return path.at(-1) === 'python' || path.at(-1) === 'variant';
}
