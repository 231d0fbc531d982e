/** Writing settings where they belong, with the original's rules of which store that is. */
import { didYouMean } from '../did-you-mean.js';
import { TaplineError } from '../errors.js';
import type { Plugin, SettingDefinition } from '../plugins/types.js';
import { setInDotenv, unsetInDotenv } from '../project/edit/dotenv-edit.js';
import { type EditableProject, type EntryEdits, editEntry, editMain } from '../project/edit/named-entries.js';
import { editFiles } from '../project/edit/project-files.js';
import type { YamlEdit } from '../project/edit/yaml-edit.js';
import type { Project } from '../project/types.js';
import { isMap } from '../values.js';
import { CastFailure, castValue, isSensitive } from './cast.js';
import { projectReadNames, readNames } from './env-names.js';
import { exportText } from './export-text.js';
import type { ResolvedSetting, SettingsTable } from './types.js';

export const writableStores = ['auto', 'dotenv', 'meltano_yml', 'db'] as const;
export type WritableStore = (typeof writableStores)[number];
/** `environment`: the active environment's part of meltano.yml. */
export type SettingStore = 'dotenv' | 'meltano_yml' | 'environment' | 'db';

export const storeLabels: Readonly<Record<SettingStore, string>> = {
  dotenv: '`.env`',
  meltano_yml: '`meltano.yml`',
  environment: 'the active environment in `meltano.yml`',
  db: 'the system database',
};

export interface EditTarget {
  project: EditableProject & Pick<Project, 'environment' | 'dotenvFile'>;
  /** Undefined for a setting of the project itself. */
  plugin: Plugin | undefined;
  settings: ReadonlyMap<string, ResolvedSetting>;
  /** Settings in the system database. Undefined where that does not exist yet, unless it is to be made. */
  table(make: boolean): Promise<SettingsTable | undefined>;
}

const unescapedDot = /(?<!\\)\./;

/** `a.b` as its steps; `\.` stays, as it is part of the name that identifies the setting. */
export function splitSettingName(name: string): string[] {
  return name.split(unescapedDot);
}

/**
 * Sets one setting, cast by its kind. `known` tells whether any definition names it. Throws SETTING_CAST, EDIT_REFUSED,
 * PROJECT_READONLY, and those of the system database.
 */
export async function setSetting(
  target: EditTarget,
  path: readonly string[],
  text: string,
  store: WritableStore,
): Promise<{ store: SettingStore; value: unknown; known: boolean }> {
  const name = path.join('.');
  const definition = target.settings.get(name)?.definition;
  const value = definition ? cast(target, definition, text) : text;
  const chosen = storeFor(target, definition, store);
  const known = definition !== undefined || target.settings.has(path[0] ?? '');
  if (chosen === 'dotenv' && !known) throw unknownInEnvFile(target, name);
  if (chosen === 'dotenv') await setInEnvFile(target, name, definition, value);
  else if (chosen === 'db') await (await target.table(true))?.set(namespaceOf(target), name, value);
  else await editEntryOf(target, chosen, (config) => settingEdits(config, path, definition, value));
  return { store: chosen, value, known };
}

/** The variable of a setting comes from its definition, so `.env` can't hold an undefined setting; as in the original. */
function unknownInEnvFile(target: EditTarget, name: string): TaplineError {
  return new TaplineError('SETTING_UNKNOWN', `setting '${name}' is not defined and can't be stored in .env`, {
    at: target.plugin?.at,
    hint:
      didYouMean(name, settingNames(target)) ?? 'Define it under `settings` of the plugin, or use --store=meltano_yml.',
  });
}

/** The names that a person may have meant. */
export function settingNames({ settings }: Pick<EditTarget, 'settings'>): string[] {
  return [...settings.values()].filter(({ extra }) => !extra).map(({ name }) => name);
}

/** Removes a setting from every store that can be written, or from one. Returns where it was. */
export async function unsetSetting(
  target: EditTarget,
  path: readonly string[],
  store: WritableStore,
): Promise<SettingStore[]> {
  const name = path.join('.');
  const definition = target.settings.get(name)?.definition;
  const changed: SettingStore[] = [];
  for (const chosen of storesOf(target, store)) {
    const did =
      chosen === 'dotenv'
        ? await unsetInEnvFile(target, variablesOf(target, name, definition))
        : chosen === 'db'
          ? await (await target.table(false))?.unset(namespaceOf(target), name)
          : await editEntryOf(target, chosen, (config) => unsettingEdits(config, path, definition));
    if (did) changed.push(chosen);
  }
  return changed;
}

