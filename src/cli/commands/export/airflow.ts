import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import type { TaplineError } from '../../../errors.js';
import type { Dag } from '../../../export/airflow/dag.js';
import type { FilePlan, FolderPlan } from '../../../export/airflow/dag-folder.js';
import type { OptionsOf } from '../../../option-definition.js';
import type { Session } from '../../../session/session.js';
import type { CommandContext } from '../../context.js';
import { addOptions, examples } from '../../options/commander.js';
import { textOrJson } from '../../options/common.js';
import { airflowDefinitions } from '../../options/project.js';

const options = { ...airflowDefinitions, ...textOrJson } as const;
type Options = OptionsOf<typeof options>;

export function exportAirflow(command: Command, context: CommandContext): Command {
  addOptions(command, options);
  return command
    .usage('[options] [name...]')
    .argument('[names...]', 'only these pipelines, schedules and jobs; what is left over of others then stays')
    .addHelpText(
      'after',
      `${examples(
        'tapline --environment=prod export airflow',
        'tapline --environment=prod export airflow --output /opt/airflow/dags --project-dir /opt/project',
        'tapline --environment=prod export airflow --check',
        'tapline export airflow nightly --stdout',
      )}

Writes one file for each pipeline, each schedule and each job without a schedule, for Airflow 2 and 3. Exported files
whose pipeline, schedule or job no longer exists are removed; no other file is touched.`,
    )
    .action((names: string[], options: Options) => exportDags(names, options, context));
}

async function exportDags(names: string[], options: Options, context: CommandContext): Promise<void> {
  const { output, exit } = context;
  const [{ projectDags }, { planFolder, updateFolder }, session] = await Promise.all([
    import('../../../export/airflow/project-dags.js'),
    import('../../../export/airflow/dag-folder.js'),
    openForExport(context),
  ]);
  const { project } = session;
  const projectFolder = options.projectDir === undefined ? project.root : resolve(options.projectDir);
  const program =
    options.program === undefined ? [process.execPath, resolve(process.argv[1] ?? '')] : [options.program];
  const { prefix } = options;
  const deployment = { program, projectFolder };
  const broken: TaplineError[] = [];
  const onBroken = (error: TaplineError) => void broken.push(error);
  const dags = await projectDags({ project, plugins: await session.plugins(), deployment, prefix, names, onBroken });
  for (const { code, message, hint, at } of broken) (await session.log()).error(message, { code, hint, at });
  if (broken.length > 0) exit(1);
  const folder = options.output === undefined ? join(project.root, 'orchestrate', 'dags') : resolve(options.output);
  const owner = { project: project.projectId ?? projectFolder, prefix };
  const plan = await planFolder(folder, dags, owner, names.length === 0 && broken.length === 0);
  await warnOf(dags, session);
  if (options.stdout) {
    output.text(plan.files.map(({ text }) => text).join('\n'));
    return;
  }
  const isDry = options.dryRun === true || options.check === true;
  if (!isDry) await updateFolder(plan);
  if (options.format === 'json') output.json(summaryOf(plan, session, isDry));
  else for (const line of linesOf(plan, isDry)) output.line(line);
  const isCurrent = plan.leftOver.length === 0 && plan.files.every(({ change }) => change === 'unchanged');
  if (options.check && !isCurrent) exit(1);
}

/** `run` requires an environment, `el` does not: the export must match what runs. */
async function openForExport({ open }: CommandContext): Promise<Session> {
  const options = { access: 'read', quiet: true } as const;
  const session = await open({ ...options, policy: 'default' });
  const { environment, pipelines, jobs } = session.project;
  if (environment !== undefined || pipelines.length + jobs.length === 0) return session;
  return open({ ...options, policy: 'required' });
}

async function warnOf(dags: readonly Dag[], session: Session): Promise<void> {
  const log = await session.log();
  if (dags.length === 0) log.warning('nothing to export: the project has no pipelines, schedules or jobs');
  for (const { name, sensors } of dags) {
    for (const { dagId, cron } of sensors) {
      if (cron !== null) continue;
      log.warning(
        `'${name}' waits for '${dagId}', which has no interval: runs match only if they have exactly the same date`,
        {
          hint: `Give '${dagId}' an interval, or trigger both with the same date.`,
        },
      );
    }
  }
}

const words = {
  done: { new: 'Wrote', changed: 'Wrote', unchanged: 'Kept', leftOver: 'Removed' },
  dry: { new: 'Would write', changed: 'Would write', unchanged: 'Would keep', leftOver: 'Would remove' },
} as const;

function linesOf({ folder, files, leftOver }: FolderPlan, isDry: boolean): string[] {
  const say = isDry ? words.dry : words.done;
  return [
    ...files.map(({ file, change, dag }) => `${say[change]} ${join(folder, file)} (${dag.kind} ${dag.name})`),
    ...leftOver.map((file) => `${say.leftOver} ${join(folder, file)}: no longer in the project`),
  ];
}

function summaryOf({ folder, files, leftOver }: FolderPlan, { project }: Session, isDry: boolean): unknown {
  return {
    folder,
    environment: project.environment?.name ?? null,
    dry_run: isDry,
    dags: files.map(dagEntry),
    removed: leftOver,
  };
}

function dagEntry({ file, change, dag }: FilePlan): Record<string, unknown> {
  const { id, kind, name, cron, timezone, sensors, groups } = dag;
  return {
    dag_id: id,
    kind,
    name,
    file,
    change,
    schedule: cron,
    timezone,
    after: sensors.map(({ dagId }) => dagId),
    tasks: groups.flatMap(({ lanes }) => lanes.flat()).length,
  };
}
