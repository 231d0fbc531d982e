/** A new run of the blocks that an earlier run did not finish. */
import { TaplineError } from '../../errors.js';
import type { History, RunDetail, RunListing } from '../../history/port.js';
import type { BlockOptions, Plan } from '../../plan/types.js';
import type { Project } from '../../project/types.js';
import { doneBlocks, planChanges, withoutDone } from '../../run/left-blocks.js';
import { plannedBlocks, readRequest, requestOf } from '../../run/run-request.js';
import type { RequestOptions, RunRequest, RunResult } from '../../run/types.js';
import type { Session } from '../../session/session.js';
import { definedOnly } from '../../values.js';
import { findSchedule } from '../schedules.js';
import { completeRunOptions, executePlan, type Observe, type RunChoices } from './execute-plan.js';
import { planBlocks, warnAbout } from './plan-blocks.js';

/** One run by its ID, the last run of these words, or the last run. */
export type RetryChoice = { runId: string } | { words: readonly string[] } | undefined;

/** A run that can be retried, with all earlier retries of it. */
export interface UnfinishedRun {
  run: RunDetail;
  request: RunRequest;
  done: Set<string>;
  family: RunDetail[];
  /** Variables of the schedule that started it. */
  env: Readonly<Record<string, string>>;
}

/** What is to be different from the earlier run. */
export interface RetryChanges {
  blockOptions: BlockOptions;
  runOptions: RunChoices;
}

/** Finds a run that can be retried. Throws RETRY_NOTHING_LEFT, RETRY_REFUSED, RETRY_RUNNING, RUN_UNKNOWN. */
export async function findUnfinishedRun(session: Session, choice: RetryChoice): Promise<UnfinishedRun> {
  const { project } = session;
  const history = await session.existingHistory();
  if (history === undefined) throw nothingLeft('this project has no runs yet');
  const isById = choice !== undefined && 'runId' in choice;
  const runId = isById ? choice.runId : await lastRun(history, project, choice?.words);
  return readUnfinishedRun(history, project, runId);
}

/** Runs what is left of a run, in a session of that run's environment. Throws RETRY_PLAN_CHANGED. */
export async function retryRun(
  session: Session,
  unfinished: UnfinishedRun,
  changes: RetryChanges,
  observe: Observe,
): Promise<RunResult> {
  const { run, request, done } = unfinished;
  await session.fetchMissingLocks(run.words);
  const blockOptions = { ...request.options.defaults, ...definedOnly(changes.blockOptions) };
  const plan = await planBlocks(run.words, blockOptions, session);
  await warnAbout(plan, session);
  refuseChanges(unfinished, plan);
  const left = withoutDone(plan, done);
  await announce(run, left, plan, session);
  const runOptions = mergedChoices(request.options, changes.runOptions);
  const options = await completeRunOptions(runOptions, blockOptions, session);
  const retryRequest = { ...requestOf(request.command, plan, options, request.schedule), done: [...done] };
  return executePlan(left, { ...options, retryOf: run.runId, request: retryRequest }, session, observe);
}

function mergedChoices({ defaults: _, ...before }: RequestOptions, now: RunChoices): RunChoices {
  return {
    ...definedOnly(before),
    ...definedOnly(now),
    retry: { ...definedOnly(before.retry ?? {}), ...definedOnly(now.retry ?? {}) },
  };
}

/** How far back to search for the last run. */
const maxRuns = 1_000;

async function lastRun(history: History, project: Project, words: readonly string[] | undefined): Promise<string> {
  const environment = project.environment?.name;
  const runs = await history.listRuns({ limit: maxRuns, environment, projectId: project.projectId });
  const started = runs.filter(({ options }) => readRequest(options)?.command === 'run');
  const [latest] = started;
  const chosen = words === undefined ? lastUnfinished(started) : started.find((run) => isSame(run.words, words));
  if (words === undefined && latest !== undefined && chosen !== undefined) refuseOlder(chosen, latest);
  if (chosen !== undefined) return chosen.runId;
  const what = words === undefined ? 'unfinished run' : `run of \`${words.join(' ')}\``;
  throw nothingLeft(`no ${what} in environment '${environment ?? ''}'`);
}

/** The last run that did not succeed. Of runs of the same words only the last one counts. */
function lastUnfinished(runs: readonly RunListing[]): RunListing | undefined {
  const seen = new Set<string>();
  return runs.find((run) => {
    const key = identityOf(run);
    const isLatest = !seen.has(key);
    seen.add(key);
    return isLatest && run.status !== 'success' && run.status !== 'running';
  });
}

/** Runs of the same words with the same states. */
function identityOf({ words, options }: RunListing): string {
  const request = readRequest(options);
  const suffix = request === undefined || 'hidden' in request ? undefined : request.options.defaults?.stateIdSuffix;
  return JSON.stringify([words, suffix ?? null]);
}

