/** Turns what happens in a run into log records, with the texts and field names of the original where it has them. */
import type { BlockSummary, RunEvent, ScopeKind } from '../run/events.js';
import { inlineText } from './error-report.js';
import type { LogRecord } from './log-record.js';
import { duration } from './units.js';

type EventOf<Type extends RunEvent['type']> = Extract<RunEvent, { type: Type }>;
type Said = Pick<LogRecord, 'level' | 'event' | 'text' | 'name' | 'fields' | 'shown'> | undefined;

/** The minimum time between two lines of progress, for logs that are not watched live. */
const progressPause = 60_000;

/** One a run. Gives the record of an event, or nothing where an event is not news. */
export function createRunLog(): (event: RunEvent) => LogRecord | undefined {
  const state: RunState = {
    dryRun: false,
    planned: 0,
    chains: 0,
    chainsOf: new Map(),
    numbers: new Map(),
    toldAt: new Map(),
  };
  return (event) => {
    const said = say(event, state);
    if (said === undefined) return undefined;
    return { ...said, time: new Date(event.time), fields: { ...said.fields, run_id: event.runId } };
  };
}

interface RunState {
  dryRun: boolean;
  planned: number;
  /** How many chains are planned, and in how many of them each plugin is. */
  chains: number;
  chainsOf: Map<string, number>;
  /** Block ID to place in the plan, from 0: the original's `set_number`. */
  numbers: Map<string, number>;
  toldAt: Map<string, number>;
}

function say(event: RunEvent, state: RunState): Said {
  switch (event.type) {
    case 'run.started':
      state.dryRun = event.dryRun;
      return {
        level: 'debug',
        event: `Run started: ${event.words.join(' ')}`,
        fields: { environment: event.environment, jobs: event.jobs },
      };
    case 'run.finished':
      return runFinished(event);
    case 'block.planned':
      return blockPlanned(event, state);
    case 'block.waiting':
      return blockWaiting(event);
    case 'block.started':
      return blockStarted(event, state);
    case 'block.finished':
      return blockFinished(event.summary, state);
    case 'block.retrying':
      return blockRetrying(event);
    case 'scope.started':
      return { level: 'info', event: `${scopeName(event)} started` };
    case 'scope.finished':
      return scopeFinished(event);
    case 'plugin.log':
      return pluginLog(event, state);
    case 'progress':
      return progress(event, state);
    case 'log':
      return {
        level: event.level,
        event: event.message,
        ...(event.fields === undefined ? {} : { fields: event.fields }),
        // The facts are what a dry run is for.
        ...(state.dryRun ? { shown: Object.keys(event.fields ?? {}) } : {}),
      };
    case 'warning':
      return {
        level: 'warning',
        event: inlineText(event),
        fields: { code: event.code, hint: event.hint, at: event.at },
      };
    default:
      return sayDetail(event, state);
  }
}

function sayDetail(event: RunEvent, state: RunState): Said {
  switch (event.type) {
    case 'lease.acquired':
      return { level: 'debug', event: `Took the lease of '${event.stateId}'`, fields: { token: event.token } };
    case 'lease.released':
      return { level: 'debug', event: `Gave the lease of '${event.stateId}' back`, fields: { token: event.token } };
    case 'lease.lost':
      return {
        level: 'error',
        event: `This run does not hold '${event.stateId}' any more, and stops`,
        fields: { token: event.token, owner: event.owner },
      };
    case 'lease.reclaimed':
      return {
        level: 'warning',
        event: `Took '${event.stateId}' over from ${event.owner}`,
        fields: { token: event.token, owner: event.owner },
      };
    case 'catalog.ready':
      return catalogReady(event);
    case 'state.loaded':
      return stateLoaded(event, state);
    case 'install.started':
      return { level: 'info', event: `Installing ${event.pluginType} '${event.plugin}'` };
    case 'install.finished':
      return {
        level: 'info',
        event: `Installed ${event.pluginType} '${event.plugin}'`,
        fields: { duration_seconds: event.durationSeconds },
      };
    case 'install.skipped':
      return {
        level: 'debug',
        event: `Skipped installing ${event.pluginType} '${event.plugin}'${event.reason === undefined ? '' : `: ${event.reason}`}`,
      };
    case 'process.started':
      return { level: 'debug', event: `Started ${event.role} '${event.plugin}'`, fields: { pid: event.pid } };
    case 'process.exited':
      return {
        level: 'debug',
        event: `${event.role} '${event.plugin}' ended`,
        fields: { pid: event.pid, exit_code: event.exitCode, signal: event.signal },
      };
    case 'schema':
      return {
        level: event.changed ? 'info' : 'debug',
        event: `Schema of stream '${event.stream}'${event.changed ? ' has changed' : ''}`,
        name: event.plugin,
      };
    case 'checkpoint':
      return checkpoint(event, state);
    case 'stop':
      return stopping(event);
    default:
      return undefined;
  }
}

