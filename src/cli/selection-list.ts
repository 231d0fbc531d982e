/** The lists and explanations that `select` prints. */
import picocolors from 'picocolors';
import type { LoadedSelection } from '../actions/config/selection.js';
import { formatLocation } from '../errors.js';
import { hasColors } from '../observe/colors.js';
import { shortened } from '../observe/error-report.js';
import type { PreparedCatalog } from '../run/tap/catalog.js';
import { describeOrigin } from '../settings/origins.js';
import type { ResolvedPlugin } from '../settings/types.js';
import { type ExplainedProperty, explainSelection, type SelectionReason } from '../singer/explain-selection.js';
import { isRead, type ListedProperty, listSelection, type Selection } from '../singer/selection.js';

interface Wanted {
  stream: string;
  property: string;
  /** Includes what is not selected. */
  all: boolean;
}

const selections: readonly Selection[] = ['selected', 'excluded', 'automatic', 'unsupported'];
const maxWidth = Math.max(...selections.map((selection) => selection.length));

/** The original's JSON: see schemas/output-select.schema.json. */
export function selectionEntry({ tap, prepared }: LoadedSelection, { all }: Wanted): Record<string, unknown> {
  const streams = listed(prepared, all).map(({ stream, property, selection }) => ({ stream, property, selection }));
  return { enabled_patterns: patternsOf(tap), streams };
}

/** The original's text, colours included. */
export function selectionText(
  { tap, prepared }: LoadedSelection,
  { all }: Wanted,
  terminal: { isTTY: boolean; env: NodeJS.ProcessEnv },
): string {
  const paint = painter(hasColors(terminal, terminal.env));
  const rows = listed(prepared, all).map(
    ({ stream, property, selection, streamSelection }) =>
      `\t${paint(selection, mark(selection))} ${paint(streamSelection, stream)}${paint(selection, `.${property}`)}`,
  );
  const lines = [
    'Legend:',
    ...selections.map((selection) => `\t${paint(selection, selection)}`),
    '',
    'Enabled patterns:',
    ...patternsOf(tap).map((pattern) => `\t${pattern}`),
    '',
    'Selected properties:',
    ...rows,
  ];
  return `${lines.join('\n')}\n`;
}

/** See schemas/output-select-explain.schema.json. */
export function explanationEntry(loaded: LoadedSelection, wanted: Wanted): Record<string, unknown> {
  const entryOf = ({ selection, rule, why, overruled }: SelectionReason) => ({
    selection,
    rule: rule ?? null,
    from: rule === undefined ? null : (locationOf(loaded.tap, rule.kind) ?? null),
    why,
    overruled,
  });
  const properties = explained(loaded, wanted).map(({ streamReason, propertyReason, decidedBy, ...listing }) => ({
    ...listing,
    decided_by: decidedBy,
    stream_reason: entryOf(streamReason),
    property_reason: entryOf(propertyReason),
  }));
  return { extractor: loaded.tap.plugin.name, properties };
}

export function explanationText(loaded: LoadedSelection, wanted: Wanted): string {
  const blocks = explained(loaded, wanted).map((property) => {
    const { stream, selection, decidedBy, streamReason, propertyReason } = property;
    const lines = [
      `${mark(selection)} ${stream}.${property.property}`,
      reasonLine(loaded.tap, `stream ${stream}`, streamReason, decidedBy === 'stream'),
      reasonLine(loaded.tap, 'property', propertyReason, decidedBy === 'property'),
    ];
    return lines.join('\n');
  });
  if (blocks.length > 0) return `${blocks.join('\n')}\n`;
  return `No property of '${loaded.tap.plugin.name}' matches ${wanted.stream}.${wanted.property}\n`;
}

function reasonLine(tap: ResolvedPlugin, what: string, reason: SelectionReason, decides: boolean): string {
  const { selection, rule, why, overruled } = reason;
  const location = rule === undefined ? undefined : locationOf(tap, rule.kind);
  const from = location === undefined ? '' : ` (${rule?.kind} from ${location})`;
  const over = overruled.length === 0 ? '' : `; overruled: ${overruled.map((text) => `\`${text}\``).join(', ')}`;
  return `    ${decides ? '→' : ' '} ${what}: ${selection}, ${why}${from}${over}`;
}

/** Where the rules of an extra are written. */
function locationOf({ settings }: ResolvedPlugin, kind: string): string | undefined {
  // A map such as `metadata` is merged from its leaves if any are set.
  const origin = settings.get(`_${kind}`)?.origin;
  if (origin === undefined) return undefined;
  return origin.at === undefined ? describeOrigin(origin) : formatLocation(shortened(origin.at, process.cwd()));
}

function explained({ prepared }: LoadedSelection, wanted: Wanted): ExplainedProperty[] {
  return explainSelection(prepared.catalog, prepared.rules, wanted);
}

function listed({ catalog }: PreparedCatalog, all: boolean): ListedProperty[] {
  return listSelection(catalog).filter(({ selection }) => all || isRead(selection));
}

function patternsOf({ extras }: ResolvedPlugin): string[] {
  return Array.isArray(extras.select) ? extras.select.map(String) : [];
}

function mark(selection: Selection): string {
  return `[${selection.padEnd(maxWidth)}]`;
}

function painter(colors: boolean): (selection: Selection, text: string) => string {
  const { greenBright, red, whiteBright, black } = picocolors.createColors(colors);
  const paints = { selected: greenBright, excluded: red, automatic: whiteBright, unsupported: black };
  return (selection, text) => paints[selection](text);
}
