import { type SourceLocation, TaplineError } from '../errors.js';
import { isMap } from '../values.js';
import { findPlace, type Places } from './places.js';
import type { ProjectPath } from './types.js';

/** A value with where it and all that it holds stand. */
export interface Placed {
  value: unknown;
  places: Places;
}

/** Later over earlier: maps recursively, lists one after the other, other values replaced; an empty value changes nothing. */
export function mergePlaced(earlier: Placed, later: Placed): Placed {
  if (later.value === null) return earlier;
  const [file, line, col] = earlier.places;
  if (Array.isArray(earlier.value) && Array.isArray(later.value)) {
    const inside = [...insideList(earlier.places), ...insideList(later.places)];
    return { value: [...earlier.value, ...later.value], places: [file, line, col, inside] };
  }
  if (!isMap(earlier.value) || !isMap(later.value)) return later;
  const value = { ...earlier.value };
  const inside = { ...insideMap(earlier.places) };
  for (const [key, added] of Object.entries(later.value)) {
    const place = insideMap(later.places)[key] ?? later.places;
    const known = inside[key];
    const merged = known
      ? mergePlaced({ value: value[key], places: known }, { value: added, places: place })
      : { value: added, places: place };
    value[key] = merged.value;
    inside[key] = merged.places;
  }
  return { value, places: [file, line, col, inside] };
}

function insideList(places: Places): Places[] {
  return Array.isArray(places[3]) ? places[3] : [];
}

function insideMap(places: Places): { [key: string]: Places } {
  return places[3] === undefined || Array.isArray(places[3]) ? {} : places[3];
}

/**
 * One name may stand in one included file only, as in the original, which would not know where to write it back. A run step may stand in
 * one of all files: maps are merged, so two would become one that nobody wrote.
 */
export function refuseDuplicateNames(files: readonly string[], main: Placed, included: readonly Placed[]): void {
  const known = new Map<string, SourceLocation | undefined>();
  for (const { value, places } of [main, ...included]) {
    for (const { kind, name, path } of value === main.value ? runStepsOf(value) : namedItems(value)) {
      const key = `${kind} ${name}`;
      const at = findPlace(files, places, path);
      if (known.has(key)) throw duplicate(kind, name, at, known.get(key));
      known.set(key, at);
    }
  }
}

function duplicate(
  kind: string,
  name: string,
  at: SourceLocation | undefined,
  first: SourceLocation | undefined,
): TaplineError {
  const where = first ? ` It is also at ${first.file}:${first.line}.` : '';
  return new TaplineError('PROJECT_DUPLICATE', `Two entries of '${kind}' are named '${name}'.${where}`, {
    at,
    hint: 'Rename or remove one of the two.',
  });
}

interface NamedItem {
  kind: string;
  name: string;
  path: ProjectPath;
}

function runStepsOf(value: unknown): NamedItem[] {
  const steps = isMap(value) && isMap(value.run_steps) ? value.run_steps : {};
  return Object.keys(steps).map((name) => ({ kind: 'run_steps', name, path: ['run_steps', name] }));
}

function namedItems(value: unknown): NamedItem[] {
  if (!isMap(value)) return [];
  const lists: [string[], unknown][] = ['schedules', 'environments', 'jobs'].map((key) => [[key], value[key]]);
  if (isMap(value.plugins))
    for (const [type, list] of Object.entries(value.plugins)) lists.push([['plugins', type], list]);
  const named = lists.flatMap(([path, list]) =>
    (Array.isArray(list) ? list : []).flatMap((item: unknown, index) =>
      isMap(item) && typeof item.name === 'string'
        ? [{ kind: path.at(-1) ?? '', name: item.name, path: [...path, index] }]
        : [],
    ),
  );
  return [...named, ...runStepsOf(value)];
}
