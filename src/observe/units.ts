/** Numbers for people. */
import prettyBytes from 'pretty-bytes';
import prettyMilliseconds from 'pretty-ms';

/** `1,234 records`, `1 record`. */
export function records(count: number): string {
  return `${whole(count)} ${count === 1 ? 'record' : 'records'}`;
}

/** `12,345`. By hand: the first `toLocaleString` of a process loads tables for 12 ms, which every run would pay. */
export function whole(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `1.2 MB`. */
export function bytes(count: number): string {
  return prettyBytes(Math.max(0, Math.round(count)));
}

/** `2.1s`, `1m 5s`, `3h 2m 1s`. */
export function duration(seconds: number): string {
  return prettyMilliseconds(seconds * 1000, seconds < 60 ? { secondsDecimalDigits: 1 } : { secondsDecimalDigits: 0 });
}
