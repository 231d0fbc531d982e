import { TaplineError } from '../../errors.js';
import type { Emit } from '../emit.js';
import type { ProcessNotes } from '../history-notes.js';
import { type Captured, capture } from '../process/capture.js';
import { describeExit, type ProcessSpec } from '../process/child.js';
import { reasonText } from '../process/failure-cause.js';
import { readPluginLog } from '../process/plugin-log.js';
import type { Reaper } from '../process/reaper.js';
import type { StopControl } from '../stop-control.js';

/** More output than this is not a catalog. In bytes. */
const maxBytes = 256 * 1024 * 1024;

export interface DiscoveryOptions {
  timeoutSeconds: number;
  stop: StopControl;
  reaper: Pick<Reaper, 'watchGroup' | 'forgetGroup'>;
  notes: ProcessNotes;
  emit: Emit;
}

/** Runs a tap with `--discover` and returns what it prints. Throws DISCOVERY_FAILED, DISCOVERY_TIMEOUT, CATALOG_INVALID, INTERRUPTED. */
export async function discoverCatalog(spec: ProcessSpec, options: DiscoveryOptions): Promise<string> {
  const { timeoutSeconds, stop, reaper, notes, emit } = options;
  const { role, plugin, pluginType } = spec;
  const abort = new AbortController();
  const off = stop.listen(() => abort.abort());
  const captured = await capture(spec, {
    timeoutSeconds,
    maxBytes,
    signal: abort.signal,
    reaper,
    onLine: (line) => {
      const log = readPluginLog(line, spec.structuredLogs === true);
      if (log !== undefined) emit({ type: 'plugin.log', role, plugin, pluginType, stdio: 'stderr', ...log });
    },
    processStarted: (process) => {
      emit({ type: 'process.started', role, plugin, pid: process.pid });
      notes.processStarted(process);
    },
    processExited: (process, exit) => {
      emit({ type: 'process.exited', role, plugin, pid: process.pid, exitCode: exit.code, signal: exit.signal });
      notes.processExited(process, exit);
    },
  }).finally(off);
  const failure = failureOf(spec, captured, timeoutSeconds);
  if (failure !== undefined) throw failure;
  return captured.stdout.toString('utf8');
}

function failureOf({ plugin }: ProcessSpec, captured: Captured, timeoutSeconds: number): TaplineError | undefined {
  const { exit, ended, lastLines, cause } = captured;
  const data = { plugin, exitCode: exit.code, signal: exit.signal, lastLines, cause };
  if (ended === 'aborted') return new TaplineError('INTERRUPTED', 'catalog discovery was interrupted');
  if (ended === 'timeout') {
    return new TaplineError(
      'DISCOVERY_TIMEOUT',
      `catalog discovery of '${plugin}' timed out after ${timeoutSeconds} s${reasonText(cause)}`,
      {
        hint: 'Raise the limit with the extra `discovery_timeout` (seconds), or name a catalog file with the extra `catalog`.',
        data,
      },
    );
  }
  if (ended === 'tooLong') {
    return new TaplineError('CATALOG_INVALID', `'${plugin}' printed more than ${maxBytes >> 20} MiB for --discover`, {
      data,
    });
  }
  if (exit.code === 0) return undefined;
  return new TaplineError(
    'DISCOVERY_FAILED',
    `catalog discovery failed: '${plugin}' ${describeExit(exit)}${reasonText(cause)}`,
    {
      hint: `Run it alone with \`tapline invoke ${plugin} --discover\`; \`tapline config print ${plugin}\` shows its settings.`,
      data,
    },
  );
}

/** One discovery for all windows of a backfill: the catalog of a tap does not depend on the window. */
export class SharedDiscovery {
  private running: Promise<string> | undefined;

  /** `isShared`: another window started it. After a failed discovery, the next caller tries again. */
  async once(discover: () => Promise<string>): Promise<{ text: string; isShared: boolean }> {
    if (this.running !== undefined) return { text: await this.running, isShared: true };
    this.running = discover();
    try {
      return { text: await this.running, isShared: false };
    } catch (error) {
      this.running = undefined;
      throw error;
    }
  }
}
