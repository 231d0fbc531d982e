/** Which plugins an install is for. */
import { TaplineError } from '../../errors.js';
import type { Plugin, Plugins } from '../../plugins/types.js';
import type { PluginType, Project } from '../../project/types.js';
import type { Session } from '../../session/session.js';

/** All plugins, or those of these names, of this type, that this schedule needs. Throws SCHEDULE_UNKNOWN, JOB_UNKNOWN. */
export async function pluginsToInstall(
  session: Session,
  names: readonly string[],
  { type, schedule }: { type?: PluginType | undefined; schedule?: string | undefined } = {},
): Promise<Plugin[]> {
  await session.fetchMissingLocks(names.length > 0 ? names : undefined);
  const plugins = await session.plugins();
  const needed = schedule === undefined ? undefined : pluginsOfSchedule(plugins, session.project, schedule);
  return plugins.list(type).filter((plugin) => {
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