function blockRetrying({ attempt = 1, attempts, delaySeconds, summary }: EventOf<'block.retrying'>): Said {
  const { name, error, exitCodes, durationSeconds } = summary;
  const seconds = Math.round(delaySeconds * 10) / 10;
  return {
    level: 'warning',
    event: `'${name}' failed, and is tried again in ${duration(seconds)} (attempt ${attempt + 1} of ${attempts}): ${error?.message}`,
    fields: {
      delay_seconds: rounded(delaySeconds),
      code: error?.code,
      exit_codes: exitCodes,
      duration_seconds: rounded(durationSeconds),
    },
  };
}

function scopeFinished(event: EventOf<'scope.finished'>): Said {
  const { status, durationSeconds, error } = event;
  return {
    level: endLevel(status),
    event: `${scopeName(event)} ${endWords[status]}`,
    fields: { duration_seconds: rounded(durationSeconds), status, code: error?.code, err: error?.message },
  };
}

function scopeName({ kind, name }: { kind: ScopeKind; name: string }): string {
  return `${kind === 'step' ? 'Run step' : 'Pipeline'} '${name}'`;
}

/** A stop that the user asked for is not an error. */
function endLevel(status: BlockSummary['status']): LogRecord['level'] {
  if (status === 'failed') return 'error';
  return status === 'stopped' ? 'warning' : 'info';
}

function runFinished({ status, durationSeconds, error }: EventOf<'run.finished'>): Said {
  const outcome = status === 'success' || status === 'skipped' ? status : 'failure';
  return {
    level: 'info',
    event: 'Run completed',
    text: `Run ${endWords[status]}`,
    fields: { duration_seconds: rounded(durationSeconds), status: outcome, code: error?.code, err: error?.message },
  };
}

const endWords = {
  success: 'completed',
  failed: 'failed',
  stopped: 'stopped',
  skipped: 'skipped',
  not_started: 'not started',
} as const;

function blockPlanned(event: EventOf<'block.planned'>, state: RunState): Said {
  if (event.kind === 'chain') {
    state.chains += 1;
    for (const name of new Set(event.plugins)) state.chainsOf.set(name, (state.chainsOf.get(name) ?? 0) + 1);
  }
  if (event.blockId !== undefined) state.numbers.set(event.blockId, state.planned);
  state.planned += 1;
  // A dry run says it of each block once it has been checked.
  if (state.dryRun) return undefined;
  const comprised_of = event.kind === 'chain' ? event.plugins : event.name;
  return {
    level: 'debug',
    event: `Planned ${event.name}`,
    fields: { block_type: blockType(event.kind), comprised_of },
  };
}

function blockStarted(event: EventOf<'block.started'>, state: RunState): Said {
  if (event.blockId !== undefined && !state.numbers.has(event.blockId))
    state.numbers.set(event.blockId, state.numbers.size);
  if (event.kind !== 'chain') return { level: 'debug', event: `Started ${event.name}` };
  if (event.stateId === undefined) return { level: 'info', event: `Running ${event.name} without a state` };
  return { level: 'info', event: `Running job with name '${event.stateId}' and run ID '${event.runId}'` };
}

function blockWaiting(event: EventOf<'block.waiting'>): Said {
  const holder = event.holder === undefined ? '' : ` (${event.holder})`;
  const reasons = {
    lease: `Waiting for the run that holds its state ID${holder}: ${event.name}`,
    concurrency: `Waiting for a plugin that is at its limit${holder}: ${event.name}`,
  };
  return { level: event.for === 'lease' || event.for === 'concurrency' ? 'info' : 'debug', event: reasons[event.for] };
}

function blockFinished(summary: BlockSummary, state: RunState): Said {
  const success = summary.status === 'success';
  if (summary.status === 'not_started')
    return { level: 'info', event: `Not started: ${summary.name}`, fields: { block_type: blockType(summary.kind) } };
  return {
    level: endLevel(summary.status),
    event: 'Block run completed',
    text: `Block ${summary.status === 'success' ? 'run completed' : endWords[summary.status]}`,
    shown: state.planned > 1 ? ['block'] : [],
    fields: {
      set_number: state.numbers.get(summary.blockId) ?? 0,
      block_type: blockType(summary.kind),
      success,
      err: summary.error?.message ?? null,
      code: summary.error?.code,
      exit_codes: summary.exitCodes,
      duration_seconds: rounded(summary.durationSeconds),
      block: summary.name,
      status: summary.status,
      records_extracted: summary.counts?.recordsExtracted,
      records_loaded: summary.counts?.recordsLoaded,
      bytes_extracted: summary.counts?.bytesExtracted,
    },
  };
}

