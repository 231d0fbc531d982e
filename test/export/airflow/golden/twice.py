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
    from airflow.providers.standard.operators.empty import EmptyOperator
    from airflow.providers.standard.sensors.external_task import ExternalTaskSensor
except ImportError:
    from airflow.operators.bash import BashOperator
    from airflow.operators.empty import EmptyOperator
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
    dag_id="twice",
    description="The pipeline twice",
    schedule="0 * * * *",
    start_date=pendulum.datetime(2024, 1, 1, tz="UTC"),
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
    wait_for_report = ExternalTaskSensor(
        task_id="wait_for_report",
        external_dag_id="report",
        execution_date_fn=latest_run("0 3 * * *", "Europe/Berlin"),
        allowed_states=["success"],
        failed_states=["failed"],
        mode="reschedule",
        poke_interval=60,
        timeout=43200,
    )
    join_1 = EmptyOperator(task_id="join_1")
    join_2 = EmptyOperator(task_id="join_2")
    with TaskGroup(group_id="parallel_extract"):
        run_tap_salesforce_target_warehouse = TaplineOperator(
            task_id="tap-salesforce_target-warehouse",
            bash_command="exec /usr/local/bin/tapline '--cwd=/opt/the project' run REGION=eu 'URL=https://$HOST/x' tap-salesforce target-warehouse",
            env=ENV,
            append_env=True,
            do_xcom_push=False,
        )
        run_tap_hubspot_target_warehouse = TaplineOperator(
            task_id="tap-hubspot_target-warehouse",
            bash_command="exec /usr/local/bin/tapline '--cwd=/opt/the project' run REGION=eu 'URL=https://$HOST/x' tap-hubspot target-warehouse --state-id-suffix=eu",
            env=ENV,
            append_env=True,
            do_xcom_push=False,
        )
        run_tap_stripe_hide_emails_target_warehouse = TaplineOperator(
            task_id="tap-stripe_hide-emails_target-warehouse",
            bash_command="exec /usr/local/bin/tapline '--cwd=/opt/the project' run REGION=eu 'URL=https://$HOST/x' tap-stripe hide-emails target-warehouse --full-refresh --select=orders '--exclude=orders.card no'",
            env=ENV,
            append_env=True,
            do_xcom_push=False,
            retries=5,
        )
    with TaskGroup(group_id="parallel_extract_2"):
        run_tap_salesforce_target_warehouse_2 = TaplineOperator(
            task_id="tap-salesforce_target-warehouse",
            bash_command="exec /usr/local/bin/tapline '--cwd=/opt/the project' run REGION=eu 'URL=https://$HOST/x' tap-salesforce target-warehouse",
            env=ENV,
            append_env=True,
            do_xcom_push=False,
        )
        run_tap_hubspot_target_warehouse_2 = TaplineOperator(
            task_id="tap-hubspot_target-warehouse",
            bash_command="exec /usr/local/bin/tapline '--cwd=/opt/the project' run REGION=eu 'URL=https://$HOST/x' tap-hubspot target-warehouse --state-id-suffix=eu",
            env=ENV,
            append_env=True,
            do_xcom_push=False,
        )
        run_tap_stripe_hide_emails_target_warehouse_2 = TaplineOperator(
            task_id="tap-stripe_hide-emails_target-warehouse",
            bash_command="exec /usr/local/bin/tapline '--cwd=/opt/the project' run REGION=eu 'URL=https://$HOST/x' tap-stripe hide-emails target-warehouse --full-refresh --select=orders '--exclude=orders.card no'",
            env=ENV,
            append_env=True,
            do_xcom_push=False,
            retries=5,
        )

    run_tap_salesforce_target_warehouse >> run_tap_hubspot_target_warehouse
    run_tap_salesforce_target_warehouse_2 >> run_tap_hubspot_target_warehouse_2
    [wait_for_multi_source_parallel, wait_for_report] >> join_1 >> [run_tap_salesforce_target_warehouse, run_tap_stripe_hide_emails_target_warehouse]
    [run_tap_hubspot_target_warehouse, run_tap_stripe_hide_emails_target_warehouse] >> join_2 >> [run_tap_salesforce_target_warehouse_2, run_tap_stripe_hide_emails_target_warehouse_2]
