import type { Command } from 'commander';
import { editable } from '../../actions/editable-project.js';
import { didYouMean } from '../../did-you-mean.js';
import { TaplineError } from '../../errors.js';
import { capitalized, describeType } from '../../install/hub/hub.js';
import { lockFileOf, saveLock } from '../../install/hub/save-lock.js';
import type { OptionsOf } from '../../option-definition.js';
import type { PluginEntry, PluginType, Project } from '../../project/types.js';
import { pluginTypes } from '../../project/types.js';
import type { CommandContext } from '../context.js';
import { addOptions, examples } from '../options/commander.js';
import { databaseUri, pluginType } from '../options/common.js';
import { lockUpdate } from '../options/project.js';

const options = { ...pluginType, ...lockUpdate, ...databaseUri } as const;
type Options = OptionsOf<typeof options>;

export function lock(command: Command, { open }: CommandContext): Command {
  addOptions(command, options);
  return command
    .argument('[plugins...]', 'only these')
    .addHelpText(
      'after',
      examples('tapline lock', 'tapline lock tap-github --update', 'tapline lock --plugin-type loaders'),
    )
    .action(async (names: string[], { pluginType, update, databaseUri }: Options) => {
      const session = await open({ policy: 'none', access: 'write', databaseUri });
      const { project } = session;
      const chosen = choose(project, names, pluginType);
      const log = await session.log();
      const hub = await session.hub();
      const target = { root: project.root, ...(await editable(session)) };
      log.info(`Locking ${chosen.length} plugin(s)...`);
      for (const { type, entry } of chosen) {
        const label = `${describeType(type)} ${entry.name}`;
        const reason = notLockable(entry);
        if (reason !== undefined) {
          log.warning(`${capitalized(label)} is ${reason}`);
          continue;
        }
        const definition = await hub.definition(type, entry.name, textOf(entry.variant));
        if (await saveLock(target, definition, update === true)) log.info(`Locked definition for ${label}`);
        else
          log.error(`Lockfile exists for ${label} at ${lockFileOf(definition)}`, {
            hint: 'Use --update to replace it.',
          });
      }
    });
}

function choose(project: Project, names: readonly string[], type: PluginType | undefined) {
  const all = pluginTypes
    .filter((each) => type === undefined || each === type)
    .flatMap((each) => project.pluginEntries[each].map((entry) => ({ type: each, entry })));
  const chosen = names.length === 0 ? all : all.filter(({ entry }) => names.includes(entry.name));
  if (chosen.length > 0) return chosen;
  const known = all.map(({ entry }) => entry.name);
  throw new TaplineError('PLUGIN_UNKNOWN', 'No matching plugin(s) found', {
    hint: names[0] === undefined ? undefined : didYouMean(names[0], known),
  });
}

function notLockable(entry: PluginEntry): string | undefined {
  const from = textOf(entry.inherit_from);
  if (from !== undefined && from !== entry.name) return 'an inherited plugin';
  if (textOf(entry.namespace) !== undefined) return 'a custom plugin';
  return entry.variant === 'tapline' ? 'shipped with this program' : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
