/** What `add` finds out about a plugin before anything is written. */
import { didYouMean } from '../../did-you-mean.js';
import { hasCode, TaplineError } from '../../errors.js';
import { LockFiles } from '../../plugins/lock-files.js';
import type { BundledDefinitions } from '../../plugins/types.js';
import type { PluginType, Project } from '../../project/types.js';
import { isMap } from '../../values.js';
import type { Hub, HubDefinition } from '../hub/types.js';

export interface NewPlugin {
  type: PluginType;
  name: string;
  /** For meltano.yml, its keys in the original's order. */
  entry: Record<string, unknown> & { name: string };
  /** What is to be locked; undefined for what needs no lock file or has one. */
  lock: HubDefinition | undefined;
  /** The definition that it stands on. */
  content: Readonly<Record<string, unknown>>;
  inheritFrom: string | undefined;
  /** `acme (default)`, for people. */
  variantLabel: string | undefined;
  /** A file bundle without files to keep up to date leaves nothing in meltano.yml, as in the original. */
  inProjectFile: boolean;
}

export interface Wish {
  type: PluginType;
  name: string;
  inheritFrom?: string | undefined;
  variant?: string | undefined;
  python?: string | undefined;
  /** Of a lock file and the hub, ask the hub first. */
  update: boolean;
}

export interface Sources {
  project: Project;
  hub: () => Promise<Hub>;
  bundled: BundledDefinitions;
  /** The Python that serves where none is configured, e.g. `3.11`. */
  pythonVersion: () => Promise<string | undefined>;
  warn: (message: string) => void;
}

/** `tap-` is an extractor, `target-` a loader, all else a utility, as in the original. */
export function inferType(name: string): PluginType {
  if (name.startsWith('tap-')) return 'extractors';
  return name.startsWith('target-') ? 'loaders' : 'utilities';
}

/** Throws the HUB_ errors where neither a lock file nor the hub knows it. */
export async function findNewPlugin(wish: Wish, sources: Sources): Promise<NewPlugin> {
  const { type, name, variant, python } = wish;
  const inheritFrom = wish.inheritFrom === name ? undefined : wish.inheritFrom;
  const lead = { name, ...(inheritFrom === undefined ? {} : { inherit_from: inheritFrom }) };
  const parent =
    inheritFrom !== undefined && variant === undefined ? entryOf(sources.project, type, inheritFrom) : undefined;
  if (parent !== undefined) {
    const { docs, repo } = parentContent(sources.project, type, parent);
    const entry = { ...lead, ...(python === undefined ? {} : { python }) };
    return { ...rest(wish, inheritFrom), entry, lock: undefined, content: { docs, repo }, variantLabel: undefined };
  }
  const definitionName = inheritFrom ?? name;
  if (variant === 'tapline') return bundledPlugin(wish, lead, definitionName, sources);
  const lock = await definitionOf({ ...wish, inheritFrom }, definitionName, sources);
  const interpreter = python ?? (await neededPython(lock, sources));
  const pipUrl = lock.content.pip_url;
  const entry = {
    ...lead,
    variant: lock.variant,
    ...(typeof pipUrl === 'string' && pipUrl !== '' ? { pip_url: pipUrl } : {}),
    ...(interpreter === undefined ? {} : { python: interpreter }),
  };
  return {
    ...rest(wish, inheritFrom),
    entry,
    lock: lock.isLocked ? undefined : lock,
    content: lock.content,
    variantLabel: labelOf(lock),
    inProjectFile: type !== 'files' || hasFilesToUpdate(lock.content),
  };
}

/** Names and variants of the plugins that this one does not work without. */
export function requirementsOf({
  content,
}: Pick<NewPlugin, 'content'>): { type: string; name: string; variant?: string }[] {
  if (!isMap(content.requires)) return [];
  return Object.entries(content.requires).flatMap(([type, list]) =>
    (Array.isArray(list) ? list : []).flatMap((each: unknown) => {
      if (!isMap(each) || typeof each.name !== 'string') return [];
      return [{ type, name: each.name, ...(typeof each.variant === 'string' ? { variant: each.variant } : {}) }];
    }),
  );
}

