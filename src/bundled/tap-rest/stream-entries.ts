import { PluginError } from '../../singer/kit/plugin-process.js';
import { isMap, type JsonMap } from '../../singer/messages.js';
import { amount, list, text, texts } from './settings.js';

/** What the settings say of one stream. Those on top are the defaults of each entry of `streams`. */
export interface StreamEntry {
  name: string;
  path: string;
  /** Names that lead to the list of records in an answer; empty: the answer itself. Undefined: found. */
  recordsPath: string[] | undefined;
  keys: string[];
  replicationKey: string | undefined;
  isSorted: boolean;
  partitionDays: number | undefined;
  /** Query parameters that take the bookmark and the end of a partition. */
  startParam: string | undefined;
  endParam: string | undefined;
  params: Record<string, string>;
  schema: JsonMap | undefined;
}

const known = new Set(
  'name path records_path primary_keys replication_key sorted partition_days start_param end_param params schema'.split(
    ' ',
  ),
);

/** Throws PluginError for what can't be used, with the stream's name. */
export function readStreamEntries(config: JsonMap): StreamEntry[] {
  const { streams } = config;
  if (streams !== undefined && streams !== null && !Array.isArray(streams)) {
    throw new PluginError('The setting `streams` is not a list.');
  }
  const given: unknown[] = streams ?? [];
  if (given.length === 0 && text(config, 'path') === undefined) {
    throw new PluginError('The setting `streams` is missing: a list of maps with `name` and `path`.');
  }
  const entries = (given.length === 0 ? [{}] : given).map((entry, index) => readEntry(entry, index, config));
  const twice = entries.find(({ name }, index) => entries.findIndex((entry) => entry.name === name) !== index);
  if (twice !== undefined) throw new PluginError(`The setting \`streams\` has ${twice.name} twice.`);
  return entries;
}

function readEntry(entry: unknown, index: number, config: JsonMap): StreamEntry {
  const given = typeof entry === 'string' ? { name: entry } : entry;
  if (!isMap(given)) throw new PluginError(`Entry ${index + 1} of the setting \`streams\` is not a map.`);
  const path = text(given, 'path') ?? text(config, 'path') ?? text(given, 'name') ?? '';
  const name = text(given, 'name') ?? path.split(/[?#]/)[0]?.split('/').filter(Boolean).at(-1);
  if (name === undefined) throw new PluginError(`Entry ${index + 1} of the setting \`streams\` has no \`name\`.`);
  const surplus = Object.keys(given).find((key) => !known.has(key));
  if (surplus !== undefined) {
    throw new PluginError(`The stream ${name} has \`${surplus}\`, which is not one of ${[...known].join(', ')}.`);
  }
  const both: JsonMap = { ...config, ...given };
  const of = ` of the stream ${name}`;
  const { schema } = given;
  if (schema !== undefined && !isMap(schema)) throw new PluginError(`The schema of the stream ${name} is not a map.`);
  const days =
    both.partition_days === undefined || both.partition_days === null ? undefined : amount(both, 'partition_days', 1);
  return {
    name,
    path,
    recordsPath: pathOf(both.records_path),
    keys: list(both, 'primary_keys', of),
    replicationKey: text(both, 'replication_key', of),
    isSorted: both.sorted === true,
    partitionDays: days,
    startParam: text(both, 'start_param', of),
    endParam: text(both, 'end_param', of),
    params: { ...texts(config, 'params'), ...texts(given, 'params', of) },
    schema,
  };
}

/** `data.items`, also as JSONPath writes it: `$.data.items[*]`. */
export function pathOf(path: unknown): string[] | undefined {
  if (path === undefined || path === null || path === '') return undefined;
  const plain = String(path)
    .replace(/\[\*\]$/, '')
    .replace(/^\$\.?/, '');
  return plain === '' ? [] : plain.split('.');
}

/** The value at a path of names; undefined if there is none. */
export function at(value: unknown, path: readonly string[]): unknown {
  let found = value;
  for (const name of path) {
    if (Array.isArray(found)) found = found[Number(name)];
    else if (isMap(found) && Object.hasOwn(found, name)) found = found[name];
    else return undefined;
  }
  return found;
}
