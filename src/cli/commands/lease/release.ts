import type { Command } from 'commander';
import { hasCode } from '../../../errors.js';
import type { OptionsOf } from '../../../option-definition.js';
import type { Session } from '../../../session/session.js';
import type { LeaseHolder } from '../../../state/port.js';
import type { CommandContext } from '../../context.js';
import { addOptions, examples } from '../../options/commander.js';
import { databaseUri, force } from '../../options/common.js';

const options = { ...force, ...databaseUri } as const;
type Options = OptionsOf<typeof options>;

export function leaseRelease(command: Command, { open, confirm }: CommandContext): Command {
  addOptions(command, options);
  return command
    .argument('<name>', 'a state ID, or the name that `lease list` shows')
    .addHelpText('after', examples('tapline lease release dev:tap-github-to-target-postgres'))
    .action(async (name: string, { force, databaseUri }: Options) => {
      if (!force) await confirm('A run that still holds it will stop without saving its state. Continue?');
      const session = await open({ policy: 'explicit', access: 'write', databaseUri });
      const { owner } = await release(session, name);
      (await session.log()).info(
        `Released '${name}', held by run ${owner.runId} (${owner.user}@${owner.host} pid ${owner.pid}).`,
      );
    });
}

async function release(session: Session, name: string): Promise<LeaseHolder> {
  const backend = await session.state();
  try {
    return await backend.leases.releaseHeld(name);
  } catch (error) {
    if (!hasCode(error, 'LEASE_UNKNOWN')) throw error;
    const { slots } = await session.history();
    return await slots.releaseHeld(name);
  }
}
