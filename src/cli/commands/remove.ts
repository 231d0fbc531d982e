import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { editable } from '../../actions/editable-project.js';
import { TaplineError } from '../../errors.js';
import { inferType } from '../../install/add/new-plugin.js';
import { describeType } from '../../install/hub/hub.js';
import type { Log } from '../../observe/log.js';
import type { OptionsOf } from '../../option-definition.js';
import { LockFiles } from '../../plugins/lock-files.js';
import { type EditableProject, removeEntry } from '../../project/edit/named-entries.js';
import { type PluginType, type Project, pluginTypes } from '../../project/types.js';
import type { CommandContext } from '../context.js';
import { addOptions, examples } from '../options/commander.js';
import { databaseUri, pluginType } from '../options/common.js';

const options = { ...pluginType, ...databaseUri } as const;
type Options = OptionsOf<typeof options>;

interface Removed {
  type: PluginType;
  name: string;
}

/** As in the original, a missing plugin is only a warning, and the exit code stays 0. */
export function remove(command: Command, { open }: CommandContext): Command {
  addOptions(command, options);
  return command
    .argument('<plugins...>')
    .addHelpText(
      'after',
      `${examples('tapline remove tap-github', 'tapline remove dbt-postgres airflow')}

Removes the entry in meltano.yml, the lock files and the virtual environment. Keeps state, settings in .env and in
environments, and lock files that other plugins need.`,
    )
    .action(async (names: string[], { pluginType, databaseUri }: Options) => {
      const session = await open({ policy: 'none', access: 'write', databaseUri });
      const log = await session.log();
      const project = await editable(session);
      const plugins = names.map((name) => ({ name, type: pluginType ?? typeOf(session.project, name) }));
      refuseParents(session.project, plugins);
      let complete = 0;
      for (const plugin of plugins) if (await removePlugin(plugin, session.project, project, log)) complete += 1;
      if (plugins.length > 1) log.info(`Fully removed ${complete}/${plugins.length} plugins`);
    });
}

/** The type of an existing plugin, else the one that its name suggests, as in the original. */
function typeOf(project: Project, name: string): PluginType {
  return (
    pluginTypes.find((type) => project.pluginEntries[type].some((entry) => entry.name === name)) ?? inferType(name)
  );
}

/** Refuses to remove a plugin that others inherit from: every later command would fail. */
function refuseParents(project: Project, plugins: readonly Removed[]): void {
  for (const { type, name } of plugins) {
    const heirs = project.pluginEntries[type].filter(
      (entry) =>
        entry.inherit_from === name &&
        entry.variant === undefined &&
        !plugins.some((other) => other.type === type && other.name === entry.name),
    );
    if (heirs.length === 0 || !project.pluginEntries[type].some((entry) => entry.name === name)) continue;
    const list = heirs.map((heir) => heir.name).join(', ');
    throw new TaplineError(
      'PLUGIN_INHERITANCE',
      `cannot remove '${name}': ${list} ${heirs.length === 1 ? 'inherits' : 'inherit'} from it`,
      {
        hint: `To remove them together: tapline remove ${name} ${heirs.map((heir) => heir.name).join(' ')}`,
      },
    );
  }
}

async function removePlugin(
  { type, name }: Removed,
  project: Project,
  editableProject: EditableProject,
  log: Log,
): Promise<boolean> {
  const what = `${describeType(type)} '${name}'`;
  log.info(`Removing ${what}...`);
  const results: boolean[] = [];
  const tell = (place: string, isRemoved: boolean): void => {
    results.push(isRemoved);
    if (isRemoved) log.info(`Removed ${what} from ${place}`);
    else log.warning(`Could not find ${what} in ${place} to remove`);
  };
  const entry = project.pluginEntries[type].find((each) => each.name === name);
  if (entry !== undefined) await removeEntry(editableProject, ['plugins', type], name);
  tell('meltano.yml', entry !== undefined);
  if (editableProject.readonly) return false;
  const folder = join(project.sysDir, type, name);
  const isSafe = !/[/\\]/.test(name) && name !== '.' && name !== '..';
  const isInstalled = isSafe && existsSync(folder);
  if (isInstalled) await rm(folder, { recursive: true, force: true });
  tell(`.meltano/${type}`, isInstalled);
  const locks = isSafe
    ? new LockFiles(project.root).of(type, name).filter((file) => !isNeeded(file, { type, name }, project))
    : [];
  for (const file of locks) await rm(join(project.root, 'plugins', type, file), { force: true });
  tell(join('plugins', type, `${name}--*.lock`), locks.length > 0);
  return results.every((isRemoved) => isRemoved);
}

/** Whether another plugin needs the lock file: one that inherits with its own variant uses the definition, not the plugin. */
function isNeeded(file: string, { type, name }: Removed, project: Project): boolean {
  return project.pluginEntries[type].some(
    ({ name: heir, inherit_from: from, variant }) =>
      heir !== name && from === name && typeof variant === 'string' && file === `${name}--${variant}.lock`,
  );
}
