import type { Command } from 'commander';
import type { CleanUp } from '../../actions/project/clean-up.js';
import type { OptionsOf } from '../../option-definition.js';
import type { CommandContext } from '../context.js';
import { addOptions, examples } from '../options/commander.js';
import { databaseUri, textOrJson } from '../options/common.js';
import { cleanDefinitions } from '../options/stores.js';

const options = { ...cleanDefinitions, ...textOrJson, ...databaseUri } as const;
type Options = OptionsOf<typeof options>;

export function clean(command: Command, { open, output }: CommandContext): Command {
  addOptions(command, options);
  return command
    .addHelpText(
      'after',
      `${examples('tapline clean --dry-run', 'tapline clean --older-than 30d', 'tapline clean --older-than 2w --format json')}

Removes finished runs from the history, their logs, cached catalogs, leftovers of dead runs, and virtual environments
of plugins that are no longer in the project. Never removes state, its versions or rescued states.`,
    )
    .action(async ({ olderThan, dryRun, format, databaseUri }: Options) => {
      const session = await open({ policy: 'none', access: dryRun ? 'read' : 'update', databaseUri });
      const { findRubbish, removeRubbish, retentionStart } = await import('../../actions/project/clean-up.js');
      const before = olderThan === undefined ? await retentionStart(session) : new Date(Date.now() - olderThan);
      const found = await findRubbish(session, before);
      if (!dryRun) await removeRubbish(session, found);
      if (format === 'json') {
        output.json({
          dry_run: dryRun === true,
          before: before.toISOString(),
          runs: found.runIds.length,
          bytes: found.rubbish.reduce((sum, { bytes }) => sum + bytes, 0),
          removed: found.rubbish.map(({ kind, path, bytes }) => ({ kind, path, bytes })),
        });
      } else output.line(await textOf(found, dryRun === true));
      const log = await session.log();
      for (const note of found.notes) log.info(note);
    });
}

async function textOf({ rubbish, runIds }: CleanUp, dryRun: boolean): Promise<string> {
  const { default: prettyBytes } = await import('pretty-bytes');
  const verb = dryRun ? 'Would remove' : 'Removed';
  const lines = rubbish.map(({ kind, path, bytes }) => `${verb} ${names[kind]} ${path} (${prettyBytes(bytes)})`);
  const bytes = rubbish.reduce((sum, each) => sum + each.bytes, 0);
  return [
    ...lines,
    `${verb} ${runIds.length} ${runIds.length === 1 ? 'run' : 'runs'} from the history and ${prettyBytes(bytes)} of files`,
  ].join('\n');
}

const names = { run_directory: 'run directory', log: 'log', catalog: 'catalog', venv: 'virtual environment' };
