/** Takes plugins out of a project: the entry in meltano.yml, the virtual environment and the lock files. */
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { TaplineError } from '../../errors.js';
import { inferType } from '../../install/add/new-plugin.js';
import { LockFiles } from '../../plugins/lock-files.js';
import { type EditableProject, removeEntry } from '../../project/edit/named-entries.js';
import { type PluginType, type Project, pluginTypes } from '../../project/types.js';
import type { Session } from '../../session/session.js';
import { editable } from '../editable-project.js';

interface PluginName {
  type: PluginType;
  name: string;
}

export interface RemovedPlugin extends PluginName {
  /** Where it was looked for. */
  places: { place: string; isRemoved: boolean }[];
  /** Whether it was removed from all places. */
  isComplete: boolean;
}

/** Throws PLUGIN_INHERITANCE if a plugin that stays inherits from one of them. */
export async function removePlugins(
  session: Session,
  names: readonly string[],
  type?: PluginType,
): Promise<RemovedPlugin[]> {
  const project = await editable(session);
  const plugins = names.map((name) => ({ name, type: type ?? typeOf(session.project, name) }));
  refuseParents(session.project, plugins);
  const removed: RemovedPlugin[] = [];
  for (const plugin of plugins) removed.push(await removePlugin(plugin, session.project, project));
  return removed;
}

/** The type of an existing plugin, else the one that its name suggests, as in the original. */
function typeOf(project: Project, name: string): PluginType {
  return (
    pluginTypes.find((type) => project.pluginEntries[type].some((entry) => entry.name === name)) ?? inferType(name)
  );
}

/** Refuses to remove a plugin that others inherit from: every later command would fail. */
function refuseParents(project: Project, plugins: readonly PluginName[]): void {
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
  { type, name }: PluginName,
  project: Project,
  editableProject: EditableProject,
): Promise<RemovedPlugin> {
  const entry = project.pluginEntries[type].find((each) => each.name === name);
  if (entry !== undefined) await removeEntry(editableProject, ['plugins', type], name);
  const places = [{ place: 'meltano.yml', isRemoved: entry !== undefined }];
  if (editableProject.readonly) return { type, name, places, isComplete: false };
  const folder = join(project.sysDir, type, name);
  const isSafe = !/[/\\]/.test(name) && name !== '.' && name !== '..';
  const isInstalled = isSafe && existsSync(folder);
  if (isInstalled) await rm(folder, { recursive: true, force: true });
  places.push({ place: `.meltano/${type}`, isRemoved: isInstalled });
  const locks = isSafe
    ? new LockFiles(project.root).of(type, name).filter((file) => !isNeeded(file, { type, name }, project))
    : [];
  for (const file of locks) await rm(join(project.root, 'plugins', type, file), { force: true });
  places.push({ place: join('plugins', type, `${name}--*.lock`), isRemoved: locks.length > 0 });
  return { type, name, places, isComplete: places.every(({ isRemoved }) => isRemoved) };
}

/** Whether another plugin needs the lock file: one that inherits with its own variant uses the definition, not the plugin. */
function isNeeded(file: string, { type, name }: PluginName, project: Project): boolean {
  return project.pluginEntries[type].some(
    ({ name: heir, inherit_from: from, variant }) =>
      heir !== name && from === name && typeof variant === 'string' && file === `${name}--${variant}.lock`,
  );
}
