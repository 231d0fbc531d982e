import type { Command } from 'commander';
import { TaplineError } from '../../errors.js';
import type { OptionsOf } from '../../option-definition.js';
import type { Session } from '../../session.js';
import type { CommandContext } from '../context.js';
import { addOptions, examples } from '../options/commander.js';
import { all, databaseUri, described, force } from '../options/common.js';
import { stream } from '../options/stores.js';
import { clearStreams, type EditOptions, withLease } from '../state-edit.js';
import { openForState } from '../state-session.js';

const options = { ...described(all, 'clear the state of every ID'), ...stream, ...force, ...databaseUri } as const;
type Options = OptionsOf<typeof options>;

export function stateClear(command: Command, context: CommandContext): Command {
  addOptions(command, options);
  return command
    .argument('[state-id]')
    .addHelpText(
      'after',
      examples(
        'tapline state clear dev:tap-github-to-target-postgres',
        'tapline state clear dev:tap-github-to-target-postgres --stream issues',
        'tapline state clear --all --force',
      ),
    )
    .action(async (stateId: string | undefined, { all, force, stream, databaseUri }: Options) => {
      if (!force) await context.confirm('This will clear state for the job(s). Continue?');
      if ((stateId === undefined) === (all === undefined)) {
        throw new TaplineError('USAGE', 'A state ID or the --all flag must be provided, but not both.');
      }
      if (all && stream) throw new TaplineError('USAGE', '--stream requires a state ID');
      const access = { access: 'write', databaseUri } as const;
      if (stateId !== undefined && stream !== undefined) {
        const session = await openForState(context, stateId, access);
        const cleared = await clearStreams(session, stateId, stream, { force });
        (await session.log()).info(`Cleared in ${stateId}: ${cleared.join(', ')}`);
      } else if (stateId !== undefined) await clear(await openForState(context, stateId, access), stateId, { force });
      else await clearAll(await context.open({ ...access, policy: 'explicit' }), { force });
    });
}

async function clear(session: Session, stateId: string, options: EditOptions): Promise<void> {
  const backend = await session.state();
  await withLease(session, stateId, (lease) => backend.clear(lease), options);
}

async function clearAll(session: Session, options: EditOptions): Promise<void> {
  const backend = await session.state();
  const states = await backend.list();
  for (const { stateId } of states) await clear(session, stateId, options);
  (await session.log()).info(`${states.length} state(s) were successfully cleared`);
}
