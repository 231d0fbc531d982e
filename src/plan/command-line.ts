import { closest } from '../did-you-mean.js';
import { type SourceLocation, TaplineError } from '../errors.js';
import type { Plugin, PluginCommand } from '../plugins/types.js';
import { expandText, lookupIn } from '../settings/expand.js';
import { splitShellWords, UnclosedQuote } from '../shell-words.js';

/** A command of a plugin. Throws PLUGIN_COMMAND_UNKNOWN with what there is. */
export function findCommand(plugin: Plugin, name: string, at?: SourceLocation | undefined): PluginCommand {
  const command = plugin.commands.get(name);
  if (command) return command;
  const owner = `${plugin.singular.charAt(0).toUpperCase()}${plugin.singular.slice(1)} '${plugin.name}'`;
  const names = [...plugin.commands.keys()];
  const supported =
    names.length === 0 ? 'does not define any commands' : `supports the following commands: ${names.join(', ')}`;
  const near = closest(name, names);
  throw new TaplineError('PLUGIN_COMMAND_UNKNOWN', `Command '${name}' could not be found. ${owner} ${supported}.`, {
    at: at ?? plugin.at,
    hint: near === undefined ? `Add it to commands: of '${plugin.name}'.` : `Did you mean '${plugin.name}:${near}'?`,
    data: { plugin: plugin.name, command: name },
  });
}

/**
 * The arguments of a plugin's command: split into shell words first, then each word expanded with the environment of its
 * process (as Meltano 4.4.1), so that a value with blanks stays one argument. A word of which nothing is left is
 * VARIABLE_UNSET: it would silently become another command.
 */
export function expandCommand(
  plugin: Plugin,
  command: PluginCommand,
  env: Readonly<Record<string, string | undefined>>,
): string[] {
  const lookup = lookupIn(env);
  return splitArguments(plugin, command).map((word) => {
    const argument = expandText(word, lookup, false);
    if (argument !== '') return argument;
    const what =
      word === '' ? 'has an empty argument' : `referenced unset environment variable '${word}' in an argument`;
    throw new TaplineError('VARIABLE_UNSET', `Command '${command.name}' of '${plugin.name}' ${what}.`, {
      at: plugin.at,
      hint: 'Set the environment variable, or change the definition of the command.',
      data: { plugin: plugin.name, command: command.name, token: word },
    });
  });
}

function splitArguments(plugin: Plugin, command: PluginCommand): string[] {
  try {
    return splitShellWords(command.args);
  } catch (error) {
    if (!(error instanceof UnclosedQuote)) throw error;
    throw new TaplineError(
      'USAGE',
      `The args of the command '${plugin.name}:${command.name}' can't be split: ${error.message}.`,
      {
        at: plugin.at,
        hint: 'Close the quote, or put a backslash before it.',
        exitCode: 1,
      },
    );
  }
}
