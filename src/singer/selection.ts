import { closest } from '../did-you-mean.js';
import { copyValue } from '../exact-number.js';
import { isMap, setOwn } from '../values.js';
import { type Catalog, type CatalogMetadata, type CatalogStream, metadataOf } from './catalog.js';
import type { JsonMap } from './messages.js';
import { compilePattern, isGlob } from './patterns.js';
import {
  type CatalogRules,
  compileRules,
  type MetadataRule,
  type RuleSource,
  type SchemaRule,
} from './selection-rules.js';

/** A rule that changed nothing, so that it is most likely misspelt. */
export interface RuleFinding {
  source: RuleSource;
  /** A whole sentence. */
  message: string;
  /** What the rule may mean instead: the rule with another name in it. */
  suggestion: string | undefined;
}

/**
 * Applies the rules to a catalog, which it changes, in the order and with the effects of Meltano 4.4.1: missing
 * metadata entries are made for streams and for properties with plain names (`automatic`, below the first level
 * `available`), `selected: true` is not set on what is `unsupported`, and what is set on a stream stands on its
 * catalog entry as well, with `-` as `_`, for taps that read the older form.
 */
export function applyRules(catalog: Catalog, rules: CatalogRules): RuleFinding[] {
  const compiled = compileRules(rules);
  const matched = new Set<RuleSource>();
  if (compiled.schema.length > 0) {
    for (const stream of catalog.streams) applySchema(stream, compiled.schema, matched);
  }
  if (compiled.metadata.length > 0) {
    const breadcrumbs = new Breadcrumbs();
    for (const stream of catalog.streams) applyMetadata(stream, compiled.metadata, matched, breadcrumbs);
  }
  const unmatched = compiled.sources.filter((source) =>
    source.kind === 'select_filter' ? !matchesSomeStream(source, catalog) : !matched.has(source),
  );
  return [
    ...compiled.broken.map(({ source, reason }) => ({
      source,
      message: `The ${source.kind} rule \`${source.text}\` is left out: ${reason}.`,
      suggestion: undefined,
    })),
    ...unmatched.map((source) => findingFor(source, catalog)),
  ];
}

function applySchema(stream: CatalogStream, all: SchemaRule[], matched: Set<RuleSource>): void {
  if (!isMap(stream.schema)) stream.schema = { type: 'object' };
  const rules = all.filter((rule) => rule.matchesStream(stream.tap_stream_id));
  if (rules.length === 0) return;
  const schema = stream.schema as JsonMap;
  if (!isMap(schema.properties)) schema.properties = {};
  const properties = schema.properties as JsonMap;
  for (const rule of rules) {
    if (!isGlob(rule.property) && !Object.hasOwn(properties, rule.property)) setOwn(properties, rule.property, {});
  }
  replaceSchemas(properties, '', rules, matched);
}

function replaceSchemas(properties: JsonMap, prefix: string, rules: SchemaRule[], matched: Set<RuleSource>): void {
  for (const [name, property] of Object.entries(properties)) {
    const path = `${prefix}properties.${name}`;
    const last = rules
      .filter((rule) => {
        const matches = rule.matchesBreadcrumb(path);
        if (matches) matched.add(rule.source);
        return matches;
      })
      .at(-1);
    if (last !== undefined) setOwn(properties, name, copyValue(last.payload));
    else if (isMap(property) && isMap(property.properties))
      replaceSchemas(property.properties, `${path}.`, rules, matched);
  }
}

function applyMetadata(
  stream: CatalogStream,
  rules: MetadataRule[],
  matched: Set<RuleSource>,
  breadcrumbs: Breadcrumbs,
): void {
  const onStream = rules.filter((rule) => rule.matchesStream(stream.tap_stream_id));
  if (!Array.isArray(stream.metadata)) stream.metadata = [];
  const entries = new Entries(stream.metadata as unknown[], metadataOf(stream), breadcrumbs);
  entries.ensure(breadcrumbs.root, () => []);
  for (const rule of onStream) {
    if (rule.breadcrumb === '') setUnlessUnsupported(stream, rule.key.replaceAll('-', '_'), rule.value);
  }
  // The original reads a stream's keys in their order: entries that it makes for properties get no rules
  // where `metadata` stands before `schema`.
  const visited = standsBefore(stream, 'metadata', 'schema') ? entries.entries.length : Number.POSITIVE_INFINITY;
  addPropertyEntries(stream.schema, [], '', entries, breadcrumbs);
  for (let at = 0; at < entries.entries.length && at < visited; at += 1) {
    const breadcrumb = entries.breadcrumbs[at] as Breadcrumb;
    const entry = entries.entries[at] as CatalogMetadata;
    if (!isMap(entry.metadata)) entry.metadata = {};
    for (const rule of onStream) {
      if (!breadcrumb.matches(rule)) continue;
      setUnlessUnsupported(entry.metadata, rule.key, rule.value);
      if (rule.main && rule.source !== undefined) matched.add(rule.source);
    }
  }
}

