import type { Command } from 'commander';
import { readStateHistory, type StateHistory, singerStateOf } from '../../../actions/state/versions.js';
import type { OptionsOf } from '../../../option-definition.js';
import { exactJson } from '../../../singer/exact-json.js';
import type { CommandContext } from '../../context.js';
import { addOptions, examples } from '../../options/commander.js';
import { databaseUri, limit, textOrJson } from '../../options/common.js';
import { openForState } from './open-for-state.js';

const options = {
  limit: { ...limit.limit, default: undefined, help: 'maximum number of versions to show (default: all)' },
  ...textOrJson,
  ...databaseUri,
} as const;
type Options = OptionsOf<typeof options>;

export function stateHistory(command: Command, context: CommandContext): Command {
  addOptions(command, options);
  return command
    .argument('<state-id>')
    .addHelpText(
      'after',
      examples(
        'tapline state history dev:tap-x-to-target-y',
        'tapline state history dev:tap-x-to-target-y --format json',
      ),
    )
    .action(async (stateId: string, { limit, format, databaseUri }: Options) => {
      const session = await openForState(context, stateId, { access: 'read', databaseUri });
      const { versions, isNewestCurrent } = await readStateHistory(session, stateId);
      const shown = versions.slice(0, limit);
      if (format === 'json') {
        context.output.line(
          exactJson({ state_id: stateId, is_newest_current: isNewestCurrent, versions: shown.map(entryOf) }, 2),
        );
        return;
      }
      const log = await session.log();
      if (!isNewestCurrent) log.warning('the current state is none of these versions: another program has changed it');
      if (versions.length === 0) return log.info(`'${stateId}' has no versions.`);
      context.output.line(await versionTable(shown));
    });
}

type Row = StateHistory['versions'][number];

/** See schemas/output-state-history.schema.json. */
function entryOf({ version, savedAt, mode, runId, changed, ...halves }: Row): Record<string, unknown> {
  return {
    version,
    saved_at: savedAt.toISOString(),
    mode,
    run_id: runId ?? null,
    changed: namesOf(changed),
    singer_state: singerStateOf(halves),
  };
}

function namesOf(changed: Row['changed']): string[] {
  return changed.map((stream) => stream ?? '(other)');
}

const modes = { completed: 'run', partial: 'run, merged', edit: 'by hand', clear: 'cleared' } as const;

async function versionTable(rows: readonly Row[]): Promise<string> {
  const { localTime, table } = await import('../../table.js');
  return table(
    ['version', 'saved', 'how', 'run', 'changed'],
    rows.map(({ version, savedAt, mode, runId, changed }) => [
      String(version),
      localTime(savedAt),
      modes[mode],
      runId ?? '',
      changed.length === 0 ? 'nothing' : namesOf(changed).join(', '),
    ]),
  );
}
