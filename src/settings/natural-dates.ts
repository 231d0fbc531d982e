import { createRequire } from 'node:module';

/** ISO 8601 as the original tells it from natural language; such text is passed on as it is. */
const iso =
  /^(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])(?:[ T]([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.(\d+))?)?(Z|[+-](?:0\d|1[0-2]):(?:00|30))?$/;

/**
 * `3 days ago`, `yesterday`, `January 1, 2024` as an ISO date and time relative to now in UTC, without offset unless the text
 * names one; ISO text and text that is not a date as a whole come back unchanged.
 */
export function parseDate(text: string, now: Date = new Date()): string {
  if (iso.test(text) || text.trim() === '') return text;
  if (/^\d{10}$/.test(text)) return isoText(new Date(Number(text) * 1000), undefined);
  return parseNaturally(text, now) ?? text;
}

function parseNaturally(text: string, now: Date): string | undefined {
  // Loaded here, not above: reading its rules takes longer than most runs take to start.
  const require = createRequire(import.meta.url);
  const chrono = require('chrono-node') as typeof import('chrono-node');
  const [result] = chrono.parse(text, { instant: now, timezone: 0 });
  if (result === undefined || result.text.trim() !== text.trim()) return undefined;
  const { start } = result;
  const date = start.date();
  const relative = [...start.tags()].some((tag) => tag === 'result/relativeDate' || tag.startsWith('casualReference/'));
  if (!start.isCertain('hour') && !relative) date.setUTCHours(0, 0, 0, 0);
  const weekdayAlone = start.isCertain('weekday') && !start.isCertain('day');
  if (weekdayAlone && date > now && !/\bnext\b/i.test(text)) date.setUTCDate(date.getUTCDate() - 7);
  const named = start.isCertain('timezoneOffset') && !relative ? (start.get('timezoneOffset') ?? undefined) : undefined;
  return isoText(date, named);
}

/** Minutes of offset, or none at all. */
function isoText(date: Date, offset: number | undefined): string {
  const local = new Date(date.getTime() + (offset ?? 0) * 60_000);
  const text = local.toISOString().slice(0, -1);
  const seconds = text.endsWith('.000') ? text.slice(0, -4) : `${text}000`;
  if (offset === undefined) return seconds;
  const minutes = Math.abs(offset);
  const clock = `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
  return `${seconds}${offset < 0 ? '-' : '+'}${clock}`;
}
