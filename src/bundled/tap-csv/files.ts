import { type Dirent, readdirSync, statSync } from 'node:fs';
import { isAbsolute, join, relative, sep } from 'node:path';
import { PluginError, projectPath, readJsonFile, reasonOf } from '../../singer/kit/plugin-process.js';
import type { JsonMap } from '../../singer/messages.js';
import { isMap } from '../../singer/messages.js';
import { compilePattern, isGlob } from '../../singer/patterns.js';

/** One entry of the setting `files`. */
export interface FileEntry {
  stream: string;
  path: string;
  keys: string[];
  replicationKey: string | undefined;
  delimiter: string;
  quote: string;
  escape: string | undefined;
  skipInitialSpace: boolean;
  encoding: string;
}

/** A file of a stream, and how it is written. */
export interface CsvFile {
  path: string;
  /** How states name it: from the project's root where it is in there. */
  key: string;
  entry: FileEntry;
}

/** Streams in the order of the setting; entries of one name are one stream. */
export function readFileEntries(config: JsonMap): Map<string, FileEntry[]> {
  const list = entryList(config);
  if (!Array.isArray(list) || list.length === 0) throw new PluginError('The setting `files` does not name a file.');
  const streams = new Map<string, FileEntry[]>();
  for (const [index, item] of list.entries()) {
    const entry = readEntry(item, index + 1);
    streams.set(entry.stream, [...(streams.get(entry.stream) ?? []), entry]);
  }
  return streams;
}

function entryList(config: JsonMap): unknown {
  const { files, csv_files_definition: definition } = config;
  if (typeof files === 'string') {
    try {
      return JSON.parse(files) as unknown;
    } catch {
      throw new PluginError('The setting `files` is a text that is not valid JSON.');
    }
  }
  if (files !== undefined && files !== null) return files;
  if (typeof definition !== 'string') throw new PluginError('The setting `files` is missing.');
  const list = readJsonFile(projectPath(definition), 'file of the setting `csv_files_definition`');
  return isMap(list) && Array.isArray(list.files) ? list.files : list;
}

function readEntry(item: unknown, number: number): FileEntry {
  const where = `Entry ${number} of the setting \`files\``;
  if (!isMap(item)) throw new PluginError(`${where} is not a map with \`entity\` and \`path\`.`);
  const text = (key: string): string | undefined => {
    const value = item[key];
    if (value === undefined || value === null) return undefined;
    if (typeof value !== 'string') throw new PluginError(`${where}: \`${key}\` is not text.`);
    return value;
  };
  const stream = text('entity') ?? text('stream');
  const path = text('path');
  if (!stream || !path) throw new PluginError(`${where} needs \`entity\` and \`path\`.`);
  const encoding = text('encoding') ?? 'utf-8';
  checkEncoding(encoding, where);
  return {
    stream,
    path,
    keys: readKeys(item.keys, where),
    replicationKey: text('replication_key'),
    delimiter: readDelimiter(text('delimiter')),
    quote: text('quotechar') ?? '"',
    escape: text('escapechar'),
    skipInitialSpace: item.skipinitialspace === true,
    encoding,
  };
}

function readKeys(keys: unknown, where: string): string[] {
  if (keys === undefined || keys === null) return [];
  if (typeof keys === 'string') return [keys];
  if (!Array.isArray(keys) || keys.some((key) => typeof key !== 'string')) {
    throw new PluginError(`${where}: \`keys\` is not a list of columns.`);
  }
  return keys as string[];
}

/** A tab is often written as two characters. */
function readDelimiter(text: string | undefined): string {
  if (text === undefined || text === '') return ',';
  return text === '\\t' ? '\t' : text;
}

function checkEncoding(encoding: string, where: string): void {
  try {
    new TextDecoder(encoding);
  } catch {
    throw new PluginError(`${where}: unknown encoding ${encoding}.`);
  }
}

/** The files that an entry's path means, sorted. Throws PluginError for a file that is not there. */
export function findFiles(entry: FileEntry): CsvFile[] {
  const path = projectPath(entry.path);
  const found = isGlob(entry.path) && !exists(path) ? matching(path) : filesAt(path, entry);
  return found.sort().map((file) => ({ path: file, key: keyOf(file), entry }));
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

function filesAt(path: string, entry: FileEntry): string[] {
  let folder: boolean;
  try {
    folder = statSync(path).isDirectory();
  } catch (error) {
    throw new PluginError(`The file ${path} of ${entry.stream} can't be read: ${reasonOf(error)}.`);
  }
  return folder ? matching(join(path, '*.csv')) : [path];
}

/** `*` and its like within a name, `**` for any number of folders; names with a leading dot only where the pattern has it. */
function matching(pattern: string): string[] {
  const names = pattern.split(sep);
  const firstGlob = names.findIndex(isGlob);
  return walk(names.slice(0, firstGlob).join(sep) || sep, names.slice(firstGlob));
}

function walk(folder: string, [name, ...rest]: string[]): string[] {
  if (name === undefined) return [];
  const entries = entriesOf(folder);
  const visible = entries.filter((entry) => name.startsWith('.') || !entry.name.startsWith('.'));
  if (name === '**') {
    const below = visible.filter(isFolder).flatMap((entry) => walk(join(folder, entry.name), [name, ...rest]));
    return [...new Set([...walk(folder, rest), ...below])];
  }
  const matches = compilePattern(name);
  const fitting = visible.filter((entry) => matches(entry.name));
  if (rest.length === 0) return fitting.map((entry) => join(folder, entry.name)).filter(isFile);
  return fitting.flatMap((entry) => walk(join(folder, entry.name), rest));
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

function isFolder(entry: Dirent): boolean {
  return entry.isDirectory();
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

function keyOf(path: string): string {
  const inProject = relative(projectPath('.'), path);
  return inProject.startsWith('..') || isAbsolute(inProject) ? path : inProject;
}
