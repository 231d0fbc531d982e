import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { TaplineError } from '../errors.js';
import { withFileLock } from '../file-lock.js';
import type { Plugin } from '../plugins/types.js';
import type { InstallerWorld } from './installer.js';
import { endLeftoverTool, forgetTool, noteTool } from './leftover-tool.js';
import type { Requirement, Requirements } from './requirements.js';
import { runTool, ToolFailed } from './tool-process.js';
import type { EnsureOptions, InstallOutcome } from './types.js';
import { markInstalled, markUnfinished } from './venv.js';
import { chooseTool, type VenvTool } from './venv-tool.js';

type Ending = Pick<InstallOutcome, 'status' | 'reason'>;

/** Longer than any install should take; a dead holder's lock is free at once. */
const lockWaitSeconds = 3_600;

/** Installs the plugin's venv where that is needed. Throws INSTALL_FAILED, INSTALL_TOOL_MISSING, INTERRUPTED. */
export async function installPlugin(
  world: InstallerWorld,
  requirements: Requirements,
  sharers: readonly [Plugin, ...Plugin[]],
  options: EnsureOptions,
): Promise<Ending> {
  const [plugin] = sharers;
  const obstacle = notInstallable(plugin, options);
  if (obstacle !== undefined) return obstacle;
  const requirement = await requirements.of(plugin, options.mode);
  if (options.mode === 'auto') {
    if (requirement.unset !== undefined) return unsetVariable(plugin, requirement.unset, options);
    if (requirement.current && !options.clean) return { status: 'current', reason: 'Requirements have not changed' };
  }
  return locked(world, requirement, async () => {
    // Another runner may have installed it while we waited.
    const now = await requirements.of(plugin, options.mode);
    if (options.mode === 'auto' && now.current && !options.clean) {
      return { status: 'current', reason: 'Another process has just installed it' };
    }
    hideSecrets(world, plugin);
    options.report?.({ type: 'install.started', plugin: plugin.name, pluginType: plugin.type });
    for (const { name } of sharers) await rm(requirements.cacheOf(name), { recursive: true, force: true });
    await rm(requirements.cacheOf(plugin.venvOwner), { recursive: true, force: true });
    await install(world, plugin, now, options);
    return { status: 'installed' };
  });
}

/** A setting that can't be resolved is reported when the plugin runs. */
function hideSecrets({ settings, hide }: InstallerWorld, plugin: Plugin): void {
  try {
    hide?.(settings.plugin(plugin).secrets);
  } catch (error) {
    if (!(error instanceof TaplineError)) throw error;
  }
}

function notInstallable(plugin: Plugin, options: EnsureOptions): Ending | undefined {
  if (plugin.bundled) return { status: 'not_installable', reason: 'Plugin is bundled' };
  if (!plugin.pipUrl) return { status: 'not_installable', reason: 'Plugin is not installable' };
  // dbt transforms are added to the dbt project by `add`, never to a venv.
  if (plugin.type === 'transforms') return { status: 'not_installable', reason: 'Plugin is a dbt package' };
  if (plugin.mapping !== undefined && options.mode === 'install')
    return { status: 'skipped', reason: 'Plugin is a mapping' };
  return undefined;
}

function unsetVariable(plugin: Plugin, variable: string, options: EnsureOptions): Ending {
  options.report?.({
    type: 'warning',
    code: 'VARIABLE_UNSET',
    message: `Environment variable '${variable}' not set for '${plugin.name}' \`pip_url\`, will not attempt install`,
    hint: `Set ${variable}, for example in .env.`,
  });
  return { status: 'skipped', reason: 'Missing environment variable' };
}

/** Beside the venv, so that what removes a plugin's folder removes these too. */
function locked<T>(world: InstallerWorld, { venv }: Requirement, work: () => Promise<T>): Promise<T> {
  const note = toolNote(venv.root);
  return withFileLock(
    join(dirname(venv.root), '.install.lock'),
    async () => {
      await endLeftoverTool(note);
      return await work();
    },
    { waitSeconds: lockWaitSeconds },
  ).catch((error: unknown) => {
    throw asDirectoryError(error, world.project.sysDir);
  });
}

function toolNote(venvRoot: string): string {
  return join(dirname(venvRoot), '.install.json');
}