/** A stream's metadata list, with the breadcrumb of each entry. */
class Entries {
  readonly entries: CatalogMetadata[];
  readonly breadcrumbs: Breadcrumb[];
  readonly #list: unknown[];

  constructor(list: unknown[], entries: CatalogMetadata[], breadcrumbs: Breadcrumbs) {
    this.#list = list;
    this.entries = entries;
    this.breadcrumbs = entries.map((entry) => breadcrumbs.of(entry.breadcrumb));
    for (const breadcrumb of this.breadcrumbs) breadcrumb.knownIn = list;
  }

  /** Adds an entry where there is none for this breadcrumb. */
  ensure(known: Breadcrumb, names: () => string[]): void {
    if (known.knownIn === this.#list) return;
    const breadcrumb = names();
    const entry = { breadcrumb, metadata: { inclusion: breadcrumb.length <= 2 ? 'automatic' : 'available' } };
    known.knownIn = this.#list;
    this.#list.push(entry);
    this.entries.push(entry);
    this.breadcrumbs.push(known);
  }
}

function setUnlessUnsupported(map: JsonMap, key: string, value: unknown): void {
  if (key === 'selected' && value === true && map.inclusion === 'unsupported') return;
  setOwn(map, key, value);
}

function standsBefore(stream: CatalogStream, one: string, other: string): boolean {
  for (const key in stream) {
    if (key === one) return true;
    if (key === other) return false;
  }
  return false;
}

/** As `\w` of Python: letters, digits and `_` of all scripts. */
const plainName = /^[\p{L}\p{N}_]*$/u;
const asciiName = /^\w*$/;

function addPropertyEntries(
  schema: unknown,
  parents: string[],
  prefix: string,
  entries: Entries,
  breadcrumbs: Breadcrumbs,
): void {
  if (!isMap(schema) || !isMap(schema.properties)) return;
  for (const name of Object.keys(schema.properties)) {
    const property = schema.properties[name];
    if (!isMap(property) || !(asciiName.test(name) || plainName.test(name))) continue;
    const breadcrumb = prefix === '' ? breadcrumbs.property(name) : breadcrumbs.path(`${prefix}properties.${name}`);
    entries.ensure(breadcrumb, () => [...parents, 'properties', name]);
    if (!isMap(property.properties)) continue;
    addPropertyEntries(property, [...parents, 'properties', name], `${breadcrumb.path}.`, entries, breadcrumbs);
  }
}

/** As many patterns as a whole number has bits for. */
const patternsKept = 31;

/** One breadcrumb, whatever streams have it, and what the patterns say about it. */
class Breadcrumb {
  readonly path: string;
  /** The newest metadata list that has an entry for it. */
  knownIn: unknown;
  #asked = 0;
  #matching = 0;

  constructor(path: string) {
    this.path = path;
  }

