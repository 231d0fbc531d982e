/**
 * How many versions of a state are kept: one rule for all backends.
 *
 * Each checkpoint is a version, and a run saves up to once a second, so a long run must not push out the versions
 * before it, which a person may want to return to. So the newest versions are kept, and the last version of each of the
 * newest runs. Versions that are too old are removed, except those that lead back over the last runs.
 */

import { TaplineError } from '../errors.js';
import { exactJson } from '../exact-json.js';

export interface VersionRetention {
  /** Number of newest versions to keep, and number of newest runs whose last version is kept. */
  keep: number;
  /** Maximum age in days. */
  days: number;
}

export const keptVersions: VersionRetention = { keep: 20, days: 90 };

/** What the project sets under `tapline.state_versions`. Throws SETTING_CAST. */
export function versionRetention(projectSetting: (name: string) => unknown): VersionRetention {
  const read = (key: keyof VersionRetention): number => {
    const name = `tapline.state_versions.${key}`;
    const value = projectSetting(name) ?? keptVersions[key];
    if (Number.isInteger(value) && Number(value) >= 1) return Number(value);
    throw new TaplineError('SETTING_CAST', `${name} is ${exactJson(value)}.`, {
      hint: 'Set it to a whole number, 1 or more.',
    });
  };
  return { keep: read('keep'), days: read('days') };
}

/** Number of newest runs whose last version is kept at any age. */
const minKeptRuns = 3;

/** The facts of a version that the rule needs. */
export interface VersionMark {
  version: number;
  /** A version without one (a person's edit, what the original wrote) counts as a run of its own. */
  runId: string | undefined;
  savedAt: Date;
}

/** The numbers of the versions to remove; `marks`: all versions of a state, in any order. */
export function versionsToDrop(
  marks: readonly VersionMark[],
  { keep, days }: VersionRetention = keptVersions,
  now: Date = new Date(),
): number[] {
  const newestFirst = marks.toSorted((a, b) => b.version - a.version);
  const oldest = now.getTime() - days * 86_400_000;
  let runs = 0;
  return newestFirst
    .filter((mark, index) => {
      const isLastOfRun = index === 0 || mark.runId === undefined || mark.runId !== newestFirst[index - 1]?.runId;
      if (isLastOfRun) runs += 1;
      if (isLastOfRun && runs <= minKeptRuns) return false;
      const isWanted = index < keep || (isLastOfRun && runs <= keep);
      return !isWanted || mark.savedAt.getTime() < oldest;
    })
    .map(({ version }) => version);
}
