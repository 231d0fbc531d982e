/** Definitions in a folder, for machines without a network: a copy of a hub's API, or another project's lock files. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { TaplineError } from '../../errors.js';
import { parseExactJson } from '../../exact-json.js';
import type { HubSource } from './types.js';

/** Where a type's files may be below the folder: an API's copy, a project, its `plugins/` folder. */
const layouts = ['meltano/api/v1/plugins', 'plugins', '.'];
const endings = ['', '.json', '.lock'];

export function folderSource(root: string): HubSource {
  return {
    root,
    async index(type) {
      await requireFolder(root);
      for (const folder of layouts.map((layout) => join(root, layout, type))) {
        const files = await readdir(folder).catch(() => undefined);
        if (files === undefined) continue;
        const index = ['index', 'index.json'].find((name) => files.includes(name));
        return index === undefined ? indexOf(files) : readJson(join(folder, index));
      }
      return {};
    },
    async definition(type, name, variant) {
      const places = layouts.flatMap((layout) =>
        endings.map((ending) => join(root, layout, type, `${name}--${variant}${ending}`)),
      );
      for (const file of places) if ((await stat(file).catch(() => undefined))?.isFile()) return readJson(file);
      throw new TaplineError('HUB_ANSWER', `There is no ${name}--${variant}.json for ${type} in ${root}.`, {
        hint: `Put the definition there, e.g. as ${join('plugins', type, `${name}--${variant}.json`)}.`,
      });
    },
    close: async () => undefined,
  };
}

/** From file names alone; of several variants the first is the default. */
function indexOf(files: readonly string[]): Record<string, unknown> {
  const plugins: Record<string, { default_variant: string; variants: Record<string, { ref: string }> }> = {};
  for (const file of [...files].sort()) {
    const [, name, variant] = /^(.+?)--(.+?)(?:\.json|\.lock)?$/.exec(file) ?? [];
    if (name === undefined || variant === undefined) continue;
    plugins[name] ??= { default_variant: variant, variants: {} };
    plugins[name].variants[variant] = { ref: file };
  }
  return plugins;
}

async function readJson(file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8');
  try {
    return parseExactJson(text);
  } catch (error) {
    throw new TaplineError('HUB_ANSWER', `${file} is not valid JSON: ${(error as Error).message}.`, {
      at: { file, line: 1, col: 1 },
    });
  }
}

async function requireFolder(root: string): Promise<void> {
  if ((await stat(root).catch(() => undefined))?.isDirectory()) return;
  throw new TaplineError('HUB_UNREACHABLE', `The hub folder ${root} does not exist.`, {
    hint: 'Set hub_url to a folder with definitions (plugins/extractors/NAME--VARIANT.json), or to the URL of a hub.',
  });
}