  matches(rule: MetadataRule): boolean {
    if (rule.pattern >= patternsKept) return rule.matchesBreadcrumb(this.path);
    const bit = 1 << rule.pattern;
    if ((this.#asked & bit) === 0) {
      this.#asked |= bit;
      if (rule.matchesBreadcrumb(this.path)) this.#matching |= bit;
    }
    return (this.#matching & bit) !== 0;
  }
}

/** Streams share their property names: each breadcrumb is one object, found without joining it again. */
class Breadcrumbs {
  readonly root = new Breadcrumb('');
  readonly #byPath = new Map<string, Breadcrumb>([['', this.root]]);
  readonly #byProperty = new Map<string, Breadcrumb>();

  of(names: readonly string[]): Breadcrumb {
    const isProperty = names.length === 2 && names[0] === 'properties';
    return isProperty ? this.property(names[1] as string) : this.path(names.join('.'));
  }

  property(name: string): Breadcrumb {
    const known = this.#byProperty.get(name);
    if (known !== undefined) return known;
    const breadcrumb = this.path(`properties.${name}`);
    this.#byProperty.set(name, breadcrumb);
    return breadcrumb;
  }

  path(path: string): Breadcrumb {
    const known = this.#byPath.get(path);
    if (known !== undefined) return known;
    const breadcrumb = new Breadcrumb(path);
    this.#byPath.set(path, breadcrumb);
    return breadcrumb;
  }
}

function matchesSomeStream(source: RuleSource, catalog: Catalog): boolean {
  return streamsOf(source, catalog).length > 0;
}

/** For a suggestion the properties of this many streams are searched, not of thousands. */
const streamsForSuggestion = 20;

function findingFor(source: RuleSource, catalog: Catalog): RuleFinding {
  const what = `The ${source.kind} rule \`${source.text}\` matches nothing`;
  const streams = streamsOf(source, catalog);
  if (streams.length === 0) {
    const near = closest(
      source.stream,
      catalog.streams.map((stream) => stream.tap_stream_id),
    );
    const why = isGlob(source.stream) ? 'no stream matches' : 'there is no stream';
    return {
      source,
      message: `${what}: ${why} \`${source.stream}\`.`,
      suggestion: near === undefined ? undefined : rewrite(source, near, source.property),
    };
  }
  const property = source.property ?? '*';
  const near = closest(property, new Set(streams.slice(0, streamsForSuggestion).flatMap(propertyNames)));
  return {
    source,
    message: `${what}: there is no property \`${property}\` in \`${source.stream}\`.`,
    suggestion: near === undefined ? undefined : rewrite(source, source.stream, near),
  };
}

function streamsOf(source: RuleSource, catalog: Catalog): CatalogStream[] {
  const matches = compilePattern(source.stream);
  return catalog.streams.filter((stream) => matches(stream.tap_stream_id));
}

function propertyNames(stream: CatalogStream): string[] {
  return metadataOf(stream)
    .filter((entry) => entry.breadcrumb.length > 0)
    .map((entry) => propertyPath(entry.breadcrumb));
}

/** The rule with other names in it, as the project file would have it. */
function rewrite(source: RuleSource, stream: string, property: string | undefined): string {
  const negation = source.text.startsWith('!') ? '!' : '';
  const key = source.kind === 'metadata' ? source.text.slice(source.text.lastIndexOf('.')) : '';
  const ending = property === undefined ? '' : `.${property}`;
  return `${negation}${stream.replaceAll('.', '\\.')}${ending}${key}`;
}

/** A breadcrumb as people write it: `address.city`. */
export function propertyPath(breadcrumb: readonly string[]): string {
  const names = [...breadcrumb.join('.').matchAll(/properties\.([^.]+)/g)];
  return names.map((match) => match[1]).join('.');
}

export type Selection = 'selected' | 'excluded' | 'automatic' | 'unsupported';

export interface ListedProperty {
  stream: string;
  property: string;
  /** Of stream and property together. */
  selection: Selection;
  streamSelection: Selection;
}

/**
 * What a catalog says is read, sorted by stream and property, as `select --list` shows it: of stream and
 * property together excluded comes before automatic, that before unsupported, that before selected.
 */
export function listSelection(catalog: Catalog): ListedProperty[] {
  const listed: ListedProperty[] = [];
  for (const stream of catalog.streams) {
    const entries = metadataOf(stream);
    const properties = distinct(entries.filter((entry) => entry.breadcrumb.length > 0));
    for (const { selection: streamSelection } of distinct(entries.filter((entry) => entry.breadcrumb.length === 0))) {
      for (const { name, selection } of properties) {
        const both = strongest(streamSelection, selection);
        listed.push({ stream: stream.tap_stream_id, property: name, selection: both, streamSelection });
      }
    }
  }
  return listed.sort((a, b) => compare(a.stream, b.stream) || compare(a.property, b.property));
}

/** Whether the tap reads it. */
export function isRead(selection: Selection): boolean {
  return selection === 'selected' || selection === 'automatic';
}

/** How many streams the catalog has, and how many of them are read. */
export function countSelected(catalog: Catalog): { streams: number; selected: number } {
  const selected = catalog.streams.filter((stream) =>
    metadataOf(stream).some((entry) => entry.breadcrumb.length === 0 && isRead(selectionOf(entry))),
  );
  return { streams: catalog.streams.length, selected: selected.length };
}

function distinct(entries: CatalogMetadata[]): { name: string; selection: Selection }[] {
  const found = entries.map((entry) => ({ name: propertyPath(entry.breadcrumb), selection: selectionOf(entry) }));
  return [...new Map(found.map((item) => [`${item.selection} ${item.name}`, item])).values()];
}

/** Of one metadata entry. */
export function selectionOf({ metadata }: CatalogMetadata): Selection {
  if (!isMap(metadata)) return 'excluded';
  if (metadata.inclusion === 'automatic' || metadata.inclusion === 'unsupported') return metadata.inclusion;
  if (metadata.selected === true) return 'selected';
  const byDefault = metadata.selected === undefined || metadata.selected === null;
  return byDefault && metadata['selected-by-default'] ? 'selected' : 'excluded';
}

/** What stream and property say together. */
export function strongest(one: Selection, other: Selection): Selection {
  const order: Selection[] = ['excluded', 'automatic', 'unsupported'];
  return order.find((selection) => selection === one || selection === other) ?? 'selected';
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
