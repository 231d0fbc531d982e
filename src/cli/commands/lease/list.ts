import type { Command } from 'commander';
import type { OptionsOf } from '../../../option-definition.js';
import type { LeaseHolder } from '../../../state/port.js';
import type { CommandContext } from '../../context.js';
import { addOptions, examples } from '../../options/commander.js';
import { databaseUri, textOrJson } from '../../options/common.js';

const options = { ...textOrJson, ...databaseUri } as const;
type Options = OptionsOf<typeof options>;

export function leaseList(command: Command, { open, output }: CommandContext): Command {
  addOptions(command, options);
  return command
    .addHelpText('after', examples('tapline lease list', 'tapline lease list --format json'))
    .action(async ({ format, databaseUri }: Options) => {
      const session = await open({ policy: 'explicit', access: 'read', databaseUri });
      const [backend, history] = [await session.state(), await session.history()];
      const states = (await backend.leases.list()).map((holder) => entryOf('state', holder));
      const slots = (await history.slots.list()).map((holder) => entryOf('slot', holder));
      const leases = [...states, ...slots];
      if (format === 'json') return output.json({ leases });
      if (leases.length === 0) return (await session.log()).info('No leases are held.');
      const { localTime, table } = await import('../../table.js');
      const rows = leases.map(({ kind, name, owner, acquired_at, expires_at }) => [
        name,
        kind,
        `${owner.user}@${owner.host} pid ${owner.pid}`,
        localTime(new Date(acquired_at)),
        localTime(new Date(expires_at)),
        owner.run_id,
      ]);
      output.line(table(['name', 'kind', 'held by', 'since', 'until', 'run'], rows));
    });
}

function entryOf(kind: 'state' | 'slot', { name, token, owner, acquiredAt, heartbeatAt, expiresAt }: LeaseHolder) {
  return {
    kind,
    name,
    token,
    owner: { run_id: owner.runId, host: owner.host, pid: owner.pid, user: owner.user, command: owner.command },
    acquired_at: acquiredAt.toISOString(),
    heartbeat_at: heartbeatAt.toISOString(),
    expires_at: expiresAt.toISOString(),
  };
}