/** Removes all settings of the plugin, or of the project. The original deletes the whole `.env`; here only these settings leave it. */
export async function resetSettings(target: EditTarget, store: WritableStore): Promise<SettingStore[]> {
  const changed: SettingStore[] = [];
  for (const chosen of storesOf(target, store)) {
    const did =
      chosen === 'dotenv'
        ? await unsetInEnvFile(target, allVariables(target))
        : chosen === 'db'
          ? await (await target.table(false))?.clear(namespaceOf(target))
          : await resetConfig(target, chosen);
    if (did) changed.push(chosen);
  }
  return changed;
}

function cast(target: EditTarget, definition: SettingDefinition, text: string): unknown {
  try {
    return castValue(definition, text);
  } catch (error) {
    if (!(error instanceof CastFailure)) throw error;
    throw new TaplineError('SETTING_CAST', error.message, { hint: error.hint, at: target.plugin?.at });
  }
}

/* ---- which store ---- */

function storeFor(
  { project, plugin }: EditTarget,
  definition: SettingDefinition | undefined,
  store: WritableStore,
): SettingStore {
  if (store === 'db' || (store === 'auto' && project.readonly)) return 'db';
  const inFile = project.environment && plugin ? 'environment' : 'meltano_yml';
  if (store === 'dotenv') return 'dotenv';
  if (store === 'meltano_yml') return inFile;
  const isSecret = definition !== undefined && isSensitive(definition);
  return isSecret || definition?.env_specific === true ? 'dotenv' : inFile;
}

/** `auto` means every store that can be written, as in the original. */
function storesOf({ project, plugin }: EditTarget, store: WritableStore): SettingStore[] {
  const hasEnvironment = project.environment !== undefined && plugin !== undefined;
  if (store === 'dotenv' || store === 'db') return [store];
  if (store === 'auto' && project.readonly) return ['db'];
  if (store === 'meltano_yml') return [hasEnvironment ? 'environment' : 'meltano_yml'];
  return [...(hasEnvironment ? ['environment' as const] : []), 'meltano_yml', 'dotenv', 'db'];
}

/** As the original names the rows of a plugin, and of the project. */
function namespaceOf({ plugin }: EditTarget): string {
  return plugin ? `${plugin.type}.${plugin.name}.default` : 'meltano';
}

/* ---- .env ---- */

function variablesOf({ plugin }: EditTarget, name: string, definition: SettingDefinition | undefined): string[] {
  const asked = definition ?? { name };
  return (plugin ? readNames(plugin, asked) : projectReadNames(asked))
    .filter(({ negated }) => !negated)
    .map((read) => read.name);
}

function allVariables(target: EditTarget): string[] {
  return [...target.settings.values()].flatMap(({ name, definition }) => variablesOf(target, name, definition));
}

async function setInEnvFile(
  target: EditTarget,
  name: string,
  definition: SettingDefinition | undefined,
  value: unknown,
): Promise<void> {
  const [variable = '', ...others] = variablesOf(target, name, definition);
  const text = exportText({ definition: definition ?? { name }, value, raw: value });
  const edit = (before: string) => setInDotenv(others.reduce(unsetInDotenv, before), variable, text);
  await editFiles(target.project, [{ file: target.project.dotenvFile, edit, mode: 0o600 }]);
}

async function unsetInEnvFile({ project }: EditTarget, variables: readonly string[]): Promise<boolean> {
  const edit = (text: string) => variables.reduce(unsetInDotenv, text);
  return (await editFiles(project, [{ file: project.dotenvFile, edit, mode: 0o600 }])).length > 0;
}

/* ---- meltano.yml ---- */

type Config = Readonly<Record<string, unknown>>;
export type ConfigEdits = (config: { entry: Config; own: Config }) => YamlEdit[];

/** True where the text changed. Paths that start with `_x` are extras: the entry's own key `x`; all others stand under `config`. */
export async function editEntryOf(target: EditTarget, store: SettingStore, edits: ConfigEdits): Promise<boolean> {
  const { project, plugin } = target;
  let changed = false;
  const note = (made: readonly YamlEdit[]) => {
    changed = made.length > 0;
    return made;
  };
  if (!plugin) {
    await editMain(project, (root) =>
      note(edits({ entry: root, own: root }).map((edit) => ({ ...edit, path: edit.path.slice(1) }))),
    );
  } else if (store === 'environment' && project.environment) {
    await editEnvironment(target, plugin, (environment) => note(inEnvironment(environment, plugin, edits)));
  } else {
    await editEntry(project, ['plugins', plugin.type], plugin.name, (entry) => note(edits(partsOf(entry))));
  }
  return changed;
}

