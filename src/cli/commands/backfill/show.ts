import type { Command } from 'commander';
import { planBlocks } from '../../../actions/run/plan-blocks.js';
import { TaplineError } from '../../../errors.js';
import type { WindowRow } from '../../../history/port.js';
import type { OptionsOf } from '../../../option-definition.js';
import type { Session } from '../../../session/session.js';
import type { CommandContext } from '../../context.js';
import { addOptions, examples } from '../../options/commander.js';
import { databaseUri, textOrJson } from '../../options/common.js';
import { statelessness } from '../../options/run.js';
import { statusDefinition } from '../../options/stores.js';
import { shortTimes, windowEntry } from './entry.js';

const statuses = ['pending', 'running', 'success', 'failed', 'stopped', 'dead'] as const;

const options = {
  status: statusDefinition(statuses, 'only windows with this status'),
  stateIdSuffix: statelessness.stateIdSuffix,
  ...textOrJson,
  ...databaseUri,
} as const;
type Options = OptionsOf<typeof options>;

export function backfillShow(command: Command, { open, output }: CommandContext): Command {
  addOptions(command, options);
  return command
    .usage('[options] <state-id> | <tap> [mapping...] <target>')
    .argument('<words...>', 'a state ID, or the blocks of the backfill')
    .addHelpText(
      'after',
      examples(
        'tapline backfill show tap-stripe target-postgres',
        'tapline backfill show dev:tap-stripe-to-target-postgres --status failed',
      ),
    )
    .action(async (words: string[], { status, stateIdSuffix, format, databaseUri }: Options) => {
      const session = await open({ policy: 'default', access: 'read', databaseUri });
      const stateId = await stateIdOf(words, stateIdSuffix, session);
      const windows = await windowsOf(stateId, session);
      const shown = status === undefined ? windows : windows.filter((window) => window.status === status);
      if (format === 'json') return output.json({ state_id: stateId, windows: shown.map(windowEntry) });
      for (const line of await windowLines(shown)) output.line(line);
    });
}

async function stateIdOf(words: readonly string[], suffix: string | undefined, session: Session): Promise<string> {
  const [word = '', ...more] = words;
  if (more.length === 0) return word;
  const plan = await planBlocks(words, { stateIdSuffix: suffix }, session);
  const [block] = plan.groups.flatMap(({ blocks }) => blocks);
  if (block?.kind === 'chain' && block.stateId !== undefined) return block.stateId;
  throw unknownBackfill(words.join(' '));
}

async function windowsOf(stateId: string, session: Session): Promise<WindowRow[]> {
  const history = await session.existingHistory();
  const windows = (await history?.windows.list({ stateId })) ?? [];
  if (windows.length === 0) throw unknownBackfill(stateId);
  return windows;
}

function unknownBackfill(what: string): TaplineError {
  return new TaplineError('BACKFILL_UNKNOWN', `no backfill of '${what}' found`, {
    hint: '`tapline backfill list` shows all backfills. Their state IDs begin with the environment.',
  });
}

async function windowLines(windows: readonly WindowRow[]): Promise<string[]> {
  const [{ localTime, table }, { duration, whole }] = await Promise.all([
    import('../../table.js'),
    import('../../../observe/units.js'),
  ]);
  const hasStreams = windows.some(({ stream }) => stream !== '*');
  const rows = windows.map((window) => [
    ...(hasStreams ? [window.stream] : []),
    shortTimes(window.key),
    window.status,
    String(window.attempt),
    window.recordsLoaded === undefined ? '' : whole(window.recordsLoaded),
    window.startedAt === undefined || window.endedAt === undefined
      ? ''
      : duration((window.endedAt.getTime() - window.startedAt.getTime()) / 1000),
    localTime(window.updatedAt),
    window.runId?.slice(0, 13) ?? '',
  ]);
  const errors = windows.flatMap(({ key, error }) =>
    error === undefined ? [] : [`${shortTimes(key)}: ${error.message} [${error.code}]`],
  );
  const head = ['window', 'status', 'attempts', 'records', 'took', 'updated', 'run'];
  return [table(hasStreams ? ['streams', ...head] : head, rows), ...(errors.length === 0 ? [] : ['', ...errors])];
}