function isSame(some: readonly string[], others: readonly string[]): boolean {
  return JSON.stringify(some) === JSON.stringify(others);
}

async function readUnfinishedRun(history: History, project: Project, runId: string): Promise<UnfinishedRun> {
  const run = await history.showRun(runId);
  if (run.status === 'success') throw nothingLeft(`run ${run.runId} succeeded`);
  const request = requestFor(run);
  refuseEnvironment(run, project);
  const family = await Promise.all((await history.runFamily(run.runId)).map((id) => history.showRun(id)));
  for (const member of family) if (member.status === 'running') throw stillRunning(member);
  const done = doneBlocks(family);
  if (request.blocks.every(({ id }) => done.has(id))) throw nothingLeft(`every block of run ${run.runId} is done`);
  const env = request.schedule === undefined ? {} : findSchedule(project, request.schedule).env;
  return { run, request, done, family, env };
}

function requestFor({ runId, words, options }: RunDetail): RunRequest {
  const request = readRequest(options);
  if (request === undefined || request.command !== 'run') {
    const isBackfill = words[0] === 'backfill';
    throw new TaplineError('RETRY_REFUSED', `run ${runId} was not started by \`tapline run\` and can't be retried`, {
      hint: isBackfill
        ? `Repeat the backfill; it loads only unfinished windows: tapline ${words.join(' ')}`
        : 'Start it again: it continues from the last saved state.',
    });
  }
  if (!('hidden' in request)) return request;
  throw new TaplineError(
    'RETRY_REFUSED',
    `the command line of run ${runId} was not recorded because it contains a secret`,
    {
      hint: 'Start it again with the same words and options.',
    },
  );
}

function refuseEnvironment({ runId, environment }: RunDetail, { environment: chosen }: Project): void {
  if (chosen === undefined || chosen.name === environment) return;
  throw new TaplineError(
    'RETRY_REFUSED',
    `run ${runId} used environment '${environment ?? ''}', but '${chosen.name}' is selected`,
    { hint: 'A retry uses the environment of the run: omit `--environment` and MELTANO_ENVIRONMENT.' },
  );
}

/** Refuses an ID for the retry that belongs to the run or to an earlier retry of it. */
export function refuseSameId(runId: string | undefined, { family }: UnfinishedRun): void {
  if (runId === undefined || !family.some((run) => run.runId === runId)) return;
  throw new TaplineError('USAGE', `run ID ${runId} belongs to the run being retried`, {
    hint: 'A retry is a new run: omit `--run-id` and MELTANO_RUN_ID, or choose another ID.',
  });
}

function refuseChanges({ run: { runId, words }, request, done }: UnfinishedRun, plan: Plan): void {
  const changes = planChanges(request.blocks, plannedBlocks(plan), done);
  if (changes.length === 0) return;
  const some = changes.slice(0, 5).join('; ');
  const more = changes.length > 5 ? `; and ${changes.length - 5} more` : '';
  throw new TaplineError(
    'RETRY_PLAN_CHANGED',
    `plan of \`${words.join(' ')}\` has changed since run ${runId}: ${some}${more}`,
    {
      hint: 'Start it again with `tapline run`: extract-loads continue from their last saved state.',
      data: { changes },
    },
  );
}

/** Data has moved on since an older run, so it is resumed only by its ID. */
function refuseOlder({ runId, words, status }: RunListing, latest: RunListing): void {
  if (runId === latest.runId) return;
  const ended = latest.status === 'running' ? 'is still running' : 'succeeded';
  throw new TaplineError('RETRY_NOTHING_LEFT', `nothing to retry: the last run, ${latest.runId}, ${ended}`, {
    hint: `An older run of \`${words.join(' ')}\` ended as ${status}. To resume it: tapline retry ${runId}`,
  });
}

function nothingLeft(message: string): TaplineError {
  return new TaplineError('RETRY_NOTHING_LEFT', `nothing to retry: ${message}`, {
    hint: '`tapline runs list` shows all runs and how they ended.',
  });
}

function stillRunning({ runId, host, pid }: RunDetail): TaplineError {
  return new TaplineError('RETRY_RUNNING', `run ${runId} is still running (pid ${pid} on ${host})`, {
    hint: 'Wait for it, or stop it. A run killed on another host counts as dead five minutes after its last heartbeat.',
  });
}

async function announce({ runId, words }: RunDetail, left: Plan, whole: Plan, session: Session): Promise<void> {
  const [some, all] = [plannedBlocks(left).length, plannedBlocks(whole).length];
  const text = `Retrying run ${runId} (${words.join(' ')}): ${some} of ${all} ${all === 1 ? 'block' : 'blocks'} left`;
  (await session.log()).info(text);
}
