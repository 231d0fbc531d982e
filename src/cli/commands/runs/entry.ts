/** Runs of the history in the JSON that we print: see schemas/output-runs-*.schema.json. */
import type { FinishedBlock, NewBlock, ProcessRow, RunDetail, RunListing, StreamRow } from '../../../history/port.js';
import { blockOptionWords } from '../../../plan/block-options.js';
import { readRequest } from '../../../run/run-request.js';

export function runEntry(run: RunListing): Record<string, unknown> {
  return {
    run_id: run.runId,
    command: run.words,
    options: optionsOf(run),
    environment: run.environment ?? null,
    status: run.status,
    trigger: run.trigger,
    started_at: run.startedAt.toISOString(),
    ended_at: timeOf(run.endedAt),
    duration_seconds: run.durationSeconds ?? null,
    blocks: run.blocks,
    failed_blocks: run.failedBlocks,
    records_loaded: run.recordsLoaded,
    retry_of: run.retryOf ?? null,
  };
}

/** The words of a run with its options, as a person would type them after `tapline run`. */
export function commandOf(run: RunListing): string {
  return [...run.words, ...optionsOf(run)].join(' ');
}

/** What the command line added to all blocks, e.g. `--full-refresh`; empty if it was not recorded. */
function optionsOf({ options }: RunListing): string[] {
  const request = readRequest(options);
  if (request === undefined || 'hidden' in request) return [];
  return blockOptionWords(request.options.defaults ?? {}).filter((word) => word !== '--state-strategy=auto');
}

export function runDetailEntry(run: RunDetail): Record<string, unknown> {
  const { blocks: block_count, ...listing } = runEntry(run);
  return {
    ...listing,
    block_count,
    host: run.host,
    pid: run.pid,
    error: run.error ?? null,
    blocks: run.blockRows.map(blockEntry),
    processes: run.processes.map(processEntry),
    streams: run.streams.map(streamEntry),
  };
}

function blockEntry(block: NewBlock & Partial<FinishedBlock>): Record<string, unknown> {
  return {
    block_id: block.blockId,
    parent_id: block.parentId ?? null,
    kind: block.kind,
    name: block.name,
    plugins: block.plugins,
    state_id: block.stateId ?? null,
    attempt: block.attempt,
    status: block.status ?? 'running',
    started_at: block.startedAt.toISOString(),
    ended_at: timeOf(block.endedAt),
    records_extracted: block.recordsExtracted ?? null,
    records_loaded: block.recordsLoaded ?? null,
    bytes_extracted: block.bytesExtracted ?? null,
    state_version_before: block.stateVersionBefore ?? null,
    state_version_after: block.stateVersionAfter ?? null,
    exit_codes: block.exitCodes ?? null,
    error: block.error ?? null,
  };
}

function processEntry(process: ProcessRow): Record<string, unknown> {
  return {
    block_id: process.blockId,
    role: process.role,
    plugin: process.plugin,
    pid: process.pid,
    host: process.host,
    started_at: process.startedAt.toISOString(),
    ended_at: timeOf(process.endedAt),
    exit_code: process.exitCode ?? null,
    signal: process.signal ?? null,
  };
}

function streamEntry(stream: StreamRow): Record<string, unknown> {
  return {
    block_id: stream.blockId,
    stream: stream.stream,
    records_extracted: stream.recordsExtracted,
    records_loaded: stream.recordsLoaded,
  };
}

function timeOf(time: Date | undefined): string | null {
  return time?.toISOString() ?? null;
}