async function install(
  world: InstallerWorld,
  plugin: Plugin,
  requirement: Requirement,
  options: EnsureOptions,
): Promise<void> {
  const { venv } = requirement;
  const tool = chooseTool(world.settings.projectSetting('venv.backend'), requirement.interpreter, world.env.PATH);
  const logFile = join(world.project.sysDir, 'logs', 'pip', plugin.type, plugin.venvOwner, 'install.log');
  const log = await openLog(logFile);
  const steps = new Steps(world, log, toolNote(venv.root), options);
  try {
    await markUnfinished(venv);
    if (!requirement.current || options.clean) await create(tool, requirement, steps);
    await steps.run(tool.install(venv, requirement.args, options.force === true));
    await markInstalled(venv, requirement.fingerprint);
  } catch (error) {
    if (error instanceof ToolFailed) throw failure(plugin, error, logFile);
    throw error;
  } finally {
    await forgetTool(toolNote(venv.root));
    log.end();
    // One that could not be written has closed by itself.
    if (!log.closed) await once(log, 'close');
  }
}

/** The first way of making a venv that works here. */
async function create(tool: VenvTool, { venv }: Requirement, steps: Steps): Promise<void> {
  const ways = tool.create(venv);
  for (const [index, command] of ways.entries()) {
    try {
      await steps.run(command);
      break;
    } catch (error) {
      if (!(error instanceof ToolFailed) || index === ways.length - 1) throw error;
    }
  }
  const upgrade = tool.upgrade(venv);
  if (upgrade !== undefined) await steps.tryTo(upgrade);
}

/** Runs one tool after the other, each noted on disk while it lives. */
class Steps {
  private readonly env: Record<string, string>;

  constructor(
    private readonly world: InstallerWorld,
    private readonly log: WriteStream,
    private readonly note: string,
    private readonly options: EnsureOptions,
  ) {
    this.env = toolEnvironment(world);
  }

  async run(command: readonly [string, ...string[]]): Promise<void> {
    let noted: Promise<void> | undefined;
    const onStart = (pid: number) => {
      noted = noteTool(this.note, pid);
      // A note that can't be written (a full disk) leaves the tool to say what is wrong.
      noted.catch(() => undefined);
    };
    try {
      await runTool({
        command,
        cwd: this.world.project.root,
        env: this.env,
        log: this.log,
        mask: (text) => hideCredentials(this.world.mask(text)),
        onStart,
        signal: this.options.signal,
        watcher: this.options.watcher,
      });
    } finally {
      await noted?.catch(() => undefined);
    }
  }

  async tryTo(command: readonly [string, ...string[]]): Promise<void> {
    try {
      await this.run(command);
    } catch (error) {
      if (!(error instanceof ToolFailed)) throw error;
    }
  }
}

/** A pip_url may hold a token that no setting knows: `git+https://TOKEN@host/repository`. */
function hideCredentials(text: string): string {
  return text.replace(/(:\/\/)(?!git@)[^\s/@]+@/g, '$1*****@');
}

/** As the original's: the process environment, then `.env`, then the project's `env:`. Git must not ask for a password. */
function toolEnvironment(world: InstallerWorld): Record<string, string> {
  const env: Record<string, string> = { GIT_TERMINAL_PROMPT: '0' };
  for (const [name, value] of Object.entries(world.env)) if (value !== undefined) env[name] = value;
  return { ...env, ...world.project.dotenv, ...world.project.env };
}

async function openLog(file: string): Promise<WriteStream> {
  await mkdir(dirname(file), { recursive: true });
  const log = createWriteStream(file, { flags: 'w', mode: 0o600 });
  // A log that can't be written must not fail an install.
  log.on('error', () => undefined);
  return log;
}

function failure(plugin: Plugin, error: ToolFailed, logFile: string): TaplineError {
  const lines = error.lastLines.map((line) => `  ${line}`).join('\n');
  const full = error.lastLines.some((line) => line.includes('No space left on device'));
  return new TaplineError('INSTALL_FAILED', `${error.message}${lines === '' ? '.' : `:\n${lines}`}`, {
    at: plugin.at,
    hint: full ? 'The disk is full: free some space and run again.' : `The whole output is in ${logFile}.`,
    data: { plugin: plugin.name, log: logFile },
  });
}

/** A folder that can't be written is the reader's to mend, not a bug. */
function asDirectoryError(error: unknown, sysDir: string): unknown {
  const code = (error as { code?: unknown } | null)?.code;
  if (
    error instanceof TaplineError ||
    typeof code !== 'string' ||
    !/^(E[A-Z]+|SQLITE_(CANTOPEN|READONLY|IOERR|FULL).*)$/.test(code)
  )
    return error;
  const full = code === 'ENOSPC' || code === 'SQLITE_FULL';
  return new TaplineError('INSTALL_FAILED', `Nothing can be written below ${sysDir}: ${(error as Error).message}`, {
    hint: full
      ? 'The disk is full: free some space and run again.'
      : 'Make the folder writable, or set MELTANO_SYS_DIR_ROOT to one that is.',
    cause: error,
  });
}
