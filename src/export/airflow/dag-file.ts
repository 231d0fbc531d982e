/** A DAG as the text of a Python file, for Airflow 2 and 3. */
import type { Dag, Sensor, Task, TaskGroup } from './dag.js';
import { identifier, Names } from './names.js';
import { pythonDict, pythonList, pythonText } from './python.js';

/** By the second line a later export knows the files that are its own. */
export function dagFile(dag: Dag, ownMark: string): string {
  const { sensors } = dag;
  const tasks = variablesOf(dag);
  const joins: string[] = [];
  const order = orderLines(dag, tasks, joins);
  const head = [
    `# Made by \`tapline export airflow\`. Change meltano.yml and export again: changes in this file are lost.\n${ownMark}\n`,
    imports(dag, joins.length > 0),
  ];
  const definitions = [
    operatorClass,
    ...(sensors.some(({ cron }) => cron !== null) ? [latestRun] : []),
    `ENV = ${pythonDict(dag.env)}\n`,
    [header(dag), ...sensors.map(sensorText), ...joins.map(joinText), ...groupTexts(dag.groups, tasks), order]
      .filter((text) => text !== '')
      .join('\n'),
  ];
  return [head.join('\n'), ...definitions].join('\n\n');
}

function imports({ sensors, groups }: Dag, hasJoins: boolean): string {
  const isStepped = groups.some(({ stepId }) => stepId !== undefined);
  const hasSensors = sensors.length > 0;
  const waits = sensors.some(({ cron }) => cron !== null);
  const lines = [
    'from datetime import timedelta',
    '',
    'import pendulum',
    ...(waits
      ? ['from airflow.configuration import conf', 'from airflow.timetables.interval import CronDataIntervalTimetable']
      : []),
    '',
    'try:  # Airflow 3',
    `    from airflow.sdk import DAG${isStepped ? ', TaskGroup' : ''}`,
    'except ImportError:  # Airflow 2',
    '    from airflow import DAG',
    ...(isStepped ? ['    from airflow.utils.task_group import TaskGroup'] : []),
    'try:',
    '    from airflow.providers.standard.operators.bash import BashOperator',
    ...(hasJoins ? ['    from airflow.providers.standard.operators.empty import EmptyOperator'] : []),
    ...(hasSensors ? ['    from airflow.providers.standard.sensors.external_task import ExternalTaskSensor'] : []),
    'except ImportError:',
    '    from airflow.operators.bash import BashOperator',
    ...(hasJoins ? ['    from airflow.operators.empty import EmptyOperator'] : []),
    ...(hasSensors ? ['    from airflow.sensors.external_task import ExternalTaskSensor'] : []),
  ];
  return `${lines.join('\n')}\n`;
}

const operatorClass = `class TaplineOperator(BashOperator):
    """One command. What stands in it and in its variables is meant as it stands: nothing is a template."""

    template_fields = ()
    template_ext = ()
`;

/** Airflow gives a run the date when it is due (3), or the date before that (2, and 3 where it is told to). */
const latestRun = `def latest_run(cron, timezone):
    """The date of the last run of another DAG that was due when the run that asks was."""
    timetable = CronDataIntervalTimetable(cron, timezone)
    is_dated_by_interval = conf.getboolean("scheduler", "create_cron_data_intervals", fallback=True)

    def date(logical_date, data_interval_end=None, **_):
        due = pendulum.instance(data_interval_end or logical_date)
        last = timetable.infer_manual_data_interval(run_after=due)
        return last.start if is_dated_by_interval else last.end

    return date
`;

function header(dag: Dag): string {
  const { id, kind, name, cron, timezone, owner, retries, retryDelaySeconds, tags, maxAgeHours } = dag;
  const defaults = [
    `"owner": ${pythonText(owner)}`,
    `"retries": ${retries}`,
    `"retry_delay": ${timedelta(retryDelaySeconds)}`,
  ];
  return `with DAG(
    dag_id=${pythonText(id)},
    description=${pythonText(`The ${kind} ${name}`)},
    schedule=${cron === null ? 'None' : pythonText(cron)},
    start_date=pendulum.datetime(2024, 1, 1, tz=${pythonText(timezone)}),
    catchup=False,
    max_active_runs=1,
    default_args={${defaults.join(', ')}},
    tags=${pythonList(tags)},
${maxAgeHours === undefined ? '' : `    doc_md="Its data should be at most ${maxAgeHours} hours old.",\n`}) as dag:`;
}

