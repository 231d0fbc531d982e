/** A process of its own that works on a state backend as it is told by messages; bundled by worker-process.ts. */

import { TaplineError } from '../../src/errors.js';
import { openStateBackend } from '../../src/state/open.js';
import { currentOwner } from '../../src/state/owner.js';
import type { StateLease } from '../../src/state/port.js';
import { openSystemDatabase } from '../../src/state/systemdb/open.js';
import { takeLease } from './take-lease.js';

export type WorkerCommand =
  | { do: 'open'; kind: 'systemdb' | 'file' | 's3'; uri: string; readOnly?: boolean; endpoint?: string }
  | { do: 'acquire'; stateId: string; force?: boolean; elsewhere?: boolean; lifeSeconds?: number }
  | { do: 'save'; value: number }
  | { do: 'renew' | 'release' }
  | { do: 'list' };

export interface WorkerAnswer {
  ok: boolean;
  token?: number;
  version?: number;
  states?: number;
  code?: string;
  message?: string;
}

const backend = {
  open: undefined as Awaited<ReturnType<typeof openStateBackend>> | undefined,
  lease: undefined as StateLease | undefined,
};

async function obey(command: WorkerCommand): Promise<Omit<WorkerAnswer, 'ok'>> {
  switch (command.do) {
    case 'open': {
      const uri = command.kind === 'systemdb' ? 'systemdb' : command.uri;
      const { readOnly, endpoint } = command;
      const setting = (name: string) => (name === 's3.endpoint_url' ? endpoint : undefined);
      const systemDatabase = () => openSystemDatabase({ uri: command.uri, cwd: '/', readOnly });
      backend.open = await openStateBackend({ uri, systemDatabase, setting, readOnly, lockRetrySeconds: 0.02 });
      return {};
    }
    case 'acquire': {
      const { stateId, force, elsewhere, lifeSeconds } = command;
      const here = await currentOwner(`run-${process.pid}`);
      const owner = elsewhere ? { ...here, host: 'another-host', bootId: 'another-boot' } : here;
      const acquired = backend.open && (await takeLease(backend.open.leases, stateId, { owner, force, lifeSeconds }));
      backend.lease = acquired?.lease;
      return { ...(acquired === undefined ? {} : { token: acquired.lease.token }) };
    }
    case 'save': {
      const saved = await backend.lease?.save({
        mode: 'completed',
        state: { singer_state: { value: command.value } },
        runId: `run-${process.pid}`,
      });
      return { ...(saved === undefined ? {} : { version: saved.version }) };
    }
    case 'renew':
      await backend.lease?.renew();
      return {};
    case 'release':
      await backend.lease?.release();
      return {};
    case 'list':
      return { states: (await backend.open?.list())?.length ?? -1 };
  }
}

process.on('message', (command: WorkerCommand) => {
  obey(command).then(
    (answer) => process.send?.({ ok: true, ...answer } satisfies WorkerAnswer),
    (error: unknown) => {
      const code = error instanceof TaplineError ? error.code : 'BUG';
      process.send?.({
        ok: false,
        code,
        message: error instanceof Error ? (error.stack ?? error.message) : String(error),
      } satisfies WorkerAnswer);
    },
  );
});
process.send?.({ ok: true } satisfies WorkerAnswer);
