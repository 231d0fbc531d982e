import type { Command } from 'commander';
import type { RunDetail } from '../../../history/port.js';
import type { OptionsOf } from '../../../option-definition.js';
import type { CommandContext } from '../../context.js';
import { addOptions, examples } from '../../options/commander.js';
import { databaseUri, textOrJson } from '../../options/common.js';
import { type BlockRow, depthOf, inOrderOfPlan, isSameError, isWithin, titleOf } from './block-tree.js';
import { commandOf, runDetailEntry } from './entry.js';

const options = { ...textOrJson, ...databaseUri } as const;
type Options = OptionsOf<typeof options>;

export function runsShow(command: Command, { open, output }: CommandContext): Command {
  addOptions(command, options);
  return command
    .argument('<run-id>', 'the whole ID, or its beginning')
    .addHelpText('after', examples('tapline runs show 0190a1b2', 'tapline runs show 0190a1b2 --format json'))
    .action(async (runId: string, { format, databaseUri }: Options) => {
      const session = await open({ policy: 'none', access: 'read', databaseUri });
      const history = await session.history();
      const run = await history.showRun(runId);
      if (format === 'json') return output.json(runDetailEntry(run));
      for (const line of await detailLines(run)) output.line(line);
    });
}

async function detailLines(run: RunDetail): Promise<string[]> {
  const [{ localTime, table }, units] = await Promise.all([
    import('../../table.js'),
    import('../../../observe/units.js'),
  ]);
  const took = run.durationSeconds === undefined ? '' : `, took ${units.duration(run.durationSeconds)}`;
  const head = [
    `Run ${run.runId}: ${run.status}`,
    `  command      ${commandOf(run)}`,
    ...(run.retryOf === undefined ? [] : [`  retry of     ${run.retryOf}`]),
    `  environment  ${run.environment ?? 'none'}`,
    `  started      ${localTime(run.startedAt)}${took}`,
    `  host         ${run.host}, pid ${run.pid}`,
    // The error of a block is shown with the block.
    ...(run.blockRows.some(({ error }) => isSameError(error, run.error)) ? [] : errorLines(run.error, '  ')),
    '',
  ];
  const blockRows = [...run.blockRows].sort(inOrderOfPlan);
  const hasAttempts = blockRows.some(({ attempt }) => attempt > 1);
  const rows = blockRows.map((block) => [
    block.blockId,
    ...(hasAttempts ? [String(block.attempt)] : []),
    block.status ?? 'running',
    `${'  '.repeat(depthOf(block, blockRows))}${block.name}`,
    block.recordsLoaded === undefined ? '' : units.whole(block.recordsLoaded),
    block.bytesExtracted === undefined ? '' : units.bytes(block.bytesExtracted),
    tookOf(block, units.duration),
    block.stateId ?? '',
    block.stateVersionAfter === undefined ? '' : String(block.stateVersionAfter),
  ]);
  const attempt = hasAttempts ? ['attempt'] : [];
  const blocks = table(['block', ...attempt, 'status', 'name', 'records', 'read', 'took', 'state ID', 'version'], rows);
  const errors = blockRows
    .filter((block) => !blockRows.some((other) => isWithin(other, block) && isSameError(other.error, block.error)))
    .flatMap((block) => errorLines(block.error, `${titleOf(block, hasAttempts)}: `));
  const streams = run.streams.map((stream) => [
    stream.blockId,
    stream.stream,
    units.whole(stream.recordsExtracted),
    units.whole(stream.recordsLoaded),
  ]);
  return [
    ...head,
    blocks,
    ...(errors.length === 0 ? [] : ['', ...errors]),
    ...(streams.length === 0 ? [] : ['', table(['block', 'stream', 'extracted', 'loaded'], streams)]),
  ];
}

function tookOf({ startedAt, endedAt }: BlockRow, duration: (seconds: number) => string): string {
  return endedAt === undefined ? '' : duration((endedAt.getTime() - startedAt.getTime()) / 1000);
}

function errorLines(error: Record<string, unknown> | undefined, before: string): string[] {
  if (error === undefined) return [];
  const hint = typeof error.hint === 'string' ? [`  hint: ${error.hint}`] : [];
  return [`${before}${error.message} [${error.code}]`, ...hint];
}
