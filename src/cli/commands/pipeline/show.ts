import type { Command } from 'commander';
import { type PipelineStatus, readPipelineStatus } from '../../../actions/pipelines/status.js';
import { planBlocks, warnAbout } from '../../../actions/run/plan-blocks.js';
import { didYouMean } from '../../../did-you-mean.js';
import { TaplineError } from '../../../errors.js';
import type { OptionsOf } from '../../../option-definition.js';
import { describeBlock } from '../../../plan/describe-block.js';
import { drawPlan } from '../../../plan/draw.js';
import { findPipeline, type NamedPipeline } from '../../../plan/scopes.js';
import type { Block, Plan, PlanGroup } from '../../../plan/types.js';
import type { Project } from '../../../project/types.js';
import { jobsOf } from '../../../run/sections.js';
import type { CommandContext } from '../../context.js';
import { addOptions, examples } from '../../options/commander.js';
import { databaseUri, textOrJson } from '../../options/common.js';
import { ageText, pipelineEntry } from './entry.js';

const options = { ...textOrJson, ...databaseUri } as const;
type Options = OptionsOf<typeof options>;

export function pipelineShow(command: Command, { open, output }: CommandContext): Command {
  addOptions(command, options);
  return command
    .argument('<id>', 'the pipeline')
    .addHelpText('after', examples('tapline pipeline show nightly', 'tapline pipeline show nightly --format json'))
    .action(async (id: string, { format, databaseUri }: Options) => {
      const session = await open({ policy: 'default', access: 'read', databaseUri });
      const named = findPipeline(id, session.project);
      if (named === undefined) throw unknownPipeline(id, session.project);
      const plan = await planBlocks([id], {}, session);
      await warnAbout(plan, session);
      const [status] = await readPipelineStatus([named.pipeline], session);
      if (status === undefined) return;
      if (format === 'json') return output.json(detailEntry(named, plan, status));
      for (const line of [
        ...drawPlan(plan, (scope) => jobsOf(scope, undefined)),
        ...(await settingLines(named, status)),
      ])
        output.line(line);
    });
}

function unknownPipeline(id: string, { pipelines, runSteps }: Project): TaplineError {
  const ids = pipelines.map((pipeline) => pipeline.id);
  const isStep = runSteps.some(({ name }) => name === id);
  const hint = isStep
    ? `'${id}' is a run step: \`tapline run ${id} --dry-run\` shows it.`
    : (didYouMean(id, ids) ?? (ids.length === 0 ? 'The project has no pipelines.' : `Pipelines: ${ids.join(', ')}.`));
  return new TaplineError('PIPELINE_UNKNOWN', `pipeline '${id}' not found`, { hint, data: { pipeline: id } });
}

async function settingLines({ pipeline, retry }: NamedPipeline, status: PipelineStatus): Promise<string[]> {
  const [{ localTime }, { duration }] = await Promise.all([
    import('../../table.js'),
    import('../../../observe/units.js'),
  ]);
  const { interval, timezone = 'UTC', maxAgeHours, env, after, owner, tags } = pipeline;
  const { nextRunAt, lastRun, ageHours, isStale } = status;
  const next = nextRunAt === undefined ? 'no next time' : `next ${localTime(nextRunAt)}`;
  const delay = retry.delaySeconds === undefined ? '' : `, the first after ${duration(retry.delaySeconds)}`;
  const age = ageHours === undefined ? 'no success yet' : `last success ${ageText(ageHours, duration)} ago`;
  const lines: [string, string | undefined][] = [
    ['interval', interval === undefined ? undefined : `${interval} (${timezone}), ${next}`],
    ['retries', retry.retries === undefined ? undefined : `${retry.retries}${delay}`],
    ['max age', maxAgeHours === undefined ? undefined : `${maxAgeHours} hours, ${age}${isStale ? ': stale' : ''}`],
    [
      'last run',
      lastRun === undefined ? 'none' : `${lastRun.status}, ${localTime(lastRun.startedAt)}, ${lastRun.runId}`,
    ],
    ['variables', Object.keys(env).join(', ')],
    ['after', after.join(', ')],
    ['owner', owner],
    ['tags', tags.join(', ')],
  ];
  const told = lines.filter(([, text]) => text !== undefined && text !== '');
  return ['', ...told.map(([name, text]) => `${name.padEnd(10)} ${text}`)];
}

/** See schemas/output-pipeline-show.schema.json. Of variables it has only the names, since values may be secret. */
function detailEntry(named: NamedPipeline, plan: Plan, status: PipelineStatus): Record<string, unknown> {
  const { pipeline, steps, retry } = named;
  return {
    ...pipelineEntry(status),
    retries: retry.retries ?? null,
    retry_delay_seconds: retry.delaySeconds ?? null,
    variables: Object.keys(pipeline.env),
    steps: steps.map(({ step, timeoutSeconds }, index) => ({
      run_step: step.name,
      commands: step.commands,
      jobs: jobsOf(plan.groups.find(({ scope }) => stepNumber(scope?.id) === index)?.scope, undefined),
      run_dir: step.runDir ?? null,
      timeout_seconds: timeoutSeconds ?? null,
      variables: Object.keys(step.env),
      groups: plan.groups.filter(({ scope }) => stepNumber(scope?.id) === index).map(groupEntry),
    })),
  };
}

/** Counts from 0: the pipeline is the only word, so its steps are `1.1`, `1.2` ... */
function stepNumber(scopeId: string | undefined): number {
  return Number(scopeId?.split('.')[1]) - 1;
}

function groupEntry({ blocks }: PlanGroup): Record<string, unknown> {
  return { blocks: blocks.map(blockEntry) };
}

function blockEntry(block: Block): Record<string, unknown> {
  const isChain = block.kind === 'chain';
  const { kind, name, plugins } = describeBlock(block);
  return {
    block_id: block.id,
    kind,
    name,
    plugins,
    arguments: isChain ? [] : block.args,
    state_id: isChain ? (block.stateId ?? null) : null,
    full_refresh: isChain && block.options.fullRefresh === true,
  };
}
