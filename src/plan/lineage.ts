import type { PlanScope } from './types.js';

/** A scope with those that hold it, the outermost first. */
export function lineage(scope: PlanScope | undefined): PlanScope[] {
  return scope === undefined ? [] : [...lineage(scope.parent), scope];
}
