import type { Command } from 'commander';
import type { OptionsOf } from '../../option-definition.js';
import { exactJson } from '../../singer/exact-json.js';
import type { StateVersion } from '../../state/port.js';
import type { CommandContext } from '../context.js';
import { addOptions, examples } from '../options/commander.js';
import { databaseUri, limit, textOrJson } from '../options/common.js';
import { openForState } from '../state-session.js';
import { readCurrent, readVersions, singerStateOf } from '../state-versions.js';

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
      const { diffStates } = await import('../../singer/state-diff.js');
      const versions = await readVersions(session, stateId);
      const current = singerStateOf(await readCurrent(session, stateId));
      const newest = versions[0];
      const isForeign = newest !== undefined && diffStates(singerStateOf(newest), current).length > 0;
      const rows = versions.map((version, index) => {
        const before = versions[index + 1];
        const changes = diffStates(before === undefined ? {} : singerStateOf(before), singerStateOf(version));
        return { ...version, changed: changes.map(({ stream }) => stream ?? '(other)') };
      });
      const shown = rows.slice(0, limit);
      if (format === 'json') {
        context.output.line(
          exactJson({ state_id: stateId, is_newest_current: !isForeign, versions: shown.map(entryOf) }, 2),
        );
        return;
      }
      const log = await session.log();
      if (isForeign) log.warning('the current state is none of these versions: another program has changed it');
      if (rows.length === 0) return log.info(`'${stateId}' has no versions.`);
      context.output.line(await versionTable(shown));
    });
}

type Row = StateVersion & { changed: string[] };

/** See schemas/output-state-history.schema.json. */
function entryOf({ version, savedAt, mode, runId, changed, ...halves }: Row): Record<string, unknown> {
  return {
    version,
    saved_at: savedAt.toISOString(),
    mode,
    run_id: runId ?? null,
    changed,
    singer_state: singerStateOf(halves),
  };
}

const modes = { completed: 'run', partial: 'run, merged', edit: 'by hand', clear: 'cleared' } as const;

async function versionTable(rows: readonly Row[]): Promise<string> {
  const { localTime, table } = await import('../table.js');
  return table(
    ['version', 'saved', 'how', 'run', 'changed'],
    rows.map(({ version, savedAt, mode, runId, changed }) => [
      String(version),
      localTime(savedAt),
      modes[mode],
      runId ?? '',
      changed.length === 0 ? 'nothing' : changed.join(', '),
    ]),
  );
}
