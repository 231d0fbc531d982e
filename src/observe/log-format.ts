/** Log lines in the shapes of the original: console, key-value, JSON, or the bare message. */
import { stripVTControlCharacters } from 'node:util';
import picocolors from 'picocolors';
import { pythonRepr } from '../python-json.js';
import type { LogLevel } from '../run/events.js';
import type { LogFormat, LogRecord } from './log-record.js';

export interface FormatOptions {
  format: LogFormat;
  colors?: boolean | undefined;
  /** Field names of Google Cloud Logging (`severity`, `message`), as a logging file can ask for. */
  preset?: 'google-cloud-logging' | undefined;
  /** Fields that console lines show besides time, level, name and event. */
  includeKeys?: readonly string[] | 'all' | undefined;
  /** Local time instead of UTC, as NO_UTC asks for. */
  localTime?: boolean | undefined;
}

export type Formatter = (record: LogRecord) => string;

/** A function from record to line, without the line's end. */
export function createFormatter(options: FormatOptions): Formatter {
  if (options.format === 'json') return (record) => jsonLine(record, options);
  if (options.format === 'key-value') return (record) => keyValueLine(record, options);
  if (options.format === 'plain') return (record) => printable(record.event, false);
  const colors = options.format === 'colored' && options.colors === true;
  const column = nameColumn();
  return (record) => consoleLine(record, { ...options, colors, column });
}

const minNameWidth = 12;
const maxNameWidth = 32;
const eventWidth = 30;
const levelWidth = 9;

/** Pads names to the longest one so far, so that long plugin names keep the columns. */
function nameColumn(): (name: string) => string {
  let width = minNameWidth;
  return (name) => {
    width = Math.max(width, Math.min(maxNameWidth, name.length));
    return name.padEnd(width);
  };
}

interface ConsoleOptions extends FormatOptions {
  colors: boolean;
  column: (name: string) => string;
}

function consoleLine(record: LogRecord, options: ConsoleOptions): string {
  const { colors, column } = options;
  const paint = picocolors.createColors(colors);
  const level = record.level.padEnd(levelWidth);
  const name = record.name ?? 'tapline';
  const event = printable(record.text ?? record.event, colors);
  const head = `${paint.dim(timestamp(record.time, options))} [${levelColor(paint, record.level)(level)}] ${paint.cyan(column(name))}`;
  const pairs = consoleFields(record, options).map(
    ([key, value]) => `${paint.cyan(key)}=${paint.magenta(fieldText(value))}`,
  );
  const said = pairs.length === 0 ? paint.bold(event) : `${paint.bold(event.padEnd(eventWidth))} ${pairs.join(' ')}`;
  return `${head} ${said}${exceptionText(record.fields?.plugin_exception)}`;
}

/** Console lines hide all fields but these; a metric shows its name and value. */
function consoleFields(
  { fields = {}, shown: asked = [] }: LogRecord,
  { includeKeys = [] }: FormatOptions,
): [string, unknown][] {
  const shown = Object.entries(fields).filter(
    ([key, value]) =>
      value !== undefined &&
      !['metric_info', 'plugin_exception', 'name'].includes(key) &&
      (includeKeys === 'all' || includeKeys.includes(key) || asked.includes(key)),
  );
  return [...shown, ...metricFields(fields.metric_info)];
}

function metricFields(info: unknown): [string, unknown][] {
  if (typeof info !== 'object' || info === null || !('metric' in info)) return [];
  return [
    ['metric_name', info.metric],
    ['metric_value', 'value' in info ? info.value : null],
  ];
}

function exceptionText(exception: unknown): string {
  if (typeof exception !== 'object' || exception === null) return '';
  const { type = 'Error', message = '', traceback } = exception as Record<string, unknown>;
  const last: unknown = Array.isArray(traceback) ? traceback.at(-1) : undefined;
  const place = isFrame(last) ? ` (${last.filename}:${last.lineno} in ${last.function})` : '';
  return `\n    ${printable(`${type}: ${message}${place}`, false)}`;
}

function isFrame(value: unknown): value is { filename: string; lineno: number; function: string } {
  return typeof value === 'object' && value !== null && 'filename' in value && 'lineno' in value && 'function' in value;
}

function fieldText(value: unknown): string {
  return typeof value === 'string' && /^[\w.:/@+-]+$/.test(value) ? value : pythonRepr(value);
}

function levelColor(paint: ReturnType<typeof picocolors.createColors>, level: LogLevel): (text: string) => string {
  if (level === 'debug') return paint.blue;
  if (level === 'info') return paint.green;
  return level === 'warning' ? paint.yellow : paint.red;
}

function keyValueLine(record: LogRecord, options: FormatOptions): string {
  const pairs: [string, unknown][] = [
    ['timestamp', timestamp(record.time, options)],
    ['level', record.level],
    ['event', record.event],
    ['logger', null],
    ...presentFields(record),
  ];
  return pairs.map(([key, value]) => `${key}=${pythonRepr(value)}`).join(' ');
}

function jsonLine(record: LogRecord, options: FormatOptions): string {
  const fields = Object.fromEntries(presentFields(record));
  const time = timestamp(record.time, options);
  if (options.preset === 'google-cloud-logging') {
    return JSON.stringify({ ...fields, timestamp: time, severity: record.level.toUpperCase(), message: record.event });
  }
  return JSON.stringify({ ...fields, event: record.event, level: record.level, timestamp: time });
}

function presentFields({ name, fields = {} }: LogRecord): [string, unknown][] {
  const named: [string, unknown][] = name === undefined ? [] : [['name', name]];
  return [...named, ...Object.entries(fields).filter(([key, value]) => value !== undefined && key !== 'name')];
}

/** Microseconds, as the original writes them; ours are whole milliseconds. */
function timestamp(time: Date, { localTime = false }: FormatOptions): string {
  if (!localTime) return time.toISOString().replace('Z', '000Z');
  return new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().replace('Z', '000');
}

/**
 * Text of others in a line of ours: one line, no control characters, so that a plugin (or a file's name) can't move
 * the cursor or clear the screen. Colours stay where ours are on.
 */
export function printable(text: string, colors: boolean): string {
  const lines = text.replace(/\r?\n/g, '\n    ').replaceAll('\r', ' ');
  if (!colors) return withoutControls(lines);
  // The codes are at the odd places.
  return lines
    .split(colorCode)
    .map((part, index) => (index % 2 === 1 ? part : withoutControls(part)))
    .join('');
}

const colorCode = new RegExp(`(${String.fromCharCode(27)}\\[[0-9;]*m)`);

/** Takes out escape sequences, control characters, and those that change the direction of writing. */
function withoutControls(text: string): string {
  return stripVTControlCharacters(text).replace(/(?![\t\n])\p{Cc}|[\u2028-\u202e\u2066-\u2069]/gu, '');
}
