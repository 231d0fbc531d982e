import type { TaplineError } from '../../errors.js';
import type { Plugin } from '../../plugins/types.js';
import { checkWrittenValues } from '../../settings/written-values.js';
import { splitShellWords, UnclosedQuote } from '../../shell-words.js';
import { caught, type Finding, finding, findingOf, type ValidationSubject } from './finding.js';

export function checkPlugins({ plugins }: ValidationSubject): Finding[] {
  return plugins.list().flatMap((plugin) => {
    const missing = caught(() => void plugin.namespace);
    if (missing.length > 0) return missing;
    return [...checkCommands(plugin), ...checkWrittenValues(plugin, 'own').map(asFinding)];
  });
}

function checkCommands(plugin: Plugin): Finding[] {
  return [...plugin.commands.values()].flatMap(({ name, args }) => {
    try {
      splitShellWords(args);
      return [];
    } catch (error) {
      if (!(error instanceof UnclosedQuote)) throw error;
      const message = `The args of the command '${plugin.name}:${name}' can't be split: ${error.message}.`;
      return [finding('USAGE', message, plugin.at, 'Close the quote, or put a backslash before it.')];
    }
  });
}

/** What an environment sets for plugins. */
export function checkEnvironmentValues({ plugins }: ValidationSubject): Finding[] {
  return plugins.list().flatMap(environmentValues);
}

function environmentValues(plugin: Plugin): Finding[] {
  if (caught(() => void plugin.namespace).length > 0) return [];
  return checkWrittenValues(plugin, 'environment').map(asFinding);
}

function asFinding({ error, severity }: { error: TaplineError; severity: Finding['severity'] }): Finding {
  return findingOf(error, severity);
}
