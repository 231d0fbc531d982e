import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { TaplineError } from '../errors.js';
import { parseExactJson } from '../exact-json.js';
import { decodeUtf8, readProjectFile } from '../project/read-text.js';
import type { PluginType } from '../project/types.js';
import { isMap } from '../values.js';
import type { PluginDefinition } from './types.js';

const suffix = '.lock';

/** The lock files of a project, each read at most once and only when its plugin is used. */
export class LockFiles {
  private readonly read = new Map<string, PluginDefinition | undefined>();
  private readonly listed = new Map<PluginType, string[]>();

  constructor(private readonly root: string) {}

  /**
   * The definition in `plugins/<type>/<name>--<variant>.lock`. Where no variant was asked for, the original looks for `default`, and
   * then asks the hub; we take the only lock file of that name instead. Throws PLUGIN_LOCK_BROKEN.
   */
  find(type: PluginType, name: string, variant: string | undefined): PluginDefinition | undefined {
    const wanted = this.open(type, `${name}--${variant ?? 'default'}${suffix}`);
    if (wanted || (variant !== undefined && variant !== 'default')) return wanted;
    const [only, another] = this.of(type, name);
    return only !== undefined && another === undefined ? this.open(type, only) : undefined;
  }

  /** File names of all variants of a plugin. */
  of(type: PluginType, name: string): string[] {
    return this.list(type).filter(
      (file) =>
        file === `${name}${suffix}` || (file.startsWith(`${name}--`) && !file.slice(name.length + 2).includes('--')),
    );
  }

  private list(type: PluginType): string[] {
    const known = this.listed.get(type);
    if (known) return known;
    const files = listFolder(join(this.root, 'plugins', type));
    this.listed.set(type, files);
    return files;
  }

  private open(type: PluginType, file: string): PluginDefinition | undefined {
    // A name such as ../../x has no lock file: nothing outside the folder is read.
    if (/[/\\\0]/.test(file)) return undefined;
    const path = join(this.root, 'plugins', type, file);
    if (!this.read.has(path)) this.read.set(path, readLock(path));
    return this.read.get(path);
  }
}

function listFolder(folder: string): string[] {
  try {
    return readdirSync(folder).filter((file) => file.endsWith(suffix));
  } catch {
    return [];
  }
}

/** Without keys `__proto__`; numbers keep their digits, since a default may be `2.0`. */
function parseLock(text: string): unknown {
  const value = parseExactJson(text);
  return text.includes('__proto__') ? withoutPrototypes(value) : value;
}

function withoutPrototypes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutPrototypes);
  if (!isMap(value)) return value;
  const kept = Object.entries(value).filter(([key]) => key !== '__proto__');
  return Object.fromEntries(kept.map(([key, member]) => [key, withoutPrototypes(member)]));
}

function readLock(path: string): PluginDefinition | undefined {
  const bytes = readProjectFile(path);
  if (!bytes) return undefined;
  const text = decodeUtf8(bytes, path);
  let value: unknown;
  try {
    value = parseLock(text);
  } catch (error) {
    throw broken(path, `it is not valid JSON (${(error as Error).message})`);
  }
  const fault = findFault(value);
  if (fault) throw broken(path, fault);
  return value as PluginDefinition;
}

function findFault(value: unknown): string | undefined {
  if (!isMap(value)) return 'it must be a map';
  const { name, settings, capabilities, commands, settings_group_validation: groups } = value;
  if (typeof name !== 'string' || name === '') return "it has no 'name'";
  const lists = Object.entries({ settings, capabilities, settings_group_validation: groups });
  const noList = lists.find(([, list]) => list !== undefined && list !== null && !Array.isArray(list));
  if (noList) return `'${noList[0]}' must be a list`;
  const isNamed = (setting: unknown) =>
    typeof setting === 'object' && setting !== null && typeof (setting as { name?: unknown }).name === 'string';
  if (Array.isArray(settings) && !settings.every(isNamed)) return "each of its 'settings' must be a map with a 'name'";
  if (commands !== undefined && commands !== null && typeof commands !== 'object') return "'commands' must be a map";
  return undefined;
}

function broken(path: string, reason: string): TaplineError {
  return new TaplineError('PLUGIN_LOCK_BROKEN', `The lock file ${path} can't be used: ${reason}.`, {
    at: { file: path, line: 1, col: 1 },
    hint: 'Restore it from version control, or remove it and lock the plugin again.',
  });
}