function sensorText({ taskId, dagId, cron, timezone }: Sensor): string {
  return call(identifier(taskId), 'ExternalTaskSensor', '    ', [
    `task_id=${pythonText(taskId)}`,
    `external_dag_id=${pythonText(dagId)}`,
    ...(cron === null ? [] : [`execution_date_fn=latest_run(${pythonText(cron)}, ${pythonText(timezone)})`]),
    'allowed_states=["success"]',
    'failed_states=["failed"]',
    'mode="reschedule"',
    'poke_interval=60',
    `timeout=${12 * 3600}`,
  ]);
}

function joinText(name: string): string {
  return `    ${name} = EmptyOperator(task_id=${pythonText(name)})`;
}

/** The tasks of one run step stand together, under its name. A job may have no tasks, and Python wants a statement. */
function groupTexts(groups: readonly TaskGroup[], tasks: ReadonlyMap<Task, string>): string[] {
  if (groups.length === 0) return ['    pass\n'];
  let open: string | undefined;
  return groups.map(({ stepId, lanes }) => {
    const head = stepId === undefined || stepId === open ? [] : [`    with TaskGroup(group_id=${pythonText(stepId)}):`];
    open = stepId;
    const indent = stepId === undefined ? '    ' : '        ';
    return [...head, ...lanes.flat().map((task) => taskText(task, tasks.get(task) ?? '', indent))].join('\n');
  });
}

function taskText(task: Task, variable: string, indent: string): string {
  const { id, command, retries, retryDelaySeconds, timeoutSeconds } = task;
  return call(variable, 'TaplineOperator', indent, [
    `task_id=${pythonText(id)}`,
    `bash_command=${pythonText(command)}`,
    'env=ENV',
    'append_env=True',
    'do_xcom_push=False',
    ...(retries === undefined ? [] : [`retries=${retries}`]),
    ...(retryDelaySeconds === undefined ? [] : [`retry_delay=${timedelta(retryDelaySeconds)}`]),
    ...(timeoutSeconds === undefined ? [] : [`execution_timeout=${timedelta(timeoutSeconds)}`]),
  ]);
}

function call(variable: string, name: string, indent: string, args: readonly string[]): string {
  return `${indent}${variable} = ${name}(\n${args.map((arg) => `${indent}    ${arg},\n`).join('')}${indent})`;
}

function timedelta(seconds: number): string {
  return `timedelta(seconds=${seconds})`;
}

/** A name of Python for each task; `run_` keeps it from being one of the language. */
function variablesOf({ groups }: Dag): Map<Task, string> {
  const names = new Names();
  const tasks = groups.flatMap(({ lanes }) => lanes.flat());
  return new Map(tasks.map((task) => [task, names.unique(`run_${identifier(task.id)}`)]));
}

/** Which task follows which. Where several follow several, a task of nothing stands between; its name goes to `joins`. */
function orderLines({ sensors, groups }: Dag, tasks: ReadonlyMap<Task, string>, joins: string[]): string {
  const name = (task: Task | undefined) => (task === undefined ? [] : [tasks.get(task) ?? '']);
  const lines = groups.flatMap(({ lanes }) =>
    lanes.filter((lane) => lane.length > 1).map((lane) => lane.flatMap(name).join(' >> ')),
  );
  // What is outside of steps shares its names with them.
  const names = new Names();
  for (const taken of [...sensors.map(({ taskId }) => taskId), ...new Set(groups.map(({ stepId }) => stepId ?? ''))])
    names.unique(taken);
  const stages = [
    ...(sensors.length === 0 ? [] : [sensorsAsStage(sensors)]),
    ...groups.map(({ lanes }) => ({
      first: lanes.flatMap((lane) => name(lane[0])),
      last: lanes.flatMap((lane) => name(lane.at(-1))),
    })),
  ];
  for (const [index, { first }] of stages.entries()) {
    const before = stages[index - 1]?.last;
    if (before === undefined) continue;
    const links = [listed(before)];
    if (before.length > 1 && first.length > 1) {
      joins.push(identifier(names.unique(`join_${joins.length + 1}`)));
      links.push(...joins.slice(-1));
    }
    lines.push([...links, listed(first)].join(' >> '));
  }
  return lines.length === 0 ? '' : `\n${lines.map((line) => `    ${line}\n`).join('')}`;
}

function sensorsAsStage(sensors: readonly Sensor[]): { first: string[]; last: string[] } {
  const names = sensors.map(({ taskId }) => identifier(taskId));
  return { first: names, last: names };
}

function listed(names: readonly string[]): string {
  return names.length === 1 ? names.join('') : `[${names.join(', ')}]`;
}
