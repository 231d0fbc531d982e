import type { EventEnvelope, RunEvent, RunEventBody, RunSubscriber } from './events.js';
import type { SecretMask } from './types.js';

/** Only the message of a plugin's log line is foreign text; in all other events Tapline chose the words. */
function maskBody(body: RunEventBody, mask: SecretMask): RunEventBody {
  const masked = mask.value(body);
  return body.type === 'plugin.log' ? ({ ...masked, message: mask.text(body.message) } as RunEventBody) : masked;
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
