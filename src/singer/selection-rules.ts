import { isMap } from '../values.js';
import type { JsonMap } from './messages.js';
import { compilePattern, isGlob, type Matches } from './patterns.js';

/** `select`, `metadata`, `schema` and `select_filter`, read into rules about streams and breadcrumbs. */

export interface CatalogRules {
  /** `[!]stream[.property]` patterns; `['*.*']` where absent. */
  select?: readonly string[] | undefined;
  /** `stream: {key: value}` or `stream: {property: {key: value}}`, with dots for either nesting. */
  metadata?: JsonMap | undefined;
  /** `stream: {property: JSON schema}`. */
  schema?: JsonMap | undefined;
  /** `[!]stream` patterns. */
  selectFilter?: readonly string[] | undefined;
  /** The catalog is the user's own: only `selectFilter` applies to it. */
  customCatalog?: boolean | undefined;
}

/** Where a rule comes from. A pattern may make several rules. */
export interface RuleSource {
  kind: 'select' | 'metadata' | 'schema' | 'select_filter';
  /** The pattern, or the dotted path of the key. */
  text: string;
  /** The stream pattern of it. */
  stream: string;
  /** The property pattern of it, with dots between its levels; undefined where it is about the stream. */
  property: string | undefined;
}

/** Sets `key` to `value` in the metadata of each stream and breadcrumb that match. */
export interface MetadataRule {
  source: RuleSource | undefined;
  /** Whether its source names something that is there when this rule matches; others of the source only help. */
  main: boolean;
  matchesStream: Matches;
  /** Breadcrumb pattern, joined by dots; '' is the stream itself. */
  breadcrumb: string;
  matchesBreadcrumb: Matches;
  /** Rules with the same breadcrumb pattern have the same number, counted from 0. */
  pattern: number;
  key: string;
  value: unknown;
}

/** Replaces the schema of each property that matches; makes the one that a plain name means. */
export interface SchemaRule {
  source: RuleSource;
  matchesStream: Matches;
  property: string;
  matchesBreadcrumb: Matches;
  payload: JsonMap;
}

export interface CompiledRules {
  metadata: MetadataRule[];
  schema: SchemaRule[];
  /** All that the user wrote, to tell which of it matched nothing. */
  sources: RuleSource[];
  /** What can't be a rule, e.g. a `metadata` key without a value. */
  broken: { source: RuleSource; reason: string }[];
}

export interface SelectPattern {
  stream: string;
  property: string | undefined;
  negated: boolean;
}

const unescapedDot = /(?<!\\)\./;

/** Splits `[!]stream[.property]` at the first dot without a backslash. */
export function parseSelectPattern(pattern: string): SelectPattern {
  const negated = pattern.startsWith('!');
  const body = negated ? pattern.slice(1) : pattern;
  const at = body.search(unescapedDot);
  const stream = unescapeDots(at === -1 ? body : body.slice(0, at));
  const property = at === -1 ? '' : body.slice(at + 1);
  return { stream, property: property === '' ? undefined : property, negated };
}

/** In the order in which they apply: all off, what is selected, what is excluded, metadata, filters. */
export function compileRules(rules: CatalogRules): CompiledRules {
  const compiled: CompiledRules = { metadata: [], schema: [], sources: [], broken: [] };
  if (rules.customCatalog !== true) {
    compiled.metadata.push(selectRule(undefined, '*', '', false), selectRule(undefined, '*', 'properties.*', false));
    addSelect(compiled, rules.select ?? ['*.*']);
    addMetadata(compiled, rules.metadata ?? {});
    addSchema(compiled, rules.schema ?? {});
  }
  addFilter(compiled, rules.selectFilter ?? []);
  const patterns = [...new Set(compiled.metadata.map((rule) => rule.breadcrumb))];
  for (const rule of compiled.metadata) rule.pattern = patterns.indexOf(rule.breadcrumb);
  return compiled;
}

function addSelect(compiled: CompiledRules, patterns: readonly string[]): void {
  const included: MetadataRule[] = [];
  const excluded: MetadataRule[] = [];
  for (const text of patterns) {
    const { stream, property, negated } = parseSelectPattern(text);
    const source: RuleSource = { kind: 'select', text, stream, property };
    compiled.sources.push(source);
    const rules = negated ? excluded : included;
    const levels = property === undefined ? ['*'] : property.split(unescapedDot).map(unescapeDots);
    const all = property === undefined || property === '*';
    if (!negated || all) rules.push({ ...selectRule(source, stream, '', !negated), main: all });
    rules.push({ ...selectRule(source, stream, breadcrumbOf(levels), !negated), main: !all });
    if (negated) continue;
    // A property is read only where those around it are.
    for (let depth = 1; depth < levels.length; depth += 1) {
      rules.push({ ...selectRule(source, stream, breadcrumbOf(levels.slice(0, depth)), true), main: false });
    }
  }
  compiled.metadata.push(...included, ...excluded);
}

