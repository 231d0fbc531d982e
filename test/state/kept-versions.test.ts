import { expect, test } from 'vitest';
import {
  keptVersions,
  type VersionMark,
  type VersionRetention,
  versionRetention,
  versionsToDrop,
} from '../../src/state/kept-versions.js';

const now = new Date('2025-06-01T00:00:00Z');
const daysAgo = (days: number) => new Date(now.getTime() - days * 86_400_000);

/** Versions 1, 2, 3 ... by the runs that saved them. */
function saved(runIds: (string | undefined)[], age: (version: number) => number = () => 0): VersionMark[] {
  return runIds.map((runId, index) => ({ version: index + 1, runId, savedAt: daysAgo(age(index + 1)) }));
}

function kept(marks: VersionMark[], retention: VersionRetention): number[] {
  const dropped = new Set(versionsToDrop(marks, retention, now));
  return marks.map(({ version }) => version).filter((version) => !dropped.has(version));
}

const times = (count: number, runId: string) => Array.from({ length: count }, () => runId);

test('the newest stay, of runs and of persons alike', () => {
  const edits = saved([undefined, undefined, undefined, undefined, undefined]);
  expect(kept(edits, { keep: 4, days: 90 })).toEqual([2, 3, 4, 5]);
});

test('a run of 10,000 checkpoints does not push out what was there before it', () => {
  const marks = saved(['first', 'second', undefined, ...times(10_000, 'long')]);
  expect(kept(marks, { keep: 3, days: 90 })).toEqual([2, 3, 10_001, 10_002, 10_003]);
});

test('of each run before, the last version stays', () => {
  const marks = saved([...times(5, 'a'), ...times(5, 'b'), ...times(5, 'c')]);
  expect(kept(marks, { keep: 3, days: 90 })).toEqual([5, 10, 13, 14, 15]);
});

test('a run ID that is used again after something else is another run', () => {
  expect(kept(saved(['a', undefined, 'a', 'a']), { keep: 3, days: 90 })).toEqual([1, 2, 3, 4]);
});

test('what is too old goes, but never the way back over the last runs', () => {
  const marks = saved(['a', 'b', 'b', 'c', 'd', 'd'], () => 91);
  expect(kept(marks, { keep: 20, days: 90 })).toEqual([3, 4, 6]);
  const later = saved(['a', 'b', 'c', 'd', 'e'], (version) => (version === 1 ? 91 : 89));
  expect(kept(later, { keep: 20, days: 90 })).toEqual([2, 3, 4, 5]);
});

test('applied at each save, no more than twice the number is ever kept', () => {
  let marks: VersionMark[] = [];
  for (let version = 1; version <= 500; version += 1) {
    marks.push({ version, runId: `run-${Math.floor(version / 7)}`, savedAt: now });
    const dropped = new Set(versionsToDrop(marks, keptVersions, now));
    marks = marks.filter((mark) => !dropped.has(mark.version));
    expect(marks.length).toBeLessThanOrEqual(2 * keptVersions.keep);
  }
});

test('the order in which they are given is of no matter', () => {
  const marks = saved(times(30, 'a'));
  expect(versionsToDrop(marks.toReversed(), keptVersions, now)).toEqual(versionsToDrop(marks, keptVersions, now));
});

test('settings say how many', () => {
  const settings = (values: Record<string, unknown>) => (name: string) => values[name];
  expect(versionRetention(settings({}))).toEqual(keptVersions);
  expect(versionRetention(settings({ 'tapline.state_versions.keep': 2, 'tapline.state_versions.days': 7 }))).toEqual({
    keep: 2,
    days: 7,
  });
  for (const value of [0, -1, 1.5, 'many', Number.NaN]) {
    const wrong = () => versionRetention(settings({ 'tapline.state_versions.days': value }));
    expect(wrong).toThrow(expect.objectContaining({ code: 'SETTING_CAST' }));
  }
});
