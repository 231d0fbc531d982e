/** The way from a plugin of the project to the process that it is started as. */
import { resolve } from 'node:path';
import { TaplineError } from '../errors.js';
import { exactJson } from '../exact-json.js';
import { expandCommand, findCommand } from '../plan/command-line.js';
import type { Plugin } from '../plugins/types.js';
import { secretsOf } from '../settings/secrets.js';
import type { ResolvedPlugin } from '../settings/types.js';
import { unsetVariablesOf } from '../settings/unset-variables.js';
import { type Emit, warnOf } from './emit.js';
import { type FilePrefix, hasStructuredLogs, type PluginFiles, writePluginFiles } from './files/plugin-files.js';
import type { ProcessSpec } from './process/child.js';
import type { World } from './types.js';

export interface PluginCircumstances {
  /** Variables of the block's step and pipeline; they override those of the process. */
  env?: Readonly<Record<string, string>> | undefined;
  /** Variables that the plugins before it export. */
  upstream?: Record<string, string> | undefined;
  /** Settings from the command line. */
  overrides?: Record<string, unknown> | undefined;
}

/** Resolves one plugin, masks its secrets, and warns if none of its groups of required settings is complete. */
export function resolvePlugin(
  world: World,
  plugin: Plugin,
  { env, upstream, overrides }: PluginCircumstances,
  emit: Emit,
): ResolvedPlugin {
  const resolved = world.settings.plugin(plugin, { upstream, overrides, extraEnv: env });
  warnOfWeak(world.mask.add(resolved.secrets), resolved, emit);
  for (const { error } of unsetVariablesOf(resolved)) warnOf(error, emit);
  const [missing] = resolved.missing;
  if (missing !== undefined) {
    const names = resolved.missing.map((group) => group.map((name) => `\`${name}\``).join(', ')).join(' or ');
    emit({
      type: 'warning',
      code: 'SETTING_MISSING',
      message: `plugin '${plugin.name}' is missing required settings: ${names}`,
      hint: `Set them in meltano.yml, as environment variables, or with \`tapline config set ${plugin.name} ${missing[0] ?? 'NAME'} VALUE\`.`,
      at: plugin.at,
    });
  }
  return resolved;
}

function warnOfWeak(secrets: readonly string[], { plugin, settings }: ResolvedPlugin, emit: Emit): void {
  if (secrets.length === 0) return;
  const weak = [...settings.values()].filter((setting) => secretsOf([setting]).some((text) => secrets.includes(text)));
  for (const { name } of weak) {
    emit({
      type: 'warning',
      code: 'SECRET_WEAK',
      message: `setting '${name}' of '${plugin.name}' is too common a word or number to be hidden safely`,
      hint: 'In the output of plugins it is hidden only as a whole word. Use a longer value with letters and digits.',
    });
  }
}

/** What a process is started with, besides the plugin's settings. */
export interface ProcessRequest<Role> {
  role: Role;
  /** The files that the plugin reads, if any. */
  files?: PluginFiles | undefined;
  args: readonly string[];
  /** The executable of a command, if it is not the plugin's own. */
  executable?: string | undefined;
}

/** The program, arguments, environment and folder that a plugin's process is started with. */
export function processSpec<Role extends ProcessSpec['role']>(
  world: World,
  resolved: ResolvedPlugin,
  { role, files, args, executable }: ProcessRequest<Role>,
): ProcessSpec & { role: Role } {
  const { plugin } = resolved;
  // The logging variables have the lowest precedence, as in the original: the user may set others.
  const env: Record<string, string> = { ...files?.env, ...resolved.processEnv };
  const program = world.installer.executable(plugin, executable, env);
  for (const name of program.unsetEnv) delete env[name];
  return {
    role,
    plugin: plugin.name,
    pluginType: plugin.singular,
    file: program.file,
    args: [...program.args, ...args],
    cwd: world.cwd,
    env: { ...env, ...program.env },
    structuredLogs: hasStructuredLogs(resolved),
    mask: world.mask.text,
  };
}

/** Writes the config and logging files of a plugin. Throws RUN_DIRECTORY, DISK_FULL. */
export function writeFilesOf(
  { pluginLogLevel = 'INFO' }: World,
  resolved: ResolvedPlugin,
  directory: string,
  prefix: FilePrefix,
): Promise<PluginFiles> {
  return writePluginFiles(directory, prefix, resolved, pluginLogLevel);
}

type SingerOption = 'config' | 'state' | 'discover' | 'catalog' | 'properties';

/** The one-letter options of the Singer specification; `--catalog` has none. */
const shortOptions: Partial<Record<SingerOption, string>> = {
  config: '-c',
  state: '-s',
  discover: '-d',
  properties: '-p',
};

/** `--config`, or `-c` with `arg_style: short`. */
export function singerFlag({ extras }: ResolvedPlugin, option: SingerOption): string {
  const short = extras.arg_style === 'short' ? shortOptions[option] : undefined;
  return short ?? `--${option}`;
}

/** The process of a plugin command, or of the plugin's bare executable; the caller's arguments come last. */
export function commandSpec(
  world: World,
  resolved: ResolvedPlugin,
  commandName: string | undefined,
  args: readonly string[],
): ProcessSpec {
  const { plugin } = resolved;
  const command = commandName === undefined ? undefined : findCommand(plugin, commandName);
  const spec = processSpec(world, resolved, { role: 'command', args: [], executable: command?.executable });
  const own = command === undefined ? [] : expandCommand(plugin, command, spec.env);
  return { ...spec, args: [...spec.args, ...own, ...args], cwd: workingFolder(world, resolved) };
}

/** Transformers run in their `project_dir` (the original crashes without one), all others where the caller is. */
export function workingFolder(world: World, { plugin, config }: ResolvedPlugin): string {
  const folder = config.project_dir;
  if (plugin.type !== 'transformers' || typeof folder !== 'string' || folder === '') return world.cwd;
  return resolve(world.cwd, folder);
}

/** An extra in seconds, 0 or more; undefined if unset. Throws SETTING_CAST. */
export function secondsExtra({ plugin, extras }: ResolvedPlugin, name: string): number | undefined {
  const value = extras[name];
  if (value === undefined || value === null || value === '') return undefined;
  const seconds = Number(value);
  if (Number.isFinite(seconds) && seconds >= 0) return seconds;
  throw new TaplineError('SETTING_CAST', `${name} of ${plugin.name} is ${exactJson(value)}, not a number of seconds`, {
    hint: 'Set it to a number of seconds, 0 or more.',
  });
}
