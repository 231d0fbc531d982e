/** The files that a file bundle brings: they are in its venv, under `bundle/`, and are copied into the project once. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, parse, relative } from 'node:path';
import type { Plugin } from '../../plugins/types.js';
import type { Project } from '../../project/types.js';
import { venvOf } from '../venv.js';

/** Copies what is missing; where a file of that name is there, both are kept. Returns the new files, from the root. */
export async function copyBundleFiles(
  project: Pick<Project, 'root' | 'sysDir'>,
  plugin: Plugin,
  managed: readonly string[],
): Promise<string[]> {
  const venv = venvOf(project.sysDir, plugin.type, plugin.venvOwner);
  const created: string[] = [];
  for (const { path, text } of await bundleFiles(venv.root)) {
    const content = managed.includes(path) ? `${header(plugin.name, path)}\n\n${text}` : text;
    const written = await writeNew(project.root, path, content, plugin.name);
    if (written !== undefined) created.push(written);
  }
  return created;
}

async function bundleFiles(venv: string): Promise<{ path: string; text: string }[]> {
  const libraries = await readdir(join(venv, 'lib')).catch(() => []);
  for (const python of libraries) {
    const folder = join(venv, 'lib', python, 'site-packages', 'bundle');
    const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => undefined);
    if (entries === undefined) continue;
    const paths = entries
      .filter((entry) => entry.isFile())
      .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
      .filter((path) => path !== '__init__.py' && !path.includes('__pycache__'))
      .sort();
    return Promise.all(paths.map(async (path) => ({ path, text: await readFile(join(folder, path), 'utf8') })));
  }
  return [];
}

/** `wx` all the way: nothing of the user's is ever overwritten. */
async function writeNew(root: string, path: string, text: string, bundle: string): Promise<string | undefined> {
  const { dir, name, ext } = parse(path);
  for (const candidate of [path, join(dir, `${name} (${bundle})${ext}`)]) {
    const file = join(root, candidate);
    if ((await readFile(file, 'utf8').catch(() => undefined)) === text) return undefined;
    await mkdir(dirname(file), { recursive: true });
    try {
      await writeFile(file, text, { flag: 'wx' });
      return candidate;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
  return undefined;
}

/** By this the original knows its files again when it updates them; so it stands as the original writes it. */
function header(name: string, path: string): string {
  return [
    `# This file is managed by the '${name}' file bundle and updated automatically when \`meltano upgrade\` is run.`,
    '# To prevent any manual changes from being overwritten, remove the file bundle from `meltano.yml` or disable automatic updates:',
    `#     meltano config --plugin-type=files ${name} set _update ${path} false`,
  ].join('\n');
}
