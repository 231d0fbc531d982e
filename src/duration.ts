import ms, { type StringValue } from 'ms';

/** Seconds of a duration: a number of seconds, or a text such as `90`, `90s`, `30m`, `2h`, `1 day`. Undefined for anything else. */
export function durationSeconds(value: string | number): number | undefined {
  const seconds = typeof value === 'number' || /^\s*\d+(?:\.\d+)?\s*$/.test(value) ? Number(value) : secondsOf(value);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds : undefined;
}

function secondsOf(text: string): number {
  // ms throws where the text is empty or longer than any duration.
  const trimmed = text.trim();
  return trimmed === '' || trimmed.length > 100 ? Number.NaN : ms(trimmed as StringValue) / 1000;
}
