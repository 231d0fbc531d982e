import { isMap } from '../values.js';
import { type Catalog, type CatalogMetadata, type CatalogStream, metadataOf } from './catalog.js';
import { compilePattern } from './patterns.js';
import { listSelection, propertyPath, type Selection, selectionOf, strongest } from './selection.js';
import {
  type CatalogRules,
  compileRules,
  type MetadataRule,
  parseSelectPattern,
  type RuleSource,
} from './selection-rules.js';

/** Why a stream, or a property by itself, is read or not. */
export interface SelectionReason {
  selection: Selection;
  /** The rule that decided: what is written, and in which extra. Undefined where no rule did. */
  rule: { kind: 'select' | 'metadata' | 'select_filter'; text: string } | undefined;
  /** A clause: "`users.*` selects it". */
  why: string;
  /** Rules that match too, and were overruled, in the order in which they apply. */
  overruled: string[];
}

export interface ExplainedProperty {
  stream: string;
  property: string;
  /** Of stream and property together. */
  selection: Selection;
  /** What decided between the two. */
  decidedBy: 'stream' | 'property';
  streamReason: SelectionReason;
  propertyReason: SelectionReason;
}

/** Which rule decided on each property of a catalog to which the rules are applied already. Patterns are globs. */
export function explainSelection(
  catalog: Catalog,
  rules: CatalogRules,
  wanted: { stream: string; property: string },
): ExplainedProperty[] {
  const matchesStream = compilePattern(wanted.stream);
  const matchesProperty = compilePattern(wanted.property);
  const compiled = compileRules(rules).metadata;
  const streams = new Map(catalog.streams.map((stream) => [stream.tap_stream_id, stream]));
  const listed = listSelection({ streams: catalog.streams.filter((stream) => matchesStream(stream.tap_stream_id)) });
  return listed
    .filter(({ property }) => matchesProperty(property))
    .flatMap(({ stream, property, selection, streamSelection }) => {
      const entries = metadataOf(streams.get(stream) as CatalogStream);
      // A broken catalog may have several entries for one thing; the list has each.
      const root = entries.find((each) => each.breadcrumb.length === 0 && selectionOf(each) === streamSelection);
      const own = entries.find(
        (each) =>
          each.breadcrumb.length > 0 &&
          propertyPath(each.breadcrumb) === property &&
          strongest(streamSelection, selectionOf(each)) === selection,
      );
      if (own === undefined || root === undefined) return [];
      const filtered = streamSelection === 'excluded' ? filterReason(stream, rules.selectFilter ?? []) : undefined;
      const streamReason = filtered ?? reasonOf(stream, root, compiled, rules);
      const propertyReason = reasonOf(stream, own, compiled, rules);
      const isTheStreams =
        streamReason.selection === selection && (selection === 'excluded' || propertyReason.selection !== selection);
      const decidedBy = isTheStreams ? 'stream' : 'property';
      return [{ stream, property, selection, decidedBy, streamReason, propertyReason }];
    });
}

/** Filters come last and take off whole streams. */
function filterReason(stream: string, patterns: readonly string[]): SelectionReason | undefined {
  const parsed = patterns.map((text) => ({ text, ...parseSelectPattern(text) }));
  const names = ({ stream: pattern }: { stream: string }) => compilePattern(pattern)(stream);
  const drops = parsed.find((pattern) => pattern.negated && names(pattern));
  const kept = parsed.filter(({ negated }) => !negated);
  const isLeftOut = kept.length > 0 && !kept.some(names);
  if (drops === undefined && !isLeftOut) return undefined;
  const text = drops?.text ?? kept.map((pattern) => pattern.text).join(', ');
  const why = drops === undefined ? `\`${text}\` does not name it` : `\`${text}\` leaves it out`;
  return { selection: 'excluded', rule: { kind: 'select_filter', text }, why, overruled: [] };
}

function reasonOf(
  stream: string,
  entry: CatalogMetadata,
  compiled: readonly MetadataRule[],
  { customCatalog }: CatalogRules,
): SelectionReason {
  const path = entry.breadcrumb.join('.');
  const matching = compiled.filter((rule) => rule.matchesStream(stream) && rule.matchesBreadcrumb(path));
  const selection = selectionOf(entry);
  const rulesFor = (key: string) => matching.filter((rule) => rule.key === key && rule.source !== undefined);
  if (selection === 'automatic' || selection === 'unsupported') {
    const inclusion = rulesFor('inclusion').at(-1)?.source;
    const others = rulesFor('selected').filter(({ value }) => (value === true) !== (selection === 'automatic'));
    const overruled = textsOf(others);
    const said = selection === 'automatic' ? 'the tap always reads it' : "the tap can't read it";
    if (inclusion === undefined) return { selection, rule: undefined, why: said, overruled };
    return { selection, rule: ruleOf(inclusion), why: `\`${inclusion.text}\` says so`, overruled };
  }
  const others = rulesFor('selected');
  const winner = others.pop();
  const overruled = textsOf(others).filter((text) => text !== winner?.source?.text);
  if (winner?.source !== undefined) {
    const { text } = winner.source;
    if ((winner.value === true) === (selection === 'selected')) {
      const why = selection === 'selected' ? `\`${text}\` selects it` : `\`${text}\` excludes it`;
      return { selection, rule: ruleOf(winner.source), why, overruled };
    }
    // The one case: a nested property without metadata, in a stream whose metadata stands before its schema.
    const why = `\`${text}\` does not reach it, since the tap has no metadata for it`;
    return { selection, rule: undefined, why, overruled: [...overruled, text] };
  }
  const isByDefault = isMap(entry.metadata) && entry.metadata['selected-by-default'] === true;
  const silent = customCatalog === true ? 'the catalog file says so' : 'no pattern selects it';
  const why = isByDefault && selection === 'selected' ? 'the tap selects it by default' : silent;
  return { selection, rule: undefined, why, overruled };
}

function textsOf(rules: readonly MetadataRule[]): string[] {
  return [...new Set(rules.flatMap(({ source }) => (source === undefined ? [] : [source.text])))];
}

function ruleOf({ kind, text }: RuleSource): SelectionReason['rule'] {
  return kind === 'metadata' ? { kind, text } : { kind: 'select', text };
}
