/**
 * How much of a state's past is kept: one rule for all backends.
 *
 * Each checkpoint is a version, and a run saves as often as once a second, so a long one must not push out what was there
 * before it: that is what somebody wants to return to. So the newest versions stay, and the last version of each of the
 * newest runs. Those that are too old go, but never the way back over the last runs.
 */

import { TaplineError } from '../errors.js';

export interface VersionRetention {
  /** So many of the newest versions stay, and the last version of so many of the newest runs. */
  keep: number;
  /** Those that were saved longer ago go. */
  days: number;
}

export const keptVersions: VersionRetention = { keep: 20, days: 90 };

/** The project's own, by `tapline.state_versions`. Throws SETTING_CAST. */
export function versionRetention(projectSetting: (name: string) => unknown): VersionRetention {
  const read = (key: keyof VersionRetention): number => {
    const name = `tapline.state_versions.${key}`;
    const value = projectSetting(name) ?? keptVersions[key];
    if (Number.isInteger(value) && Number(value) >= 1) return Number(value);
    throw new TaplineError('SETTING_CAST', `${name} is ${JSON.stringify(value)}.`, {
      hint: 'Set it to a whole number, 1 or more.',
    });
  };
  return { keep: read('keep'), days: read('days') };
}

/** The last versions of so many of the newest runs stay at any age. */
const neverTooOld = 3;

/** What the rule asks of a version. */
export interface VersionMark {
  version: number;
  /** A version without one (a person's edit, what the original wrote) counts as a run of its own. */
  runId: string | undefined;
  savedAt: Date;
}

/** The numbers of those that go; `marks`: all that a state has, in any order. */
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
      if (isLastOfRun && runs <= neverTooOld) return false;
      const isWanted = index < keep || (isLastOfRun && runs <= keep);
      return !isWanted || mark.savedAt.getTime() < oldest;
    })
    .map(({ version }) => version);
}
