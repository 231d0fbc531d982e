/** `tapline retry` and `run --resume`: a new run of the blocks that an earlier run did not finish. */
import { TaplineError } from '../errors.js';
import type { History, RunDetail, RunListing } from '../history/port.js';
import type { OptionsOf } from '../option-definition.js';
import type { BlockOptions, Plan } from '../plan/types.js';
import type { Project } from '../project/types.js';
import { doneBlocks, planChanges, withoutDone } from '../run/left-blocks.js';
import { plannedBlocks, readRequest, requestOf } from '../run/run-request.js';
import type { RunOptions, RunRequest } from '../run/types.js';
import type { Session } from '../session.js';
import type { CommandContext } from './context.js';
import type { dryRun } from './options/common.js';
import type { failurePolicyDefinitions, jobs, statelessness } from './options/run.js';
import {
  blockOptionsOf,
  executePlan,
  failurePolicy,
  type PlanOptions,
  planOf,
  runOptionsOf,
  warnAbout,
} from './run-plan.js';
import { findSchedule } from './schedules.js';

/** What the command line says now; the rest is as the run was called. */
export type ResumeOptions = Partial<PlanOptions> &
  Partial<OptionsOf<typeof dryRun & typeof jobs & typeof failurePolicyDefinitions & typeof statelessness>>;

/** One run by its ID, the last run of these words, or the last unfinished run. */
export type ResumeChoice = { runId: string } | { words: readonly string[] } | undefined;

/** A run that can be retried, with all earlier retries of it. */
interface Interrupted {
  run: RunDetail;
  request: RunRequest;
  done: Set<string>;
  family: RunDetail[];
  /** Variables of the schedule that started it. */
  env: Readonly<Record<string, string>>;
}

export async function resume(choice: ResumeChoice, options: ResumeOptions, context: CommandContext): Promise<void> {
  const interrupted = await findInterrupted(choice, options, context);
  const { run, request, done, env } = interrupted;
  refuseSameId(options, interrupted);
  const session = await context.open({
    policy: 'required',
    access: 'write',
    databaseUri: options.databaseUri,
    environment: run.environment,
    env,
    ...(options.dryRun ? { defaultLogLevel: 'debug' } : {}),
  });
  await session.fetchMissingLocks(run.words);
  const blockOptions = await mergedBlockOptions(request, options, session);
  const plan = await planOf(run.words, blockOptions, session);
  await warnAbout(plan, session);
  refuseChanges(interrupted, plan);
  const left = withoutDone(plan, done);
  await announce(run, left, plan, session);
  const runOptions = await mergedRunOptions(request, blockOptions, options, session, context.env);
  const retryRequest = { ...requestOf(request.command, plan, runOptions, request.schedule), done: [...done] };
  context.exit(await executePlan(left, { ...runOptions, retryOf: run.runId, request: retryRequest }, session));
}

/** Reads only, in the environment that the command line chose, if any. The retry itself runs in the run's own environment. */
async function findInterrupted(
  choice: ResumeChoice,
  { databaseUri }: ResumeOptions,
  { open }: CommandContext,
): Promise<Interrupted> {
  const isById = choice !== undefined && 'runId' in choice;
  const policy = isById ? 'explicit' : 'required';
  const session = await open({ policy, access: 'read', databaseUri, quiet: true });
  try {
    const { project } = session;
    const history = await session.existingHistory();
    if (history === undefined) throw nothingLeft('this project has no runs yet');
    const runId = isById ? choice.runId : await lastRun(history, project, choice?.words);
    return await readInterrupted(history, project, runId);
  } finally {
    await session.close();
  }
}

/** How far back to search for the last run. */
const maxRuns = 1_000;

async function lastRun(history: History, project: Project, words: readonly string[] | undefined): Promise<string> {
  const environment = project.environment?.name;
  const runs = await history.listRuns({ limit: maxRuns, environment, projectId: project.projectId });
  const started = runs.filter(({ options }) => readRequest(options)?.command === 'run');
  const chosen = words === undefined ? lastUnfinished(started) : started.find((run) => isSame(run.words, words));
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

async function readInterrupted(history: History, project: Project, runId: string): Promise<Interrupted> {
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

function refuseSameId({ runId }: ResumeOptions, { family }: Interrupted): void {
  if (runId === undefined || !family.some((run) => run.runId === runId)) return;
  throw new TaplineError('USAGE', `run ID ${runId} belongs to the run being retried`, {
    hint: 'A retry is a new run: omit `--run-id` and MELTANO_RUN_ID, or choose another ID.',
  });
}

function refuseChanges({ run: { runId, words }, request, done }: Interrupted, plan: Plan): void {
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

async function mergedBlockOptions(
  { options: { defaults } }: RunRequest,
  options: ResumeOptions,
  session: Session,
): Promise<BlockOptions> {
  const { stateStrategy, ...given } = await blockOptionsOf({ stateStrategy: 'auto', ...options }, session);
  const chosen = {
    ...given,
    stateStrategy: stateStrategy === 'auto' ? undefined : stateStrategy,
    stateIdSuffix: options.stateIdSuffix,
    noStateUpdate: options.stateUpdate === false ? true : undefined,
  };
  return { ...defaults, ...definedOnly(chosen) };
}

async function mergedRunOptions(
  { options: before }: RunRequest,
  blockOptions: BlockOptions,
  options: ResumeOptions,
  session: Session,
  env: NodeJS.ProcessEnv,
): Promise<RunOptions> {
  const now = await runOptionsOf({ stateStrategy: 'auto', ...options }, blockOptions, session, env);
  const isInstallGiven = options.install !== undefined || options.onlyInstall !== undefined;
  return {
    ...definedOnly(before),
    ...definedOnly(now),
    install: isInstallGiven ? now.install : (before.install ?? now.install),
    retry: { ...definedOnly(before.retry ?? {}), ...definedOnly(now.retry ?? {}) },
    jobs: options.jobs ?? before.jobs,
    onFailure: options.failFast === undefined ? before.onFailure : failurePolicy(options.failFast),
    dryRun: options.dryRun,
  };
}

function definedOnly<T extends object>(values: T): T {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T;
}
