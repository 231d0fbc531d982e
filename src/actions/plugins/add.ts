/** Looks up new plugins and writes them to meltano.yml and plugins/. */
import {
  entryOf,
  findNewPlugin,
  type NewPlugin,
  requirementsOf,
  type Sources,
  type Wish,
} from '../../install/add/new-plugin.js';
import { saveLock } from '../../install/hub/save-lock.js';
import { defaultInterpreter, interpreterVersion } from '../../install/interpreter.js';
import type { BundledDefinitions } from '../../plugins/types.js';
import { editEntry } from '../../project/edit/named-entries.js';
import { editFiles } from '../../project/edit/project-files.js';
import { editYaml, type YamlEdit } from '../../project/edit/yaml-edit.js';
import { pluginTypes } from '../../project/types.js';
import type { Session } from '../../session/session.js';
import { editable } from '../editable-project.js';

export interface Found {
  plugin: NewPlugin;
  /** Plugins that it requires and the project does not have. */
  required: NewPlugin[];
}

export interface AddedPlugin {
  plugin: NewPlugin;
  status: 'added' | 'updated' | 'initialized' | 'kept';
  /** Added because another one requires it. */
  isRequired: boolean;
}

/** Throws the HUB_ errors. */
export async function findWithRequired(wishes: readonly Wish[], session: Session): Promise<Found[]> {
  const sources = await sourcesOf(session);
  const found: Found[] = [];
  for (const wish of wishes) {
    const plugin = await findNewPlugin(wish, sources);
    found.push({ plugin, required: await findRequired(plugin, sources, found) });
  }
  return found;
}

async function sourcesOf(session: Session): Promise<Sources> {
  const [{ bundledDefinitions }, log] = await Promise.all([import('../../bundled/definitions.js'), session.log()]);
  const bundled: BundledDefinitions = Object.fromEntries(
    Object.entries(bundledDefinitions).map(([name, definition]) => [name, { ...definition }]),
  );
  const python = defaultInterpreter(session.env.PATH);
  return {
    project: session.project,
    hub: session.hub,
    bundled,
    pythonVersion: async () => (python === undefined ? undefined : interpreterVersion(python)),
    warn: (message) => log.warning(message),
  };
}

/** Follows requirements of requirements. Each plugin is looked up once, so a cycle ends. */
async function findRequired(plugin: NewPlugin, sources: Sources, before: readonly Found[]): Promise<NewPlugin[]> {
  const known = before.flatMap((found) => [found.plugin, ...found.required]);
  const required: NewPlugin[] = [];
  const waiting = requirementsOf(plugin);
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const { name, variant } = next;
    const type = pluginTypes.find((each) => each === next?.type);
    if (type === undefined || entryOf(sources.project, type, name) !== undefined) continue;
    if ([...known, ...required].some((each) => each.type === type && each.name === name)) continue;
    const found = await findNewPlugin({ type, name, variant, update: false }, sources);
    required.push(found);
    waiting.push(...requirementsOf(found));
  }
  return required;
}

/** Writes all lock files, then all entries in one edit. */
export async function writeNewPlugins(
  found: readonly Found[],
  session: Session,
  { update }: { update: boolean },
): Promise<AddedPlugin[]> {
  const { project } = session;
  const target = { root: project.root, ...(await editable(session)) };
  const all = found.flatMap(({ plugin, required }) => [plugin, ...required]);
  const isRequired = new Set(found.flatMap(({ required }) => required));
  const added = all.map((plugin): AddedPlugin => {
    return { plugin, status: statusOf(plugin, session, update), isRequired: isRequired.has(plugin) };
  });
  for (const { plugin, status } of added) {
    if (plugin.lock !== undefined && status !== 'kept')
      await saveLock(target, plugin.lock, status === 'updated' || update);
  }
  const fresh = added.filter(({ status }) => status === 'added');
  const edits = fresh.map(({ plugin }): YamlEdit => {
    return { op: 'append', path: ['plugins', plugin.type], value: plugin.entry };
  });
  if (edits.length > 0) {
    await editFiles(target, [{ file: project.file, edit: (text) => editYaml(text, edits, project.file) }]);
  }
  for (const { plugin } of added.filter(({ status }) => status === 'updated')) {
    const { name: _, ...keys } = plugin.entry;
    await editEntry(target, ['plugins', plugin.type], plugin.name, (before) =>
      Object.entries(keys)
        .filter(([key, value]) => JSON.stringify(before[key]) !== JSON.stringify(value))
        .map(([key, value]) => ({ op: 'set' as const, path: [key], value })),
    );
  }
  return added;
}

function statusOf(plugin: NewPlugin, { project }: Session, update: boolean): AddedPlugin['status'] {
  if (!plugin.inProjectFile) return 'initialized';
  const entry = entryOf(project, plugin.type, plugin.name);
  if (entry === undefined) return 'added';
  const variant = plugin.entry.variant ?? null;
  const isSame =
    (entry.variant ?? variant) === variant && (entry.inherit_from ?? null) === (plugin.inheritFrom ?? null);
  return update && isSame ? 'updated' : 'kept';
}
