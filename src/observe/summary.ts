/** The end of a run, for a person: each block, what became of it, and what to do next. */
import picocolors from 'picocolors';
import { formatLocation } from '../errors.js';
import type { BlockSummary, ErrorInfo, ProcessOutcome, RunEventBody } from '../run/events.js';
import { shownName } from './block-name.js';
import { bound } from './bound.js';
import { foldWindows } from './fold-windows.js';
import { printable } from './log-format.js';
import { bytes, duration, records } from './units.js';

type RunFinished = Extract<RunEventBody, { type: 'run.finished' }>;
type Paint = ReturnType<typeof picocolors.createColors>;

export interface SummaryOptions {
  colors: boolean;
  runId: string;
  /** `tapline retry` can take up what is left. */
  canRetry: boolean;
  /** It is one itself: other parts were done before. */
  isRetry: boolean;
}

const labels = {
  success: 'ok',
  failed: 'failed',
  stopped: 'stopped',
  skipped: 'skipped',
  not_started: 'not started',
} as const;

/** Lines without an end; empty for a run that had nothing to do. */
export function summaryText(event: RunFinished, options: SummaryOptions): string {
  const paint = picocolors.createColors(options.colors);
  const blocks = foldWindows(event.blocks);
  if (blocks.length === 0) return beforeBlocks(event, paint);
  const names = blocks.map(blockName);
  const width = Math.min(60, Math.max(...names.map((name) => name.length)));
  const lines = blocks.flatMap((block, index) => [
    ...scopeLine(block, blocks[index - 1], paint),
    ...blockLines(block, (names[index] ?? '').padEnd(width), paint),
  ]);
  return ['', ...lines, '', ...closing(event, options, paint)].join('\n');
}

/** Over the first block of each run step. */
function scopeLine({ scopes = [] }: BlockSummary, before: BlockSummary | undefined, paint: Paint): string[] {
  const name = scopes.join(' › ');
  if (name === (before?.scopes ?? []).join(' › ')) return [];
  return name === '' ? [''] : [paint.dim(printable(name, false))];
}

/** A run that ended before its first block. The log above has the error, with its code and hint. */
function beforeBlocks({ status, durationSeconds, error }: RunFinished, paint: Paint): string {
  return error === undefined ? '' : `\n${paint.red(`Run ${status} after ${duration(durationSeconds)}.`)}`;
}

function blockLines(block: BlockSummary, name: string, paint: Paint): string[] {
  const label = statusColor(paint, block.status)(labels[block.status].padEnd(11));
  const facts = block.status === 'not_started' ? [] : blockFacts(block);
  const head = `  ${label}  ${name}  ${facts.join(', ')}`.trimEnd();
  return [head, ...troubleLines(block, paint).map((line) => `               ${line}`)];
}

function blockFacts({ counts, durationSeconds, pressure, attempts }: BlockSummary): string[] {
  const moved =
    counts === undefined
      ? []
      : [
          movedText(counts.recordsExtracted, counts.recordsLoaded),
          ...batchText(counts.batchFiles),
          bytes(counts.bytesExtracted),
        ];
  const slow = durationSeconds >= 5 ? bound(pressure) : '';
  const tries = attempts === undefined ? [] : [`attempt ${attempts}`];
  return [...moved, duration(durationSeconds), ...(slow === '' ? [] : [slow]), ...tries];
}

/** The records in these files are read by the target alone. */
function batchText(files = 0): string[] {
  return files === 0 ? [] : [`${files} BATCH ${files === 1 ? 'file' : 'files'}, not counted`];
}

function movedText(extracted: number, loaded: number): string {
  return extracted === loaded ? records(loaded) : `${records(loaded)} loaded of ${records(extracted)}`;
}

/** Why a block failed: the error, who ended how with its last words, and the hint. */
function troubleLines(block: BlockSummary, paint: Paint): string[] {
  if (block.status === 'success' || block.status === 'not_started') return [];
  const { error } = block;
  const culprit = block.processes.find((process) => process.exitCode !== 0 && process.cause.length > 0);
  return [
    ...(error === undefined ? [] : [`${printable(error.message, false)} ${paint.dim(`[${error.code}]`)}`]),
    ...(error?.at === undefined ? [] : [paint.dim(`at ${formatLocation(error.at)}`)]),
    ...(culprit === undefined ? [] : causeLines(culprit, error, paint)),
    ...(error?.hint === undefined ? [] : [`${paint.cyan('→')} ${printable(error.hint, false)}`]),
  ];
}

/** The error already ends with the reason, unless it is about another process. */
function causeLines({ plugin, cause }: ProcessOutcome, error: ErrorInfo | undefined, paint: Paint): string[] {
  const [reason = '', ...details] = cause;
  const lines = error?.message.includes(reason) ? details : [`${plugin}: ${reason}`, ...details];
  return lines.map((line) => paint.dim(printable(line, false)));
}

function closing(
  { status, durationSeconds, blocks, error }: RunFinished,
  { runId, canRetry, isRetry }: SummaryOptions,
  paint: Paint,
): string[] {
  const time = duration(durationSeconds);
  if (status === 'success') return [paint.green(`Run succeeded in ${time}.`)];
  if (status === 'skipped') return [paint.yellow(`Run skipped after ${time}.`)];
  const failed = blocks.filter((block) => block.status === 'failed').length;
  const id = runId.slice(0, 13);
  const next = [
    `Look into it: tapline runs show ${id}`,
    // Where nothing was done, the same command does the same.
    ...(canRetry && (isRetry || isPartlyDone(blocks)) ? [`Run what is left: tapline retry ${id}`] : []),
  ];
  if (status === 'stopped' && failed === 0) {
    return [
      paint.yellow(`Run stopped after ${time}.`),
      'The next run continues from the last saved state; a full refresh and streams without a bookmark start over.',
      ...next,
    ];
  }
  const head = paint.red(`Run ${status} after ${time}${trouble(blocks)}.`);
  const isNews = error !== undefined && !blocks.some((block) => block.error?.message === error.message);
  return [head, ...(isNews ? [printable(error.message, false)] : []), ...next];
}

/** `: 1 of 3 blocks failed, 1 not started`. */
function trouble(blocks: readonly BlockSummary[]): string {
  const counts = (['failed', 'stopped', 'skipped', 'not_started'] as const)
    .map((status) => ({ status, count: blocks.filter((block) => block.status === status).length }))
    .filter(({ count }) => count > 0);
  const all = `${blocks.length} ${blocks.length === 1 ? 'block' : 'blocks'}`;
  const parts = counts.map(
    ({ status, count }, index) => `${count}${index === 0 ? ` of ${all}` : ''} ${labels[status]}`,
  );
  return parts.length === 0 ? '' : `: ${parts.join(', ')}`;
}

function isPartlyDone(blocks: readonly BlockSummary[]): boolean {
  const done = blocks.filter(({ status }) => status === 'success').length;
  return done > 0 && done < blocks.length;
}

function statusColor(paint: Paint, status: BlockSummary['status']): (text: string) => string {
  if (status === 'success') return paint.green;
  return status === 'failed' ? paint.red : paint.yellow;
}

function blockName(block: BlockSummary): string {
  return printable(shownName(block), false);
}
