import type { SourceLocation } from '../errors.js';
import type { ProjectPath } from './types.js';

/**
 * Where each value of the merged project stands: a tree beside the values, with the index of its file, line, column and
 * the places of what it holds. A map or list has the place of its key.
 */
export type Places = [file: number, line: number, col: number, inside?: Places[] | { [key: string]: Places }];

/** The place of a path. `state_backend.uri` is found under its dotted key as well. */
export function findPlace(files: readonly string[], places: Places, path: ProjectPath): SourceLocation | undefined {
  let at: Places | undefined = places;
  for (const [depth, step] of path.entries()) {
    const inside: Places[3] = at?.[3];
    const next: Places | undefined = placeInside(inside, step);
    at = next ?? placeInside(inside, path.slice(depth).join('.'));
    if (!at) return undefined;
    if (!next) break;
  }
  const file = at ? files[at[0]] : undefined;
  return at && file !== undefined ? { file, line: at[1], col: at[2] } : undefined;
}

function placeInside(inside: Places[3], step: string | number): Places | undefined {
  if (!inside) return undefined;
  return Object.hasOwn(inside, step) ? (inside as { [key: string]: Places })[step] : undefined;
}
