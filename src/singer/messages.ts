import { isMap } from '../values.js';
import { parseExactJson } from './exact-json.js';

/** The bundled plugins import the folder of the protocol and nothing else. */
export { isMap } from '../values.js';

/** What Singer programs say to each other besides records, read from one line. */

export type JsonMap = Record<string, unknown>;

export interface SchemaMessage {
  type: 'SCHEMA';
  stream: string;
  schema: JsonMap;
  keyProperties: string[];
  bookmarkProperties: string[];
}

export interface StateMessage {
  type: 'STATE';
  value: unknown;
}

export interface ActivateVersionMessage {
  type: 'ACTIVATE_VERSION';
  stream: string;
  version: number | bigint;
}

export interface BatchMessage {
  type: 'BATCH';
  stream: string;
  /** How many files its manifest names. */
  files: number;
}

export type ControlMessage = SchemaMessage | StateMessage | ActivateVersionMessage | BatchMessage;

/** A message, or why the line is none. */
export type Parsed<T> = { ok: true; message: T } | { ok: false; reason: string };

/** Reads a SCHEMA, STATE, ACTIVATE_VERSION or BATCH line. Never throws. */
export function parseControlMessage(line: Buffer | string): Parsed<ControlMessage> {
  const parsed = parseLine(textOf(line));
  if (!parsed.ok) return odd(parsed.fault);
  const { value } = parsed;
  if (!isMap(value)) return odd('not a JSON object');
  switch (value.type) {
    case 'SCHEMA':
      return parseSchema(value);
    case 'STATE':
      if (!('value' in value)) return odd('a STATE without a "value"');
      return { ok: true, message: { type: 'STATE', value: value.value } };
    case 'ACTIVATE_VERSION':
      return parseActivateVersion(value);
    case 'BATCH':
      if (typeof value.stream !== 'string') return odd('a BATCH without a "stream"');
      return {
        ok: true,
        message: {
          type: 'BATCH',
          stream: value.stream,
          files: Array.isArray(value.manifest) ? value.manifest.length : 0,
        },
      };
    default:
      return odd('a message of an unknown type');
  }
}

function parseSchema(value: JsonMap): Parsed<SchemaMessage> {
  if (typeof value.stream !== 'string') return odd('a SCHEMA without a "stream"');
  if (!isMap(value.schema)) return odd(`a SCHEMA of ${JSON.stringify(value.stream)} without a "schema" map`);
  return {
    ok: true,
    message: {
      type: 'SCHEMA',
      stream: value.stream,
      schema: value.schema,
      keyProperties: texts(value.key_properties),
      bookmarkProperties: texts(value.bookmark_properties),
    },
  };
}

function parseActivateVersion(value: JsonMap): Parsed<ActivateVersionMessage> {
  const { stream, version } = value;
  if (typeof stream !== 'string') return odd('an ACTIVATE_VERSION without a "stream"');
  if (typeof version !== 'number' && typeof version !== 'bigint') return odd('an ACTIVATE_VERSION without a "version"');
  return { ok: true, message: { type: 'ACTIVATE_VERSION', stream, version } };
}

/** A line that a target prints: a state, or why it is none. `blank` lines mean nothing and need no warning. */
export type TargetState =
  | { kind: 'state'; state: JsonMap }
  | { kind: 'empty' }
  | { kind: 'blank' }
  | { kind: 'invalid'; reason: string };

/** Never throws. Long whole numbers are `bigint`, see exact-json.ts. */
export function parseTargetState(line: Buffer | string): TargetState {
  const text = textOf(line);
  if (text.trim() === '') return { kind: 'blank' };
  const parsed = parseLine(text);
  if (!parsed.ok) return { kind: 'invalid', reason: `it is ${parsed.fault}` };
  const { value: state } = parsed;
  if (!isMap(state)) return { kind: 'invalid', reason: `it is ${nameOf(state)}, not a JSON object` };
  return Object.keys(state).length === 0 ? { kind: 'empty' } : { kind: 'state', state };
}

/** Levels of lists and maps. Python's own JSON reader gives up at twice as many, and all that walks through a value here would too. */
const deepest = 500;

function parseLine(text: string): { ok: true; value: unknown } | { ok: false; fault: string } {
  try {
    const value = parseExactJson(text);
    if (isTooDeep(value, text)) return { ok: false, fault: `nested deeper than ${deepest} levels` };
    return { ok: true, value };
  } catch {
    return { ok: false, fault: 'not JSON' };
  }
}

/** Whether a JSON value is nested so deep that it can't be walked through; `text` is what it was read from. */
export function isTooDeep(value: unknown, text: string): boolean {
  // Each level takes two characters at least.
  return text.length > 2 * deepest && isDeeper(value, deepest);
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  return Object.values(value).some((member) => isDeeper(member, levels - 1));
}

function textOf(line: Buffer | string): string {
  return typeof line === 'string' ? line : line.toString('utf8');
}

function texts(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

function nameOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : `a ${typeof value}`;
}

function odd(reason: string): { ok: false; reason: string } {
  return { ok: false, reason };
}
