import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { TaplineError } from '../../errors.js';
import type { Project } from '../types.js';
import { editFiles, type FileEdit } from './project-files.js';
import { type EditPath, editYaml, type YamlEdit } from './yaml-edit.js';

/** What an editor needs to know of a project. */
export type EditableProject = Pick<Project, 'file' | 'files' | 'sysDir'> & { readonly: boolean };

/** A list of entries that have a `name`: `['jobs']`, `['plugins', 'extractors']` ... */
type ListPath = EditPath;

/** Adds an entry at the end of the list in meltano.yml, as the original does with several files too. */
export async function addEntry(
  project: EditableProject,
  list: ListPath,
  entry: Record<string, unknown>,
): Promise<void> {
  await editFiles(project, [inFile(project.file, () => [{ op: 'append', path: list, value: entry }])]);
}

/** Edits whose paths start at the entry; they may depend on what the entry holds when the file is edited. */
export type EntryEdits = (entry: Readonly<Record<string, unknown>>) => readonly YamlEdit[];

/**
 * Applies edits in the file that holds the entry. The place is looked up in the text that is edited, so a change since
 * the project was read does not lead astray. Throws EDIT_REFUSED where no file has the entry. Returns the file.
 */
export async function editEntry(
  project: EditableProject,
  list: ListPath,
  name: string,
  edits: EntryEdits,
): Promise<string> {
  const file = await fileOf(project, list, name);
  const located = inFile(file, (text) => {
    const { index, entry } = find(text, list, name);
    if (index === -1) throw missing(file, list, name);
    return edits(entry).map((edit) => ({ ...edit, path: [...list, index, ...edit.path] }));
  });
  await editFiles(project, [located]);
  return file;
}

/** Removes the entry; a list that this empties goes too. */
export async function removeEntry(project: EditableProject, list: ListPath, name: string): Promise<string> {
  const file = await fileOf(project, list, name);
  await editFiles(project, [
    inFile(file, (text) => {
      const { index } = find(text, list, name);
      if (index === -1) throw missing(file, list, name);
      return [{ op: 'delete', path: [...list, index], prune: true }];
    }),
  ]);
  return file;
}

/** Edits at the top of meltano.yml. */
export async function editMain(project: EditableProject, edits: EntryEdits): Promise<void> {
  await editFiles(project, [inFile(project.file, (text) => edits(asRecord(parse(text, { merge: true }))))]);
}

/** The first file that holds the entry. */
async function fileOf(project: EditableProject, list: ListPath, name: string): Promise<string> {
  for (const file of project.files) {
    if (find(await readFile(file, 'utf8'), list, name).index !== -1) return file;
  }
  throw missing(project.file, list, name);
}

function inFile(file: string, edits: (text: string) => readonly YamlEdit[]): FileEdit {
  return { file, edit: (text) => editYaml(text, edits(text), file) };
}

function find(text: string, list: ListPath, name: string): { index: number; entry: Record<string, unknown> } {
  const root: unknown = parse(text, { merge: true });
  const entries = list.reduce<unknown>((at, key) => (isRecord(at) ? at[key] : undefined), root);
  const all: unknown[] = Array.isArray(entries) ? entries : [];
  const index = all.findIndex((entry) => isRecord(entry) && entry.name === name);
  return { index, entry: asRecord(all[index]) };
}

function asRecord(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {};
}

function isRecord(value: unknown): value is Record<string | number, unknown> {
  return typeof value === 'object' && value !== null;
}

function missing(file: string, list: ListPath, name: string): TaplineError {
  return new TaplineError('EDIT_REFUSED', `There is no longer an entry '${name}' under '${list.join('.')}' any more.`, {
    at: { file, line: 1, col: 1 },
    hint: 'The file has changed meanwhile; check it and try again.',
  });
}
