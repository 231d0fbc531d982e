import type { Command } from 'commander';
import { installMode } from '../../actions/install-mode.js';
import { logEvents } from '../../actions/log-events.js';
import type { OptionsOf } from '../../option-definition.js';
import type { Plugin } from '../../plugins/types.js';
import type { PluginType } from '../../project/types.js';
import type { Session } from '../../session/session.js';
import type { CommandContext } from '../context.js';
import { installChoice } from '../install-choice.js';
import { addOptions, examples } from '../options/commander.js';
import { databaseUri, installDefinitions, pluginType } from '../options/common.js';
import { invokeDefinitions } from '../options/project.js';
import { catalogRefresh } from '../options/run.js';

const options = {
  ...pluginType,
  ...invokeDefinitions,
  ...catalogRefresh,
  ...installDefinitions,
  ...databaseUri,
} as const;
type Options = OptionsOf<typeof options>;

export function invoke(command: Command, { open, output, exit }: CommandContext): Command {
  addOptions(command, options);
  command
    .usage('[options] <plugin[:command]> [argument...]')
    .argument('<plugin>', 'with `:command` for one of its commands')
    .argument('[arguments...]', 'handed to the plugin as they are, options too')
    // All after the plugin's name is the plugin's, `--` included.
    .passThroughOptions();
  return command
    .addHelpText(
      'after',
      examples(
        'tapline invoke tap-github --help',
        'tapline invoke dbt:run --models staging.*',
        'tapline invoke --dump=config tap-github',
        'tapline invoke --list-commands dbt',
      ),
    )
    .action(async (name: string, args: string[], options: Options) => {
      const session = await open({ policy: 'default', access: 'read', databaseUri: options.databaseUri });
      await session.fetchMissingLocks([name]);
      const { plugin, commandName } = await pluginOf(session, name, options.pluginType);
      if (options.listCommands) {
        for (const line of await commandLines(plugin)) output.line(line);
        return;
      }
      if (options.containers) (await session.log()).warning('containers are not supported; running without one');
      exit(await start(plugin, commandName, args, options, session, output.line));
    });
}

/** A single colon separates plugin and command; with more of them the whole word is the plugin's name, as in the original. */
async function pluginOf(
  session: Session,
  name: string,
  type: PluginType | undefined,
): Promise<{ plugin: Plugin; commandName: string | undefined }> {
  const parts = name.split(':');
  const [pluginName = '', commandName] = parts.length === 2 ? parts : [name];
  const plugins = await session.plugins();
  return { plugin: plugins.get(pluginName, type), commandName };
}

async function commandLines(plugin: Plugin): Promise<string[]> {
  const { listCommands } = await import('../../run/alone/invoke.js');
  const commands = listCommands(plugin);
  if (commands.length === 0) return [`Plugin '${plugin.name}' does not define any commands.`];
  const width = Math.max(...commands.map(({ name }) => name.length)) + 2;
  return commands.map(({ name, description }) => `${name.padEnd(width)}${description}`.trimEnd());
}

async function start(
  plugin: Plugin,
  commandName: string | undefined,
  args: readonly string[],
  options: Options,
  session: Session,
  print: (line: string) => void,
): Promise<number> {
  const [{ invoke: invokePlugin }, log] = await Promise.all([import('../../run/alone/invoke.js'), session.log()]);
  const isStructured = log.settings.outputs.some(
    ({ file, format }) => file === undefined && (format === 'json' || format === 'key-value'),
  );
  return invokePlugin(
    plugin,
    {
      command: commandName,
      args,
      install: await installMode(installChoice(options), session),
      dump: options.dump,
      refreshCatalog: options.refreshCatalog,
      printVars: options.printVar,
      print,
      // With a structured log format the plugin's output is logged too.
      terminal: session.stderr.isTTY && !isStructured,
    },
    await session.world(),
    [await logEvents(log)],
  );
}
