import type { Command } from 'commander';
import type { OptionsOf } from '../../../option-definition.js';
import type { CommandContext } from '../../context.js';
import { addOptions, examples } from '../../options/commander.js';
import { databaseUri, textOrJson } from '../../options/common.js';
import { type Backfill, backfillEntry, backfillsOf, countsOf, shortTimes } from './entry.js';

const options = { ...textOrJson, ...databaseUri } as const;
type Options = OptionsOf<typeof options>;

export function backfillList(command: Command, { open, output }: CommandContext): Command {
  addOptions(command, options);
  return command
    .addHelpText('after', examples('tapline backfill list', 'tapline backfill list --format json'))
    .action(async ({ format, databaseUri }: Options) => {
      const session = await open({ policy: 'none', access: 'read', databaseUri });
      const history = await session.existingHistory();
      const backfills = backfillsOf((await history?.windows.list()) ?? []);
      if (format === 'json') return output.json({ backfills: backfills.map(backfillEntry) });
      if (backfills.length === 0) return (await session.log()).info('No backfills found.');
      output.line(await backfillTable(backfills));
    });
}

async function backfillTable(backfills: readonly Backfill[]): Promise<string> {
  const [{ localTime, table }, { whole }] = await Promise.all([
    import('../../table.js'),
    import('../../../observe/units.js'),
  ]);
  const rows = backfills.map((backfill) => {
    const counts = countsOf(backfill);
    return [
      backfill.stateId,
      backfill.stream,
      shortTimes(counts.from ?? ''),
      counts.from === undefined ? '' : shortTimes(counts.to ?? 'open'),
      `${counts.done} of ${counts.windows}`,
      counts.failed === 0 ? '' : whole(counts.failed),
      counts.left === 0 ? '' : whole(counts.left),
      whole(counts.recordsLoaded),
      localTime(counts.updatedAt),
    ];
  });
  return table(['state ID', 'streams', 'from', 'to', 'done', 'failed', 'left', 'records', 'updated'], rows);
}