export function entryOf(
  project: Project,
  type: PluginType,
  name: string,
): Project['pluginEntries'][PluginType][number] | undefined {
  return project.pluginEntries[type].find((entry) => entry.name === name);
}

function rest({ type, name }: Wish, inheritFrom: string | undefined) {
  return { type, name, inheritFrom, inProjectFile: true };
}

/** A new plugin is asked of the hub, an heir takes a lock file that is there. Without the hub the lock file serves both. */
async function definitionOf(
  wish: Wish,
  name: string,
  sources: Sources,
): Promise<HubDefinition & { isLocked?: boolean }> {
  const locked = lockedDefinition(sources.project, wish, name);
  if (locked !== undefined && (!wish.update || wish.inheritFrom !== undefined)) return locked;
  try {
    return await (await sources.hub()).definition(wish.type, name, wish.variant);
  } catch (error) {
    if (!(error instanceof TaplineError)) throw error;
    if (locked !== undefined && hasCode(error, 'HUB_UNREACHABLE', 'HUB_PLUGIN_UNKNOWN')) {
      sources.warn(`${error.message} The lock file of ${name} is used as it is.`);
      return locked;
    }
    if (Object.hasOwn(sources.bundled, name)) {
      const { code, message, cause } = error;
      throw new TaplineError(code, message, {
        cause,
        hint: `One is shipped with this program: add --variant tapline.`,
      });
    }
    throw error;
  }
}

function lockedDefinition(
  project: Project,
  { type, variant }: Wish,
  name: string,
): (HubDefinition & { isLocked: boolean }) | undefined {
  const content = new LockFiles(project.root).find(type, name, variant);
  if (content === undefined) return undefined;
  return {
    type,
    name,
    variant: String(content.variant ?? variant ?? 'default'),
    isDefault: true,
    content,
    isLocked: true,
  };
}

function bundledPlugin(wish: Wish, lead: { name: string }, name: string, { bundled }: Sources): NewPlugin {
  const content = Object.hasOwn(bundled, name) ? bundled[name] : undefined;
  if (content === undefined || content.plugin_type !== wish.type) {
    throw new TaplineError('HUB_VARIANT_UNKNOWN', `'${name}' is not a bundled plugin.`, {
      hint: didYouMean(name, Object.keys(bundled)) ?? `Available: ${Object.keys(bundled).join(', ')}.`,
    });
  }
  const inheritFrom = name === wish.name ? undefined : name;
  const entry = { ...lead, variant: 'tapline' };
  return { ...rest(wish, inheritFrom), entry, lock: undefined, content, variantLabel: 'tapline' };
}

/** Where the definition names the Pythons that it runs on and ours is none of them: the highest of those. */
async function neededPython({ name, content }: HubDefinition, sources: Sources): Promise<string | undefined> {
  const supported = content.supported_python_versions;
  if (!Array.isArray(supported) || supported.length === 0) return undefined;
  const current = await sources.pythonVersion();
  if (current === undefined || supported.includes(current)) return undefined;
  const minor = (version: unknown) => Number(String(version).split('.')[1] ?? 0);
  const highest = `python${String([...supported].sort((a, b) => minor(b) - minor(a))[0])}`;
  sources.warn(`${name} does not run on Python ${current}: it gets ${highest}.`);
  return highest;
}

function labelOf({ variant, isDefault, content }: HubDefinition): string {
  if (isDefault) return `${variant} (default)`;
  return content.deprecated === true ? `${variant} (deprecated)` : variant;
}

function hasFilesToUpdate({ update }: Readonly<Record<string, unknown>>): boolean {
  return isMap(update) && Object.keys(update).length > 0;
}

function parentContent(
  project: Project,
  type: PluginType,
  parent: { name: string; variant?: unknown; docs?: unknown; repo?: unknown },
): { docs: unknown; repo: unknown } {
  const variant = typeof parent.variant === 'string' ? parent.variant : undefined;
  const locked = new LockFiles(project.root).find(type, parent.name, variant);
  return { docs: parent.docs ?? locked?.docs, repo: parent.repo ?? locked?.repo };
}
