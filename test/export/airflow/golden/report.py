# Made by `tapline export airflow`. Change meltano.yml and export again: changes in this file are lost.
# tapline-export: {"project":"shop","prefix":""}

from datetime import timedelta

import pendulum
from airflow.configuration import conf
from airflow.timetables.interval import CronDataIntervalTimetable

try:  # Airflow 3
    from airflow.sdk import DAG, TaskGroup
except ImportError:  # Airflow 2
    from airflow import DAG
    from airflow.utils.task_group import TaskGroup
try:
    from airflow.providers.standard.operators.bash import BashOperator
    from airflow.providers.standard.sensors.external_task import ExternalTaskSensor
except ImportError:
    from airflow.operators.bash import BashOperator
    from airflow.sensors.external_task import ExternalTaskSensor


class TaplineOperator(BashOperator):
    """One command. What stands in it and in its variables is meant as it stands: nothing is a template."""

    template_fields = ()
    template_ext = ()


def latest_run(cron, timezone):
    """The date of the last run of another DAG that was due when the run that asks was."""
    timetable = CronDataIntervalTimetable(cron, timezone)
    is_dated_by_interval = conf.getboolean("scheduler", "create_cron_data_intervals", fallback=True)

    def date(logical_date, data_interval_end=None, **_):
        due = pendulum.instance(data_interval_end or logical_date)
        last = timetable.infer_manual_data_interval(run_after=due)
        return last.start if is_dated_by_interval else last.end

    return date


ENV = {
    "MELTANO_ENVIRONMENT": "prod",
    "MELTANO_JOB_TRIGGER": "airflow",
}


with DAG(
    dag_id="report",
    description="The pipeline report",
    schedule="0 3 * * *",
    start_date=pendulum.datetime(2024, 1, 1, tz="Europe/Berlin"),
    catchup=False,
    max_active_runs=1,
    default_args={"owner": "tapline", "retries": 2, "retry_delay": timedelta(seconds=300)},
    tags=["tapline"],
) as dag:
    wait_for_multi_source_parallel = ExternalTaskSensor(
        task_id="wait_for_multi_source_parallel",
        external_dag_id="multi-source-parallel",
        execution_date_fn=latest_run("0 3 * * *", "Europe/Berlin"),
        allowed_states=["success"],
        failed_states=["failed"],
        mode="reschedule",
        poke_interval=60,
        timeout=43200,
    )
    with TaskGroup(group_id="transform"):
        run_dbt_run = TaplineOperator(
            task_id="dbt_run",
            bash_command="exec /usr/local/bin/tapline '--cwd=/opt/the project' run 'invoke dbt:run --models '\\''staging.*'\\'' '\\''marts.*'\\'''",
            env=ENV,
            append_env=True,
            do_xcom_push=False,
            execution_timeout=timedelta(seconds=1800),
        )
        run_dbt_test = TaplineOperator(
            task_id="dbt_test",
            bash_command="exec /usr/local/bin/tapline '--cwd=/opt/the project' run 'invoke dbt:test --fail-fast'",
            env=ENV,
            append_env=True,
            do_xcom_push=False,
            execution_timeout=timedelta(seconds=1800),
        )

    wait_for_multi_source_parallel >> run_dbt_run
    run_dbt_run >> run_dbt_test
