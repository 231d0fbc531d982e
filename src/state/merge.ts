/** How a partial state is merged over a completed one, and how a write changes both, as in Meltano 4.4.1. */
import { isMap } from '../values.js';
import type { StateWrite, WrappedState } from './port.js';

/** Maps are merged key by key, everything else of `patch` replaces what `onto` has. Neither is changed. */
export function mergeMaps(onto: Record<string, unknown>, patch: Record<string, unknown>): Record<string, unknown> {
  const merged = new Map(Object.entries(onto));
  for (const [key, value] of Object.entries(patch)) {
    const old = merged.get(key);
    merged.set(key, isMap(value) ? mergeMaps(isMap(old) ? old : {}, value) : value);
  }
  // fromEntries defines properties, so that a key `__proto__` stays a key.
  return Object.fromEntries(merged);
}

/** What the next run starts from: the partial state laid over the completed one. */
export function mergedView(state: { completed: WrappedState; partial: WrappedState }): WrappedState {
  return mergeMaps({ ...state.completed }, { ...state.partial });
}

/** The two halves after a write: see StateWrite. */
export function applyWrite(
  current: { completed: WrappedState; partial: WrappedState } | undefined,
  write: StateWrite,
): { completed: WrappedState; partial: WrappedState } {
  if (write.mode === 'completed') return { completed: write.state, partial: {} };
  const { completed, partial } = current ?? { completed: {}, partial: {} };
  return { completed, partial: mergeMaps({ ...partial }, { ...write.state }) };
}

/** A matcher for the original's `--pattern`, where `*` matches any text and nothing else is special. */
export function patternMatcher(pattern: string | undefined): (stateId: string) => boolean {
  if (pattern === undefined || pattern === '' || pattern === '*') return () => true;
  const source = pattern
    .split('*')
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('.*');
  const regex = new RegExp(`^${source}$`, 's');
  return (stateId) => regex.test(stateId);
}
