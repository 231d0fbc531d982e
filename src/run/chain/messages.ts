import { createHash } from 'node:crypto';
import type { ControlLine } from '../../singer/line-scanner.js';
import type { RunEventBody } from '../events.js';

export interface MessageReader {
  onSchema?: ((schema: SchemaSeen) => void) | undefined;
  onState?: ((value: unknown) => void) | undefined;
}

type SchemaSeen = Omit<Extract<RunEventBody, { type: 'schema' }>, 'type' | 'plugin'>;

/**
 * Reads the SCHEMA and STATE lines of a link; what nobody asks for is not parsed. The function it returns says
 * why a line is odd. Equal SCHEMA lines of a stream, which some taps repeat before each batch, are told once.
 */
export function messageReader({ onSchema, onState }: MessageReader): (line: ControlLine) => string | undefined {
  const hashes = new Map<string, string>();
  const readSchema = (line: Buffer): string | undefined => {
    const message = parse(line);
    if (message === undefined) return 'a SCHEMA that is not JSON';
    const { stream, schema, key_properties: keys } = message;
    if (typeof stream !== 'string') return 'a SCHEMA without a "stream"';
    const hash = createHash('sha1').update(line).digest('base64');
    const before = hashes.get(stream);
    if (before === hash) return undefined;
    hashes.set(stream, hash);
    const keyProperties = Array.isArray(keys) ? keys.map(String) : [];
    onSchema?.({ stream, schema, keyProperties, changed: before !== undefined });
    return undefined;
  };
  const readState = (line: Buffer): string | undefined => {
    const message = parse(line);
    if (message === undefined) return 'a STATE that is not JSON';
    if (!('value' in message)) return 'a STATE without a "value"';
    onState?.(message.value);
    return undefined;
  };
  return ({ type, line }) => {
    if (type === 'SCHEMA' && onSchema !== undefined) return readSchema(line);
    if (type === 'STATE' && onState !== undefined) return readState(line);
    return undefined;
  };
}

function parse(line: Buffer): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line.toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
