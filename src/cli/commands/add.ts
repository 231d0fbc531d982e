import type { Command } from 'commander';
import { installMode } from '../../actions/install-mode.js';
import { type AddedPlugin, writeNewPlugins } from '../../actions/plugins/add.js';
import { installAdded } from '../../actions/plugins/install-added.js';
import { TaplineError } from '../../errors.js';
import type { NewPlugin, Wish } from '../../install/add/new-plugin.js';
import { describeType } from '../../install/hub/hub.js';
import type { InstallEvent } from '../../install/types.js';
import type { OptionsOf } from '../../option-definition.js';
import type { PluginType } from '../../project/types.js';
import type { Session } from '../../session/session.js';
import { definedOnly } from '../../values.js';
import { addedLines, keptText } from '../added-plugin.js';
import { type Asker, createAsker } from '../ask.js';
import type { CommandContext } from '../context.js';
import { customFromAnswers } from '../custom-answers.js';
import { installChoice } from '../install-choice.js';
import { tellInstall } from '../install-progress.js';
import { addOptions, examples } from '../options/commander.js';
import { databaseUri, pluginType } from '../options/common.js';
import { addDefinitions } from '../options/project.js';
import type { Output } from '../output.js';
import { readReference } from '../plugin-reference.js';
import { untilSignal } from '../until-signal.js';

const options = { ...pluginType, ...addDefinitions, ...databaseUri } as const;
type Options = OptionsOf<typeof options>;

export function add(command: Command, context: CommandContext): Command {
  addOptions(command, options);
  return command
    .argument('<plugins...>', 'names, as the hub knows them')
    .addHelpText(
      'after',
      `${examples(
        'tapline add tap-github target-postgres',
        'tapline add tap-github --as tap-github--work',
        'tapline add target-jsonl --variant tapline',
        'tapline add tap-mine --custom --pip-url "-e extract/tap-mine" --capabilities catalog,discover,state',
        'tapline add tap-mine --from-ref definitions/tap-mine.yml --no-install',
      )}

Definitions come from the hub that the setting hub_url names (a URL or a folder), or else from lock files in plugins/.`,
    )
    .action(async (names: string[], options: Options) => run(names, options, context));
}

async function run(names: readonly string[], options: Options, { open, output, env }: CommandContext): Promise<void> {
  const openProject = () => open({ policy: 'none', access: 'write', databaseUri: options.databaseUri });
  const session = await openProject();
  const found = await findAll(names, options, session, env);
  const added = await writeNewPlugins(found, session, options);
  await tellAdded(added, session, output);
  const { install, forceInstall } = options;
  if ((await installMode(installChoice({ install }), session)) === 'auto') {
    await session.close();
    await installWithLog(added, await openProject(), forceInstall === true);
  }
  for (const [index, { plugin }] of added.filter(({ plugin }) => learnMore(plugin) !== undefined).entries()) {
    if (index === 0) output.line('');
    output.line(`To learn more about ${describeType(plugin.type)} '${plugin.name}', visit ${learnMore(plugin)}`);
  }
}

async function tellAdded(added: readonly AddedPlugin[], session: Session, output: Output): Promise<void> {
  const log = await session.log();
  for (const one of added) {
    if (one.status === 'kept') log.warning(keptText(one.plugin));
    else for (const line of addedLines(one)) output.line(line);
  }
}

async function installWithLog(added: readonly AddedPlugin[], session: Session, force: boolean): Promise<void> {
  const log = await session.log();
  log.info(`Installing ${added.length} plugins`);
  const report = (event: InstallEvent) => tellInstall(event, log);
  const bundles = await untilSignal((signal) => installAdded(added, session, { force, signal, report }));
  for (const { bundle, files } of bundles) {
    log.info(`Adding '${bundle}' files to project...`);
    for (const file of files) log.info(`Created ${file}`);
  }
}

