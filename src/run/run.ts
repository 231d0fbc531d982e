import { exitCodes, TaplineError } from '../errors.js';
import type { History } from '../history/port.js';
import { pluginsOfPlan } from '../plan/block-plugins.js';
import { describeBlock } from '../plan/describe-block.js';
import type { Plan } from '../plan/types.js';
import { currentOwner } from '../state/owner.js';
import { BlockAttempts } from './block/attempts.js';
import { dryRun } from './dry-run.js';
import { createEmitter, type Emitter, errorInfo } from './emit.js';
import type { BlockSummary, RunSubscriber } from './events.js';
import { RunDirectories } from './files/run-directories.js';
import { HistoryNotes } from './history-notes.js';
import { installPlugins } from './install-plugins.js';
import { runPlan } from './limiter.js';
import { startReaper } from './process/reaper.js';
import type { RunContext } from './run-context.js';
import { requestRow } from './run-request.js';
import { RunSections } from './sections.js';
import { signalExitCode, stopAfter, stopOnSignals, stopWhenAborted } from './signals.js';
import { StopControl } from './stop-control.js';
import { SharedDiscovery } from './tap/discovery.js';
import type { RunOptions, RunResult, World } from './types.js';
import { hideSecretsInWords } from './word-secrets.js';

/**
 * Runs a plan: installs its plugins, then runs its blocks, up to `jobs` in parallel. Subscribers get an event for everything that
 * happens; the result says how the run ended. Never rejects: an error that is not a TaplineError is a bug and is reported as INTERNAL.
 */
export async function run(
  plan: Plan,
  options: RunOptions,
  world: World,
  subscribers: readonly RunSubscriber[] = [],
): Promise<RunResult> {
  const started = performance.now();
  const emitter = createEmitter(options.runId, world.mask, subscribers);
  const stop = new StopControl();
  const stopListening = watchForStops(options, stop, emitter);
  hideSecretsInWords(plan, world);
  announce(plan, options, world, emitter);
  let blocks: BlockSummary[] = [];
  let failure: unknown;
  try {
    await installPlugins(pluginsOfPlan(plan), options.install ?? 'auto', { world, stop, emit: emitter.emit });
    if (options.dryRun) blocks = dryRun(plan, options, world, emitter);
    else if (options.install !== 'only')
      ({ blocks, failure } = await runBlocks(plan, { options, world, emitter, stop }));
  } catch (error) {
    failure = error;
  } finally {
    stopListening();
  }
  const result = judge(blocks, failure, stop, options);
  const finished = { ...result, durationSeconds: (performance.now() - started) / 1000 };
  const { status, exitCode, durationSeconds, error } = finished;
  emitter.emit({ type: 'run.finished', status, exitCode, durationSeconds, blocks, error });
  return world.mask.value(finished);
}

function watchForStops(options: RunOptions, stop: StopControl, emitter: Emitter): () => void {
  const offs = [
    stop.listen(({ reason, signal, second }) => emitter.emit({ type: 'stop', reason, signal, second })),
    options.handleSignals ? stopOnSignals(stop) : () => undefined,
    stopAfter(options.timeoutSeconds, stop),
    stopWhenAborted(options.signal, stop),
  ];
  return () => {
    for (const off of offs) off();
  };
}

function announce(
  plan: Plan,
  { jobs = 1, dryRun = false }: RunOptions,
  { project, mask }: World,
  { emit, at }: Emitter,
): void {
  const blocks = plan.groups.flatMap((group) => group.blocks);
  const environment = project.environment?.name ?? null;
  const words = plan.words.map((word) => mask.text(word));
  emit({ type: 'run.started', words, environment, blocks: blocks.length, jobs, dryRun });
  for (const block of blocks)
    at({ blockId: block.id, parentId: block.scope?.id })({ type: 'block.planned', ...describeBlock(block) });
}

interface Ended {
  blocks: BlockSummary[];
  /** The error of a section that timed out. */
  failure: TaplineError | undefined;
}

type RunParts = Pick<RunContext, 'options' | 'world' | 'emitter' | 'stop'>;

