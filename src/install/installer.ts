import { availableParallelism } from 'node:os';
import pLimit from 'p-limit';
import { hasCode, TaplineError } from '../errors.js';
import type { Plugin } from '../plugins/types.js';
import type { Project } from '../project/types.js';
import type { SettingsResolver } from '../settings/types.js';
import { definedOnly } from '../values.js';
import { findExecutable } from './executable.js';
import { installPlugin } from './install-plugin.js';
import { Requirements } from './requirements.js';
import type { EnsureOptions, Installer, InstallOutcome } from './types.js';

export interface InstallerWorld {
  project: Project;
  settings: SettingsResolver;
  /** The process environment: PATH, proxies and certificates are the tools' own business. */
  env: Readonly<Record<string, string | undefined>>;
  /** Hides secrets in a text: a pip_url may hold a token. */
  mask: (text: string) => string;
  /** Hides more values from now on: a build may print its environment. */
  hide?: ((secrets: readonly string[]) => void) | undefined;
}

/** Installs plugins and finds their programs, as the original's install service and invoker do. */
export function createInstaller(world: InstallerWorld): Installer {
  const requirements = new Requirements(world);
  const { root, sysDir } = world.project;
  return {
    ensure: (plugins, options) => ensure(world, requirements, plugins, options),
    executable: (plugin, commandExecutable, env = definedOnly(world.env)) =>
      findExecutable(plugin, commandExecutable ?? plugin.executable, { root, sysDir, path: env.PATH }),
  };
}

async function ensure(
  world: InstallerWorld,
  requirements: Requirements,
  plugins: readonly Plugin[],
  options: EnsureOptions,
): Promise<InstallOutcome[]> {
  const { owners, outcomes } = oneOfEachVenv(plugins);
  for (const { plugin, reason } of outcomes) report(options, 'install.skipped', plugin, { reason });
  const limit = pLimit(parallelism(options.parallelism));
  const installs = owners.map((sharers) => limit(() => outcomeOf(world, requirements, sharers, options)));
  for (const outcome of await Promise.all(installs)) outcomes.push(outcome);
  // Thrown only now, so that no tool is still writing when the caller gives up.
  if (options.signal?.aborted) throw new TaplineError('INTERRUPTED', 'The install was interrupted.');
  const failed = outcomes.filter(({ status }) => status === 'failed');
  if (failed.length > 0) throw installFailed(failed, outcomes);
  return outcomes;
}

function parallelism(asked: number | undefined): number {
  if (asked === undefined) return availableParallelism();
  return asked < 1 ? Number.POSITIVE_INFINITY : asked;
}

/** Plugins that share a venv are installed once, as the first of them. */
function oneOfEachVenv(plugins: readonly Plugin[]): { owners: [Plugin, ...Plugin[]][]; outcomes: InstallOutcome[] } {
  const byVenv = new Map<string, [Plugin, ...Plugin[]]>();
  const outcomes: InstallOutcome[] = [];
  for (const plugin of plugins) {
    const key = `${plugin.type}/${plugin.venvOwner}`;
    const sharers = byVenv.get(key);
    if (sharers === undefined) {
      byVenv.set(key, [plugin]);
    } else if (!sharers.some(({ name }) => name === plugin.name)) {
      sharers.push(plugin);
      const reason = `Plugin '${plugin.name}' does not require installation: reusing parent virtualenv`;
      outcomes.push({ plugin, status: 'skipped', durationSeconds: 0, reason });
    }
  }
  return { owners: [...byVenv.values()], outcomes };
}

async function outcomeOf(
  world: InstallerWorld,
  requirements: Requirements,
  sharers: [Plugin, ...Plugin[]],
  options: EnsureOptions,
): Promise<InstallOutcome> {
  const [plugin] = sharers;
  const started = performance.now();
  const seconds = () => (performance.now() - started) / 1000;
  if (options.signal?.aborted) return { plugin, status: 'skipped', durationSeconds: 0, reason: 'interrupted' };
  try {
    const outcome = await installPlugin(world, requirements, sharers, options);
    if (outcome.status === 'installed') report(options, 'install.finished', plugin, { durationSeconds: seconds() });
    else report(options, 'install.skipped', plugin, { reason: outcome.reason });
    return { plugin, ...outcome, durationSeconds: seconds() };
  } catch (error) {
    if (!(error instanceof TaplineError)) throw error;
    // `ensure` throws it once all others have ended.
    if (hasCode(error, 'INTERRUPTED'))
      return { plugin, status: 'skipped', durationSeconds: seconds(), reason: 'interrupted' };
    return {
      plugin,
      status: 'failed',
      durationSeconds: seconds(),
      reason: [error.message, error.hint].filter(Boolean).join('\n'),
    };
  }
}

function report(
  options: EnsureOptions,
  type: 'install.finished' | 'install.skipped',
  plugin: Plugin,
  more: { durationSeconds?: number; reason?: string | undefined },
): void {
  options.report?.({ type, plugin: plugin.name, pluginType: plugin.type, ...more });
}

function installFailed(failed: InstallOutcome[], outcomes: InstallOutcome[]): TaplineError {
  const names = failed.map(({ plugin }) => `${plugin.singular} '${plugin.name}'`).join(', ');
  const reasons = failed.map(({ reason }) => reason ?? '').join('\n');
  return new TaplineError('INSTALL_FAILED', `Could not install ${names}.\n${reasons}`, {
    at: failed[0]?.plugin.at,
    data: {
      outcomes: outcomes.map(({ plugin, status, reason }) => ({
        plugin: plugin.name,
        type: plugin.type,
        status,
        reason,
      })),
    },
  });
}