async function editEnvironment({ project }: EditTarget, plugin: Plugin, edits: EntryEdits): Promise<void> {
  const { environment } = project;
  if (!environment) return;
  if (environment.declaredIn === 'environments') {
    await editEntry(project, ['environments'], environment.name, edits);
    return;
  }
  // A map of the top-level `env:` holds variables only: the environment gets an entry of its own beside it.
  const made = edits({});
  const entry = made.find((edit) => edit.op === 'append' && edit.path.at(-1) === plugin.type);
  if (entry?.op !== 'append') return;
  const config = { plugins: { [plugin.type]: [entry.value] } };
  await editMain(project, () => [{ op: 'append', path: ['environments'], value: { name: environment.name, config } }]);
}

function inEnvironment(environment: Config, plugin: Plugin, edits: ConfigEdits): YamlEdit[] {
  const list = ['config', 'plugins', plugin.type];
  const found = list.reduce<unknown>((at, key) => (isMap(at) ? at[key] : undefined), environment);
  const entries: unknown[] = Array.isArray(found) ? found : [];
  const index = entries.findIndex((entry) => isMap(entry) && entry.name === plugin.name);
  if (index !== -1) {
    return edits(partsOf(entries[index])).map((edit) => ({ ...edit, path: [...list, index, ...edit.path] }));
  }
  const value = { name: plugin.name };
  for (const edit of edits({ entry: {}, own: {} })) if (edit.op === 'set') setAt(value, edit.path, edit.value);
  return Object.keys(value).length > 1 ? [{ op: 'append', path: list, value }] : [];
}

function setAt(target: Record<string, unknown>, path: readonly (string | number)[], value: unknown): void {
  const [key, ...rest] = path.map(String);
  if (key === undefined) return;
  if (rest.length === 0) target[key] = value;
  else {
    const inner = isMap(target[key]) ? target[key] : {};
    target[key] = inner;
    setAt(inner, rest, value);
  }
}

function partsOf(entry: unknown): { entry: Config; own: Config } {
  const map = isMap(entry) ? entry : {};
  return { entry: map, own: isMap(map.config) ? map.config : {} };
}

/** The path of a name in an entry: `_select` is its key `select`, any other name is in its `config`. */
function placeOf(path: readonly string[]): string[] {
  const [first = '', ...rest] = path;
  return first.startsWith('_') ? [first.slice(1), ...rest] : ['config', ...path];
}

function settingEdits(
  { own }: { own: Config },
  path: readonly string[],
  definition: SettingDefinition | undefined,
  value: unknown,
): YamlEdit[] {
  const name = path.join('.');
  const others = otherSpellings(path, definition ?? { name }).filter((spelling) => has(own, spelling));
  const removed = others.map((spelling): YamlEdit => ({ op: 'delete', path: placeOf(spelling), prune: true }));
  return [...removed, { op: 'set', path: placeOf(path), value }];
}

function unsettingEdits(
  { entry, own }: { entry: Config; own: Config },
  path: readonly string[],
  definition: SettingDefinition | undefined,
): YamlEdit[] {
  const spellings = [[...path], ...otherSpellings(path, definition ?? { name: path.join('.') })];
  const present = spellings.filter((spelling) =>
    spelling[0]?.startsWith('_') ? has(entry, placeOf(spelling)) : has(own, spelling),
  );
  return present.map((spelling) => ({ op: 'delete', path: placeOf(spelling), prune: true }));
}

/** Name and aliases, dotted as one key and as steps, without the spelling that is asked for. */
function otherSpellings(path: readonly string[], { name, aliases = [] }: SettingDefinition): string[][] {
  const names = [...new Set([name, ...aliases])];
  const spellings = names.flatMap((spelling) => [[spelling], splitSettingName(spelling)]);
  const asked = JSON.stringify(path);
  const unique = new Map(spellings.map((spelling) => [JSON.stringify(spelling), spelling]));
  unique.delete(asked);
  return [...unique.values()];
}

function has(config: Config, path: readonly string[]): boolean {
  const last = path.at(-1) ?? '';
  const parent = path.slice(0, -1).reduce<unknown>((at, key) => (isMap(at) ? at[key] : undefined), config);
  return isMap(parent) && Object.hasOwn(parent, last);
}

function resetConfig(target: EditTarget, store: SettingStore): Promise<boolean> {
  return editEntryOf(target, store, ({ entry, own }) => {
    const whole = target.plugin ? extrasAndConfig(target) : [];
    const single = target.plugin ? [] : [...target.settings.keys()].flatMap((name) => [[name], splitSettingName(name)]);
    const paths = [
      ...whole.filter(([key = '']) => Object.hasOwn(entry, key)),
      ...single.filter((path) => has(own, path)).map(placeOf),
    ];
    return paths.map((path) => ({ op: 'delete', path, prune: true }));
  });
}

function extrasAndConfig({ settings }: EditTarget): string[][] {
  const extras = [...settings.values()].filter(({ extra, name }) => extra && !name.includes('.'));
  return [['config'], ...extras.map(({ name }) => [name.slice(1)])];
}
