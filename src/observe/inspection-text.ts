import { exactJson } from '../exact-json.js';
import type { Finding } from '../singer/inspection/findings.js';
import type { InspectionReport, StreamReport } from '../singer/inspection/inspection.js';
import { whole } from './units.js';

/** The report of an inspection as a person reads it; widths are those of the longest name. */
export function inspectionLines(report: InspectionReport): string[] {
  return [
    '=== Pipeline Summary ===',
    `${countOf(report.lines, 'line')}, ${countOf(report.bytes, 'byte')}`,
    ...section('Messages by type', messageLines(report)),
    ...section('Records by stream', report.streams.map(streamLine(report.streams))),
    ...problemLines(report),
    ...report.streams.filter((stream) => stream.keysComparedUntil !== undefined).map(stoppedLine),
  ];
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`${title}:`, ...lines.map((line) => `  ${line}`)];
}

function messageLines({ messages }: InspectionReport): string[] {
  const width = Math.max(0, ...Object.keys(messages).map((type) => type.length));
  return Object.entries(messages).map(([type, count]) => `${`${clean(type)}:`.padEnd(width + 1)} ${count}`);
}

function streamLine(streams: readonly StreamReport[]): (stream: StreamReport) => string {
  const width = Math.max(0, ...streams.map(({ stream }) => stream.length));
  return ({ stream, records, bytes, minBytes, meanBytes, maxBytes }) =>
    `${`${clean(stream)}:`.padEnd(width + 1)} ${countOf(records, 'record')}, ${countOf(bytes, 'byte')} (min ${minBytes}, mean ${meanBytes}, max ${maxBytes})`;
}

function problemLines({ checked, findings, findingsTotal, unlistedFindings }: InspectionReport): string[] {
  if (findingsTotal === 0) return [checked ? 'No problems found.' : 'Not checked.'];
  const more = unlistedFindings === 0 ? [] : [`and ${unlistedFindings} more`];
  return section(`Problems (${findingsTotal})`, [...findings.map(findingLine), ...more]);
}

/** `line 4: stream 'orders', property 'id': key property is null (3 times)` */
function findingLine({ kind, stream, property, count, line, detail }: Finding): string {
  const where = [
    ...(stream === undefined ? [] : [`stream '${clean(stream)}'`]),
    ...(property === undefined || property === '' || kind === 'unknown_message'
      ? []
      : [`property '${clean(property)}'`]),
  ];
  const place = where.length === 0 ? '' : `${where.join(', ')}: `;
  return `line ${line}: ${place}${clean(detail)}${count === 1 ? '' : ` (${count} times, first here)`}`;
}

function stoppedLine({ stream, keysComparedUntil }: StreamReport): string {
  return `Stream '${clean(stream)}': stopped looking for duplicate keys after ${countOf(keysComparedUntil ?? 0, 'key')}.`;
}

/** The report as JSON prints it, see schemas/output-inspect.schema.json. */
export function inspectionJson(report: InspectionReport): Record<string, unknown> {
  return {
    lines: report.lines,
    bytes: report.bytes,
    messages: report.messages,
    streams: report.streams.map((stream) => ({
      stream: stream.stream,
      records: stream.records,
      bytes: stream.bytes,
      min_bytes: stream.minBytes,
      mean_bytes: stream.meanBytes,
      max_bytes: stream.maxBytes,
      ...(stream.keysComparedUntil === undefined ? {} : { keys_compared_until: stream.keysComparedUntil }),
    })),
    checked: report.checked,
    problems: report.findings,
    problems_total: report.findingsTotal,
    problems_unlisted: report.unlistedFindings,
  };
}

/** `debug: record of 'orders', 57 bytes` and the like, one a message. */
export const messageLine = {
  record: (stream: string, bytes: number): string => `debug: RECORD '${clean(stream)}': ${countOf(bytes, 'byte')}`,
  state: (value: unknown): string => `info: STATE checkpoint: ${exactJson(value) ?? 'null'}`,
  schema: (stream: string, fields: readonly string[], keys: readonly string[]): string =>
    `info: SCHEMA '${clean(stream)}': fields ${fields.map(clean).join(', ') || '(none)'}; key ${keys.map(clean).join(', ') || '(none)'}`,
};

/** Names are the tap's: none may move the cursor or begin a line of its own. */
function clean(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Zl}\p{Zp}]/gu,
    (char) => `\\u${(char.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  );
}

function countOf(count: number, noun: string): string {
  return `${whole(count)} ${noun}${count === 1 ? '' : 's'}`;
}