async function runBlocks(plan: Plan, parts: RunParts): Promise<Ended> {
  const { options, world, emitter, stop } = parts;
  if (plan.groups.length === 0) return { blocks: [], failure: undefined };
  const owner = await currentOwner(options.runId);
  const notes = new HistoryNotes(world.history, emitter.emit);
  const trigger = options.trigger ?? world.env.MELTANO_JOB_TRIGGER ?? 'cli';
  const environment = world.project.environment?.name;
  const row = {
    ...owner,
    words: plan.words.map((word) => world.mask.text(word)),
    environment,
    trigger,
    startedAt: new Date(),
    projectId: world.project.projectId,
    options: options.request && requestRow(options.request, plan.words, world.mask),
    retryOf: options.retryOf,
  };
  void notes.note((history) => history.startRun(row));
  const end = (blocks: BlockSummary[], failure: unknown) =>
    noteEnd(notes, options.runId, world.mask.value(judge(blocks, failure, stop, options)));
  try {
    const ended = await inDirectory({ ...parts, owner, notes, trigger }, plan);
    await end(ended.blocks, ended.failure);
    return ended;
  } catch (error) {
    // Otherwise its row would look like that of a killed run.
    await end([], error);
    throw error;
  }
}

/** When this returns, the run's directories and its reaper are gone. */
async function inDirectory(
  parts: Omit<RunContext, 'directories' | 'reaper' | 'discovery'>,
  plan: Plan,
): Promise<Ended> {
  const { world, options, owner } = parts;
  const reaper = startReaper();
  const directories = new RunDirectories(world, owner, reaper);
  const context: RunContext = { ...parts, directories, reaper, discovery: new SharedDiscovery() };
  const sections = new RunSections(context);
  try {
    await directories.own();
    const { onFailure = 'finish-running' } = options;
    const blocks = await runPlan(plan, new BlockAttempts(context), { onFailure, sections });
    sections.leave();
    return { blocks, failure: sections.failure };
  } finally {
    sections.leave();
    await directories.remove();
    await reaper.close();
  }
}

function noteEnd(notes: HistoryNotes, runId: string, { status, error }: Judged): Promise<void> {
  return notes.end((history: History) => history.finishRun(runId, status, new Date(), error && { ...error }));
}

type Judged = Omit<RunResult, 'durationSeconds'>;

/** How the run as a whole ended. A stop by a signal counts only if it left something undone. */
function judge(blocks: BlockSummary[], failure: unknown, stop: StopControl, options: RunOptions): Judged {
  const { runId } = options;
  const failed = blocks.find(({ status }) => status === 'failed');
  const undone = failure !== undefined || blocks.some(({ status }) => status === 'stopped' || status === 'not_started');
  if (options.dryRun && failure === undefined && failed === undefined)
    return { runId, status: 'success', exitCode: exitCodes.ok, blocks };
  if (stop.first?.reason === 'signal' && (undone || failed !== undefined)) {
    return { runId, status: 'stopped', exitCode: signalExitCode(stop.first.signal), blocks, error: failed?.error };
  }
  if (stop.first?.reason === 'timeout' && undone) {
    const error = new TaplineError('RUN_TIMEOUT', `run timed out after ${options.timeoutSeconds} s`, {
      hint: 'What was loaded before is saved; the next run continues from there. The limit is `--timeout`.',
    });
    return { runId, status: 'failed', exitCode: error.exitCode, blocks, error: errorInfo(error) };
  }
  if (failure !== undefined) {
    const exitCode = failure instanceof TaplineError ? failure.exitCode : exitCodes.failure;
    return { runId, status: 'failed', exitCode, blocks, error: errorInfo(failure) };
  }
  if (failed !== undefined)
    return { runId, status: 'failed', exitCode: exitCodes.failure, blocks, error: failed.error };
  const skipped = blocks.find(({ status }) => status === 'skipped');
  if (skipped !== undefined)
    return { runId, status: 'skipped', exitCode: exitCodes.skipped, blocks, error: skipped.error };
  return { runId, status: 'success', exitCode: exitCodes.ok, blocks };
}
