import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TaplineError } from '../errors.js';
import type { Plugin } from '../plugins/types.js';
import { findProgram, isProgram } from './find-program.js';
import type { Executable } from './types.js';
import { venvEnvironment, venvOf } from './venv.js';

/** The parent's venv and Python path mean nothing to a plugin, so they never reach one. */
const unsetEnv = ['VIRTUAL_ENV', 'PYTHONPATH'];

/**
 * Where a plugin's program is, by the original's rule: with a `pip_url` its own venv only, else with a slash a path from the
 * project's root, else PATH. Bundled plugins run as this Node with their chunk.
 */
export function findExecutable(
  plugin: Plugin,
  name: string,
  place: { root: string; sysDir: string; path: string | undefined },
): Executable {
  if (plugin.bundled) return bundledExecutable(plugin);
  if (plugin.pipUrl) {
    const venv = venvOf(place.sysDir, plugin.type, plugin.venvOwner);
    const file = join(venv.bin, name);
    if (!isProgram(file)) throw missing(plugin, name, file);
    return { file, args: [], env: venvEnvironment(venv, place.path), unsetEnv };
  }
  const file = /[/\\]/.test(name) ? resolve(place.root, name) : findProgram(name, place.path);
  if (file === undefined || !isProgram(file)) throw missing(plugin, name, file);
  return { file, args: [], env: {}, unsetEnv };
}

function bundledExecutable(plugin: Plugin): Executable {
  const file = bundledChunk(`${plugin.executable}.js`);
  if (file === undefined) throw missing(plugin, plugin.executable, undefined);
  return { file: process.execPath, args: [file], env: {}, unsetEnv };
}

/** Beside this file in the built program; in `dist` where the sources run. */
function bundledChunk(name: string): string | undefined {
  const places = [`./bundled/${name}`, `../../dist/bundled/${name}`];
  return places.map((place) => fileURLToPath(new URL(place, import.meta.url))).find((file) => existsSync(file));
}

function missing(plugin: Plugin, name: string, file: string | undefined): TaplineError {
  return new TaplineError('EXECUTABLE_MISSING', `Executable '${name}' could not be found.`, {
    at: plugin.at,
    hint: missingHint(plugin, file),
    data: { plugin: plugin.name, executable: name, ...(file === undefined ? {} : { file }) },
  });
}

function missingHint(plugin: Plugin, file: string | undefined): string {
  const kind = plugin.singular.charAt(0).toUpperCase() + plugin.singular.slice(1);
  const looked =
    file === undefined
      ? 'It is not on PATH. '
      : existsSync(file)
        ? `${file} can't be executed. `
        : `There is no ${file}. `;
  if (!plugin.pipUrl)
    return `${looked}Set \`executable\` of ${kind.toLowerCase()} '${plugin.name}' to a program, or give it a \`pip_url\`.`;
  const command = `tapline install --plugin-type ${plugin.singular} ${plugin.name}`;
  return `${looked}${kind} '${plugin.name}' may not have been installed yet using \`${command}\`, or the executable name may be incorrect.`;
}