function addMetadata(compiled: CompiledRules, metadata: JsonMap): void {
  for (const [path, value] of leaves(metadata)) {
    const [stream = '', ...rest] = path;
    const key = rest.pop();
    const text = path.join('.');
    const property = rest.length > 0 ? rest.join('.') : undefined;
    const source: RuleSource = { kind: 'metadata', text, stream, property };
    if (key === undefined) {
      compiled.broken.push({ source, reason: 'it names a stream, but no key and value' });
      continue;
    }
    compiled.sources.push(source);
    compiled.metadata.push(metadataRule(source, stream, breadcrumbOf(rest), key, value));
  }
}

function addSchema(compiled: CompiledRules, schema: JsonMap): void {
  for (const [streamKey, properties] of Object.entries(schema)) {
    const stream = unescapeDots(streamKey);
    if (!isMap(properties)) {
      const source: RuleSource = { kind: 'schema', text: streamKey, stream, property: undefined };
      compiled.broken.push({ source, reason: 'it is not a map of properties' });
      continue;
    }
    for (const [key, payload] of Object.entries(properties)) {
      const property = unescapeDots(key);
      const source: RuleSource = { kind: 'schema', text: `${streamKey}.${key}`, stream, property };
      if (!isMap(payload)) {
        compiled.broken.push({ source, reason: 'it is not valid JSON schema' });
        continue;
      }
      compiled.sources.push(source);
      const matchesStream = compilePattern(stream);
      const matchesBreadcrumb = compilePattern(breadcrumbOf([property]));
      compiled.schema.push({ source, matchesStream, property, matchesBreadcrumb, payload });
    }
  }
}

/** One rule takes off the streams that no positive pattern names, one those that a negated pattern names. */
function addFilter(compiled: CompiledRules, patterns: readonly string[]): void {
  const kept: string[] = [];
  const dropped: string[] = [];
  for (const text of patterns) {
    const { stream, negated } = parseSelectPattern(text);
    (negated ? dropped : kept).push(stream);
    compiled.sources.push({ kind: 'select_filter', text, stream, property: undefined });
  }
  if (kept.length > 0) {
    const keeps = anyOf(kept);
    compiled.metadata.push({ ...selectRule(undefined, '*', '', false), matchesStream: (id) => !keeps(id) });
  }
  if (dropped.length > 0) {
    compiled.metadata.push({ ...selectRule(undefined, '*', '', false), matchesStream: anyOf(dropped) });
  }
}

function selectRule(source: RuleSource | undefined, stream: string, breadcrumb: string, value: boolean): MetadataRule {
  return metadataRule(source, stream, breadcrumb, 'selected', value);
}

function metadataRule(
  source: RuleSource | undefined,
  stream: string,
  breadcrumb: string,
  key: string,
  value: unknown,
): MetadataRule {
  return {
    source,
    main: true,
    matchesStream: compilePattern(stream),
    breadcrumb,
    matchesBreadcrumb: compilePattern(breadcrumb),
    pattern: 0,
    key,
    value,
  };
}

function anyOf(patterns: readonly string[]): Matches {
  const names = new Set(patterns.filter((pattern) => !isGlob(pattern)));
  const globs = patterns.filter(isGlob).map(compilePattern);
  return (text) => names.has(text) || globs.some((matches) => matches(text));
}

/** `['address', 'city']` as catalogs write it, joined: `properties.address.properties.city`. */
function breadcrumbOf(levels: readonly string[]): string {
  return levels.map((level) => `properties.${level}`).join('.');
}

/** The paths to all values that are not maps, or empty maps; dots in keys are levels too. */
function* leaves(map: JsonMap, parents: string[] = []): Generator<[path: string[], value: unknown]> {
  for (const [key, value] of Object.entries(map)) {
    const path = [...parents, ...key.split(unescapedDot).map(unescapeDots)];
    if (isMap(value) && Object.keys(value).length > 0) yield* leaves(value, path);
    else yield [path, value];
  }
}

function unescapeDots(text: string): string {
  return text.replaceAll('\\.', '.');
}
