import { createHash } from 'node:crypto';
import type { ControlLine } from '../../singer/line-scanner.js';
import { parseControlMessage } from '../../singer/messages.js';
import type { RunEventBody } from '../events.js';

export interface MessageListeners {
  onSchema?: ((schema: SchemaSeen) => void) | undefined;
  onState?: ((value: unknown) => void) | undefined;
  /** The number of files that a BATCH names. */
  onBatch?: ((files: number) => void) | undefined;
}

export type SchemaSeen = Omit<Extract<RunEventBody, { type: 'schema' }>, 'type' | 'plugin'>;

/**
 * Reads the SCHEMA, STATE and BATCH lines of a link; lines without a listener are not parsed. The returned function says why a
 * line is odd. Equal SCHEMA lines of a stream, which some taps repeat before each batch, are reported once.
 */
export function readMessages({
  onSchema,
  onState,
  onBatch,
}: MessageListeners): (line: ControlLine) => string | undefined {
  const hashes = new Map<string, string>();
  return ({ type, line }) => {
    const listeners = { SCHEMA: onSchema, STATE: onState, BATCH: onBatch, ACTIVATE_VERSION: undefined };
    if (listeners[type] === undefined) return undefined;
    const parsed = parseControlMessage(line);
    if (!parsed.ok) return parsed.reason;
    const { message } = parsed;
    if (message.type === 'STATE') onState?.(message.value);
    if (message.type === 'BATCH') onBatch?.(message.files);
    if (message.type !== 'SCHEMA') return undefined;
    const { stream, schema, keyProperties } = message;
    const hash = createHash('sha1').update(line).digest('base64');
    const before = hashes.get(stream);
    hashes.set(stream, hash);
    if (before !== hash) onSchema?.({ stream, schema, keyProperties, changed: before !== undefined });
    return undefined;
  };
}
