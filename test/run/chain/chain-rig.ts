import { startChain } from '../../../src/run/chain/chain-run.js';
import type { ChainOutcome, ChainSpec, RunningChain } from '../../../src/run/chain/types.js';
import type { RunEventBody } from '../../../src/run/events.js';
import { type Actor, Stage } from './actors.js';

export type SavedEntry = { state: unknown; recordsLoaded: number };

/** A chain of actors, and all that it tells. */
export interface Rig {
  stage: Stage;
  chain: RunningChain;
  done: Promise<ChainOutcome>;
  tap: Actor;
  target: Actor;
  mapper: Actor | undefined;
  events: RunEventBody[];
  saved: SavedEntry[];
  /** The next event for which `test` holds, those before included. */
  event(test: (event: RunEventBody) => boolean): Promise<RunEventBody>;
  /** Resolves when this many states are saved. */
  savedCount(count: number): Promise<void>;
}

export interface RigOptions extends Partial<Omit<ChainSpec, 'processes'>> {
  mapper?: boolean;
  save?: (entry: SavedEntry) => Promise<void>;
}

/** Short where a test waits for a grace to end, long where it must not. */
export const shortGraces = { tapStop: 200, stop: 400, afterFailure: 100, kill: 200, drain: 200 };

export async function startRig({ mapper = false, save, ...more }: RigOptions = {}): Promise<Rig> {
  const stage = new Stage();
  const events: RunEventBody[] = [];
  const listeners = new Set<() => void>();
  const saved: SavedEntry[] = [];
  const notify = () => {
    for (const listener of [...listeners]) listener();
  };
  const until = (test: () => boolean) =>
    new Promise<void>((resolve) => {
      const check = () => {
        if (!test()) return;
        listeners.delete(check);
        resolve();
      };
      listeners.add(check);
      check();
    });
  const processes = [
    stage.spec('tap', 'tap-x'),
    ...(mapper ? [stage.spec('mapper', 'map-x')] : []),
    stage.spec('target', 'target-x'),
  ];
  const chain = startChain(
    { name: 'tap-x-to-target-x', directory: stage.directory, processes, checkpointInterval: 1, ...more },
    {
      emit: (event) => {
        events.push(event);
        notify();
      },
      canRetry: (error) => (error as { retryable?: boolean }).retryable === true,
      save: async (checkpoint) => {
        await save?.(checkpoint);
        saved.push(checkpoint);
        notify();
      },
    },
  );
  const [tap, target] = await Promise.all([stage.actor('tap-x'), stage.actor('target-x')]);
  return {
    stage,
    chain,
    done: chain.done,
    tap,
    target,
    mapper: mapper ? await stage.actor('map-x') : undefined,
    events,
    saved,
    event: async (test) => {
      await until(() => events.some(test));
      return events.find(test) as RunEventBody;
    },
    savedCount: (count) => until(() => saved.length >= count),
  };
}

export const schema =
  '{"type":"SCHEMA","stream":"users","schema":{"properties":{"id":{"type":"integer"}}},"key_properties":["id"]}\n';
export const record = (id: number) => `{"type":"RECORD","stream":"users","record":{"id":${id}}}\n`;
export const state = (id: number) => `{"type":"STATE","value":{"bookmarks":{"users":{"id":${id}}}}}\n`;
export const printed = (id: number) => `{"bookmarks": {"users": {"id": ${id}}}}\n`;