function blockType(kind: BlockSummary['kind']): string {
  if (kind === 'chain') return 'ExtractLoadBlocks';
  return kind === 'command' ? 'InvokerCommand' : kind;
}

function pluginLog(event: EventOf<'plugin.log'>, state: RunState): Said {
  const { logger_name, exception, ...said } = event.fields ?? {};
  return {
    level: event.level,
    event: event.message,
    name: event.plugin,
    shown: (state.chainsOf.get(event.plugin) ?? 0) > 1 ? ['job_name'] : [],
    fields: {
      stdio: event.stdio,
      ...roleFields(event),
      ...said,
      plugin_logger: logger_name,
      plugin_exception: exception,
    },
  };
}

/** What the original binds to the lines of a plugin in a chain, of a command and of a discovery. */
function roleFields(event: EventOf<'plugin.log'>): Record<string, unknown> {
  if (event.role === 'command') return { cmd_type: 'command' };
  const place = {
    string_id: event.plugin,
    consumer: event.role === 'mapper' || event.role === 'target',
    producer: event.role !== 'target',
    cmd_type: 'elb',
    job_name: event.stateId,
  };
  return event.role === 'discovery' ? { ...place, type: 'discovery' } : place;
}

function progress(event: EventOf<'progress'>, state: RunState): Said {
  const now = performance.now();
  const key = event.blockId ?? event.name;
  const last = state.toldAt.get(key);
  if (last === undefined) state.toldAt.set(key, now);
  if (last === undefined || now - last < progressPause) return undefined;
  state.toldAt.set(key, now);
  const { recordsExtracted, recordsLoaded, bytesExtracted } = event.counts;
  return {
    level: 'info',
    event: `${event.name}: ${recordsExtracted} records read, ${recordsLoaded} loaded`,
    fields: {
      records_extracted: recordsExtracted,
      records_loaded: recordsLoaded,
      bytes_extracted: bytesExtracted,
      duration_seconds: rounded(event.elapsedSeconds),
    },
  };
}

function catalogReady({ plugin, source, streams, selected, durationSeconds }: EventOf<'catalog.ready'>): Said {
  return {
    level: source === 'discovery' ? 'info' : 'debug',
    event: `Catalog from ${source}: ${selected} of ${streams} streams selected`,
    name: plugin,
    fields: { streams, selected, source, duration_seconds: rounded(durationSeconds) },
  };
}

function stateLoaded({ found, ignored, stateId }: EventOf<'state.loaded'>, state: RunState): Said {
  const which = { fields: { state_id: stateId }, shown: state.chains > 1 ? ['state_id'] : [] };
  // By a full refresh, or since the tap takes no state.
  if (ignored) {
    return { level: found ? 'info' : 'debug', event: 'Ignoring the state left behind by previous runs.', ...which };
  }
  if (!found) return { level: 'warning', event: 'No state was found, complete import.', ...which };
  return { level: 'debug', event: `Found the state of '${stateId}'` };
}

function checkpoint(event: EventOf<'checkpoint'>, state: RunState): Said {
  const { time, stateId, stateVersion, recordsLoaded, saved } = event;
  return {
    level: 'info',
    event: `Incremental state has been updated at ${time.replace('T', ' ').replace('Z', '000+00:00')}.`,
    shown: state.chains > 1 ? ['state_id'] : [],
    fields: { state_id: stateId, state_version: stateVersion, records_loaded: recordsLoaded, saved },
  };
}

function stopping({ reason, signal, second }: EventOf<'stop'>): Said {
  const causes = {
    signal: signal ?? 'a signal',
    timeout: 'the time limit',
    failure: 'a failed block',
    lease: 'the lost lease',
  };
  const how = second ? 'Killing what still runs' : 'Stopping: the target gets time to finish and its state is saved';
  const kill = signal === 'SIGINT' ? 'Press Ctrl-C again to kill it.' : 'A second signal kills it.';
  const next = reason === 'signal' && !second ? `. ${kill}` : '';
  return { level: 'warning', event: `${how} (because of ${causes[reason]})${next}`, fields: { reason, signal } };
}

/** Milliseconds, as the original rounds them. */
function rounded(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
