import { TaplineError } from '../errors.js';
import type { ErrorInfo, EventEnvelope, RunEvent, RunEventBody, RunSubscriber } from './events.js';
import type { SecretMask } from './types.js';

/** Only the message of a plugin's log line is foreign text; in all other events Tapline chose the words. */
function maskBody(body: RunEventBody, mask: SecretMask): RunEventBody {
  if (body.type !== 'plugin.log') return mask.value(body);
  const { message, ...others } = body;
  return { ...mask.value(others), message: mask.text(message) };
}

/** The block that an event is about. */
export type EventPlace = Pick<EventEnvelope, 'blockId' | 'parentId' | 'attempt'>;

export type Emit = (body: RunEventBody) => void;

export interface Emitter {
  emit: Emit;
  /** Returns the emit function of one block. */
  at(place: EventPlace): Emit;
}

/**
 * Numbers, timestamps and masks events, then passes them to each subscriber. One that throws is reported once, to all, and still
 * gets further events: a subscriber never fails a run.
 */
export function createEmitter(runId: string, mask: SecretMask, subscribers: readonly RunSubscriber[]): Emitter {
  let sequence = 0;
  const failed = new Set<RunSubscriber>();

  const send = (body: RunEventBody, place: EventPlace): void => {
    sequence += 1;
    const time = new Date().toISOString();
    const event: RunEvent = { version: 1, sequence, time, runId, ...place, ...maskBody(body, mask) };
    for (const subscriber of subscribers) {
      try {
        subscriber(event);
      } catch (error) {
        report(subscriber, error);
      }
    }
  };

  const report = (subscriber: RunSubscriber, error: unknown): void => {
    if (failed.has(subscriber)) return;
    failed.add(subscriber);
    const reason = error instanceof Error ? error.message : String(error);
    send({ type: 'log', level: 'error', message: `a subscriber of the run's events failed: ${reason}` }, {});
  };

  return { emit: (body) => send(body, {}), at: (place) => (body) => send(body, place) };
}

/** Emits an error that does not end anything as a warning. */
export function warnOf({ code, message, hint, at }: TaplineError, emit: Emit): void {
  emit({ type: 'warning', code, message, hint, at });
}

/** An error as events and the history hold it. An error that is not a TaplineError is a bug and keeps its stack trace. */
export function errorInfo(error: unknown): ErrorInfo {
  if (error instanceof TaplineError) {
    const { code, message, hint, at, data } = error;
    return {
      code,
      message,
      ...(hint === undefined ? {} : { hint }),
      ...(at === undefined ? {} : { at }),
      ...(data === undefined ? {} : { data: jsonSafe(data) }),
    };
  }
  const message = error instanceof Error ? error.message : String(error);
  const info = { code: 'INTERNAL', message: message === '' ? 'error without a message' : message };
  return error instanceof Error && error.stack !== undefined ? { ...info, data: { stack: error.stack } } : info;
}

/** Dates become ISO texts and bigints digits: an event must survive JSON. */
function jsonSafe(data: Record<string, unknown>): Record<string, unknown> {
  const text = JSON.stringify(data, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
  return JSON.parse(text) as Record<string, unknown>;
}