/** Finds all plugins before the first is written, so that an unknown one leaves the project unchanged. */
async function findAll(
  names: readonly string[],
  options: Options,
  session: Session,
  env: NodeJS.ProcessEnv,
): Promise<{ plugin: NewPlugin; required: NewPlugin[] }[]> {
  const wishes = wishesOf(names, options);
  for (const { type, name } of wishes) refuse(type, name, options, session);
  if (options.fromRef !== undefined) return [{ plugin: await fromReference(wishes, options, env), required: [] }];
  if (options.custom) {
    const plugins = await customPlugins(wishes, options);
    return plugins.map((plugin) => ({ plugin, required: [] }));
  }
  const { findWithRequired } = await import('../../actions/plugins/add.js');
  return findWithRequired(wishes, session);
}

function wishesOf(names: readonly string[], options: Options): Wish[] {
  const [first, second] = names;
  if (options.as !== undefined && second !== undefined) {
    throw new TaplineError('USAGE', '--as takes exactly one plugin', {
      hint: 'Add the plugins one by one.',
    });
  }
  const named = options.as === undefined ? names : [options.as];
  const { variant, python, update } = options;
  const inheritFrom = options.as === undefined ? options.inheritFrom : first;
  return named.map((name) => {
    // The name on the hub shows the type even if the new name does not.
    const inferred = typeOf(name, inheritFrom);
    return { type: options.pluginType ?? inferred, name, inheritFrom, variant, python, update };
  });
}

function typeOf(name: string, inheritFrom: string | undefined): PluginType {
  const isTap = (text: string | undefined) => text?.startsWith('tap-') === true;
  const isTarget = (text: string | undefined) => text?.startsWith('target-') === true;
  if (isTap(name) || (!isTarget(name) && isTap(inheritFrom))) return 'extractors';
  return isTarget(name) || isTarget(inheritFrom) ? 'loaders' : 'utilities';
}

function refuse(type: PluginType, name: string, { custom }: Options, session: Session): void {
  if (name === '' || /[:/\\\s]/.test(name)) {
    throw new TaplineError(
      'USAGE',
      `'${name}' is not a valid plugin name: it contains a colon, slash or space, or is empty`,
      {
        exitCode: 1,
        hint: 'Plugin names are part of state IDs and folder names.',
      },
    );
  }
  if (custom && (type === 'transforms' || type === 'orchestrators')) {
    throw new TaplineError('USAGE', `--custom is not supported for ${type}`, { exitCode: 1 });
  }
  if (type === 'transforms' && session.project.pluginEntries.transformers.length === 0) {
    throw new TaplineError('PLUGIN_UNKNOWN', `transform '${name}' requires a transformer, but the project has none`, {
      hint: 'Add one first: tapline add dbt-postgres --plugin-type transformer',
    });
  }
}

async function fromReference(wishes: readonly Wish[], options: Options, env: NodeJS.ProcessEnv): Promise<NewPlugin> {
  const [wish, another] = wishes;
  if (wish === undefined || another !== undefined) {
    throw new TaplineError('USAGE', '--from-ref takes exactly one plugin', {
      hint: 'Add the plugins one by one.',
    });
  }
  const { type, definition } = await readReference(options.fromRef ?? '', env);
  const { customPlugin } = await import('../../install/add/custom-plugin.js');
  const python = definition.python ?? options.python;
  const variant = definition.variant ?? options.variant;
  return customPlugin(options.pluginType ?? type ?? wish.type, { ...definition, python, variant });
}

async function customPlugins(wishes: readonly Wish[], options: Options): Promise<NewPlugin[]> {
  const { namespace, pipUrl, executable, capabilities, settings } = options;
  const given = definedOnly({ namespace, pipUrl, executable, capabilities, settings });
  const asks = process.stdin.isTTY === true || Object.keys(given).length === 0;
  const hint = 'Without a terminal, use --namespace, --pip-url, --executable, --capabilities and --settings.';
  const asker: Asker | undefined = asks ? createAsker(hint) : undefined;
  try {
    const plugins: NewPlugin[] = [];
    for (const { type, name, python } of wishes)
      plugins.push(await customFromAnswers(type, name, given, python, asker));
    return plugins;
  } finally {
    asker?.close();
  }
}

function learnMore({ content }: AddedPlugin['plugin']): string | undefined {
  const url = content.docs || content.repo;
  return typeof url === 'string' && url !== '' ? url : undefined;
}
