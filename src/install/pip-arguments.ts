import { TaplineError } from '../errors.js';
import type { Plugin } from '../plugins/types.js';
import { splitShellWords, UnclosedQuote } from '../shell-words.js';

/** The variable that a pip_url may name without setting it: the default interpreter's version, e.g. `3.11`. */
export const pythonVersionVariable = 'MELTANO__PYTHON_VERSION';

/** The variables that a `pip_url` names: `$NAME` in capitals or `${any}`, not behind a backslash (the original's pattern). */
export function namedVariables(text: string): string[] {
  const names: string[] = [];
  for (const match of text.matchAll(/(\\)?\$(?:\{(\w+)\}|([A-Z][A-Z0-9_]*))/g)) {
    const name = match[2] ?? match[3];
    if (match[1] === undefined && name !== undefined) names.push(name);
  }
  return names;
}

/** The arguments of `pip install`: several requirements, options, paths, as the `pip_url` spells them. */
export function pipArguments(plugin: Plugin, expanded: string): string[] {
  try {
    return splitShellWords(expanded);
  } catch (error) {
    if (!(error instanceof UnclosedQuote)) throw error;
    throw new TaplineError(
      'INSTALL_FAILED',
      `The pip_url of ${plugin.singular} '${plugin.name}' has ${error.message}.`,
      {
        at: plugin.at,
        hint: 'Put quotes around a requirement that contains spaces, < or >, and close them.',
      },
    );
  }
}
