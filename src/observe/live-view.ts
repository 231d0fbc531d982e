/** The live lines of a run on a terminal: one a chain, with what it moves and which end holds it up. */
import picocolors from 'picocolors';
import stringWidth from 'string-width';
import type { ChainPressure, RunEvent, RunSubscriber } from '../run/events.js';
import { type BlockNames, shownName } from './block-name.js';
import { bound } from './bound.js';
import { printable } from './log-format.js';
import type { StderrWriter } from './stderr.js';
import { bytes, duration, records, whole } from './units.js';

interface Row {
  name: string;
  startedAt: number;
  /** When a block that failed is tried again. */
  againAt: number | undefined;
  status: string;
  recordsExtracted: number;
  bytesExtracted: number;
  recordsPerSecond: number;
  bytesPerSecond: number;
  pressure: ChainPressure | undefined;
  toldAt: number;
}

/** Draws until the run's end. `now` is a monotonic clock in milliseconds. */
export function createLiveView(
  stderr: StderrWriter,
  colors: boolean,
  now: () => number = () => performance.now(),
): RunSubscriber {
  const rows = new Map<string, Row>();
  const paint = picocolors.createColors(colors);
  const frame = () => {
    const drawn = [...rows.values()].map((row) => ({ name: row.name, parts: partsOf(row, now()) }));
    return layOut(drawn, stderr.columns, paint);
  };
  return (event) => {
    if (event.type === 'run.finished') {
      rows.clear();
      stderr.live(undefined);
      return;
    }
    if (!follow(event, rows, now())) return;
    stderr.live(rows.size === 0 ? undefined : frame);
  };
}

/** True where the event changed what is to be seen. */
function follow(event: RunEvent, rows: Map<string, Row>, now: number): boolean {
  if (event.type === 'stop') {
    for (const row of rows.values()) Object.assign(row, { status: 'stopping', againAt: undefined });
    return rows.size > 0;
  }
  if (event.type === 'block.retrying') {
    const { summary, attempt = 1, attempts, delaySeconds } = event;
    const status = `attempt ${attempt + 1} of ${attempts}`;
    rows.set(summary.blockId, { ...newRow(summary, now), status, againAt: now + delaySeconds * 1000 });
    return true;
  }
  const id = event.blockId;
  if (id === undefined) return false;
  if (event.type === 'block.started') {
    rows.set(id, newRow(event, now));
    return true;
  }
  if (event.type === 'block.finished') return rows.delete(id);
  const row = rows.get(id);
  if (row === undefined) return false;
  if (event.type === 'progress') count(row, event, now);
  else if (event.type === 'block.waiting')
    Object.assign(row, { status: `waiting for ${event.holder ?? `the ${event.for}`}`, againAt: undefined });
  else if (event.type === 'catalog.ready') row.status = 'starting';
  else if (event.type === 'process.started')
    row.status = event.role === 'discovery' ? 'discovering streams' : 'running';
  else return false;
  return true;
}

function newRow(block: BlockNames, now: number): Row {
  return {
    name: printable(shownName(block), false),
    startedAt: now,
    againAt: undefined,
    status: 'starting',
    recordsExtracted: 0,
    bytesExtracted: 0,
    recordsPerSecond: 0,
    bytesPerSecond: 0,
    pressure: undefined,
    toldAt: now,
  };
}

/** Rates over about the last two seconds: steady enough to read, quick enough to show a stall. */
function count(row: Row, event: Extract<RunEvent, { type: 'progress' }>, now: number): void {
  const seconds = Math.max(0.001, (now - row.toldAt) / 1000);
  const weight = row.recordsExtracted === 0 ? 1 : 1 - Math.exp(-seconds / 2);
  const { recordsExtracted, bytesExtracted } = event.counts;
  const mix = (old: number, fresh: number) => old + weight * (fresh - old);
  row.recordsPerSecond = mix(row.recordsPerSecond, (recordsExtracted - row.recordsExtracted) / seconds);
  row.bytesPerSecond = mix(row.bytesPerSecond, (bytesExtracted - row.bytesExtracted) / seconds);
  Object.assign(row, { recordsExtracted, bytesExtracted, pressure: event.pressure, toldAt: now });
  if (row.status !== 'stopping') row.status = 'running';
}

type Paint = ReturnType<typeof picocolors.createColors>;

/** What a row shows after its name, the most important first. */
function partsOf(row: Row, now: number): string[] {
  const elapsed = wholeSeconds(now - row.startedAt);
  if (row.recordsExtracted === 0 && row.bytesExtracted === 0) {
    return [row.status, row.againAt === undefined ? elapsed : `in ${wholeSeconds(Math.max(0, row.againAt - now))}`];
  }
  return [
    records(row.recordsExtracted),
    `${whole(row.recordsPerSecond)}/s`,
    `${bytes(row.bytesPerSecond)}/s`,
    elapsed,
    row.status === 'running' ? bound(row.pressure) : row.status,
  ].filter((part) => part !== '');
}

/** Names longer than this are cut before a number is left out. In columns. */
const minName = 16;
/** The mark before a name, the gap after it, and one free column. */
const rowFrame = 5;

interface DrawnRow {
  name: string;
  parts: string[];
}

/** One line a row: names share a width and shrink first; then the last parts are left out. */
function layOut(rows: readonly DrawnRow[], columns: number, paint: Paint): string[] {
  const longest = Math.max(...rows.map(({ name }) => stringWidth(name)));
  const least = Math.min(longest, minName, Math.max(1, columns - rowFrame));
  const shown = rows.map(({ name, parts }) => {
    let kept = parts;
    while (kept.length > 1 && least + partsWidth(kept) > columns - rowFrame) kept = kept.slice(0, -1);
    return { name, parts: kept };
  });
  const widest = Math.max(...shown.map(({ parts }) => partsWidth(parts)));
  const width = Math.min(longest, Math.max(least, columns - rowFrame - widest));
  return shown.map(
    ({ name, parts }) => `${paint.cyan('▸')} ${paint.bold(fitted(name, width))}  ${parts.join(paint.dim('  '))}`,
  );
}

function partsWidth(parts: readonly string[]): number {
  return stringWidth(parts.join('  '));
}

function wholeSeconds(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  return seconds === 0 ? '0s' : duration(seconds);
}

/** Exactly so wide: cut, or filled with blanks. */
function fitted(text: string, width: number): string {
  const missing = width - stringWidth(text);
  if (missing >= 0) return text + ' '.repeat(missing);
  const kept = [...text];
  while (kept.length > 0 && stringWidth(kept.join('')) > width - 1) kept.pop();
  return `${kept.join('')}…`;
}
