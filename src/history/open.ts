import type { Lease } from '../state/port.js';
import type { Database } from '../state/systemdb/database.js';
import { SystemdbLease, SystemdbLeaseStore } from '../state/systemdb/leases.js';
import { finishBlock, startBlock } from './blocks.js';
import { DatabaseMeltanoRuns } from './meltano-runs.js';
import { orphans } from './orphans.js';
import { lastPipelineRuns } from './pipelines.js';
import type { History } from './port.js';
import { endProcess, openProcesses, startProcess } from './processes.js';
import { runFamily } from './retries.js';
import { finishRun, forgetRuns, listRuns, showRun, startRun } from './runs.js';
import { recordStreams } from './streams.js';
import { DatabaseWindows } from './windows.js';

/** The history that this database keeps. `close()` leaves the database open for the code that opened it. */
export function openHistory(database: Database): History {
  return {
    startRun: (run) => startRun(database, run),
    finishRun: (runId, status, endedAt, error) => finishRun(database, runId, status, endedAt, error),
    startBlock: (block) => startBlock(database, block),
    finishBlock: (block) => finishBlock(database, block),
    startProcess: (row) => startProcess(database, row),
    endProcess: (...end) => endProcess(database, ...end),
    runFamily: (runId) => runFamily(database, runId),
    recordStreams: (rows) => recordStreams(database, rows),
    openProcesses: (runId) => openProcesses(database, runId),
    orphans: (stateId) => orphans(database, stateId),
    listRuns: (options) => listRuns(database, options),
    lastPipelineRuns: (options) => lastPipelineRuns(database, options),
    forgetRuns: (runIds) => forgetRuns(database, runIds),
    showRun: (runId) => showRun(database, runId),
    meltanoRuns: new DatabaseMeltanoRuns(database),
    windows: new DatabaseWindows(database),
    slots: new SystemdbLeaseStore<Lease>(database, 'slot', (grant) => new SystemdbLease(grant)),
    close: async () => {},
  };
}
