import { findCommand } from '../plan/command-line.js';
import { describeBlock } from '../plan/describe-block.js';
import { drawPlan } from '../plan/draw.js';
import type { Block, Plan } from '../plan/types.js';
import { summaryOf } from './block/report.js';
import { resolveChain } from './block/setup.js';
import type { Emitter } from './emit.js';
import type { BlockSummary } from './events.js';
import { resolvePlugin } from './plugin-process.js';
import { jobsOf } from './sections.js';
import type { RunOptions, World } from './types.js';

/**
 * Shows what a plan would run and finds what would stop it: settings are resolved, programs and commands looked up.
 * Nothing is started and no store is opened.
 */
export function dryRun(plan: Plan, { jobs }: RunOptions, world: World, emitter: Emitter): BlockSummary[] {
  const blocks = plan.groups.flatMap((group) => group.blocks);
  const lines = drawPlan(plan, (scope) => jobsOf(scope, jobs));
  emitter.emit({ type: 'log', level: 'info', message: ['Would run:', ...lines].join('\n') });
  return blocks.map((block, index) => {
    const emit = emitter.at({ blockId: block.id, parentId: block.scope?.id });
    const { kind, name, plugins, stateId } = describeBlock(block);
    try {
      check(world, block, emit);
    } catch (error) {
      const summary = summaryOf(block, { status: 'failed', durationSeconds: 0, error });
      emit({ type: 'block.finished', summary });
      return summary;
    }
    const fields = {
      block_type: kind === 'chain' ? 'ExtractLoadBlocks' : 'InvokerCommand',
      comprised_of: kind === 'chain' ? plugins : name,
      ...(stateId === undefined ? {} : { state_id: stateId }),
    };
    emit({
      type: 'log',
      level: 'info',
      message: `Dry run, but would have run block ${index + 1}/${blocks.length}.`,
      fields,
    });
    return summaryOf(block, { status: 'not_started', durationSeconds: 0 });
  });
}

function check(world: World, block: Block, emit: ReturnType<Emitter['at']>): void {
  if (block.kind === 'chain') {
    const { tap, mappers, target } = resolveChain(world, block, emit);
    for (const { plugin, processEnv } of [tap, ...mappers, target])
      world.installer.executable(plugin, undefined, processEnv);
    return;
  }
  const { plugin, processEnv } = resolvePlugin(world, block.plugin, { env: block.env }, emit);
  const command = block.command === undefined ? undefined : findCommand(plugin, block.command);
  world.installer.executable(plugin, command?.executable, processEnv);
}
