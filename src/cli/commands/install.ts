import type { Command } from 'commander';
import { didYouMean } from '../../did-you-mean.js';
import { TaplineError } from '../../errors.js';
import type { InstallEvent } from '../../install/types.js';
import type { Log } from '../../observe/log.js';
import type { OptionsOf } from '../../option-definition.js';
import type { Plugin, Plugins } from '../../plugins/types.js';
import type { Project } from '../../project/types.js';
import type { CommandContext } from '../context.js';
import { tellInstall, untilSignal } from '../install-progress.js';
import { addOptions, examples } from '../options/commander.js';
import { databaseUri, pluginType } from '../options/common.js';
import { installCommandDefinitions } from '../options/project.js';

const options = { ...pluginType, ...installCommandDefinitions, ...databaseUri } as const;
type Options = OptionsOf<typeof options>;

export function install(command: Command, { open }: CommandContext): Command {
  addOptions(command, options);
  return command
    .argument('[plugins...]', 'only these')
    .addHelpText(
      'after',
      examples('tapline install', 'tapline install tap-github --clean', 'tapline install --schedule nightly'),
    )
    .action(async (names: string[], options: Options) => {
      const session = await open({ policy: 'none', access: 'read', databaseUri: options.databaseUri });
      await session.fetchMissingLocks(names.length > 0 ? names : undefined);
      const plugins = await session.plugins();
      const chosen = choose(plugins, session.project, names, options);
      const log = await session.log();
      warnOfUnknown(names, plugins, log);
      log.info(`Installing ${chosen.length} plugins`);
      const installer = await session.installer();
      const { clean, force, parallelism } = options;
      const report = (event: InstallEvent) => tellInstall(event, log);
      const outcomes = await untilSignal((signal) =>
        installer.ensure(chosen, { mode: 'install', clean, force, parallelism, signal, report }),
      );
      const installed = outcomes.filter(({ status }) => status === 'installed' || status === 'current').length;
      log.info(`Installed ${installed}/${chosen.length} plugins`);
      const rest = chosen.length - installed;
      if (rest > 0) log.info(`Skipped installing ${rest}/${chosen.length} plugins`);
    });
}

/** As in the original, an unknown name is not an error: scripts install plugins that a project may not have. */
function warnOfUnknown(names: readonly string[], plugins: Plugins, log: Log): void {
  const known = plugins.names();
  for (const name of names.filter((each) => !known.includes(each))) {
    const near = didYouMean(name, known);
    log.warning(`plugin '${name}' not found${near === undefined ? '' : `. ${near}`}`, {
      code: 'PLUGIN_UNKNOWN',
    });
  }
}

function choose(
  plugins: Plugins,
  project: Project,
  names: readonly string[],
  { pluginType, schedule }: Options,
): Plugin[] {
  const needed = schedule === undefined ? undefined : pluginsOfSchedule(plugins, project, schedule);
  return plugins.list(pluginType).filter((plugin) => {
    if (names.length > 0 && !names.includes(plugin.name)) return false;
    return needed === undefined || needed.has(`${plugin.type}/${plugin.name}`);
  });
}

/** By type and name. Throws SCHEDULE_UNKNOWN, JOB_UNKNOWN. */
function pluginsOfSchedule(plugins: Plugins, project: Project, name: string): Set<string> {
  const schedule = project.schedules.find((candidate) => candidate.name === name);
  if (schedule === undefined) {
    const known = project.schedules.map((candidate) => candidate.name).join(', ');
    throw new TaplineError('SCHEDULE_UNKNOWN', `Schedule '${name}' does not exist.`, {
      hint: `Schedules of this project: ${known || 'none'}.`,
    });
  }
  const words = schedule.job === undefined ? [schedule.extractor, schedule.loader] : wordsOfJob(project, schedule.job);
  const found = words.flatMap((word) => {
    const plugin = word?.split(':')[0] ?? '';
    const mappings = plugins.mappings(plugin);
    return mappings.length > 0 ? mappings : [plugins.get(plugin)];
  });
  return new Set(found.map((plugin) => `${plugin.type}/${plugin.name}`));
}

function wordsOfJob(project: Project, name: string): string[] {
  const job = project.jobs.find((candidate) => candidate.name === name);
  if (job === undefined) throw new TaplineError('JOB_UNKNOWN', `Job '${name}' does not exist.`);
  return job.tasks.flat().flatMap((task) => task.split(/\s+/).filter((word) => word !== ''));
}
