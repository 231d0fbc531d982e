# Made by `tapline export airflow`. Change meltano.yml and export again: changes in this file are lost.
# tapline-export: {"project":"shop","prefix":""}

from datetime import timedelta

import pendulum

try:  # Airflow 3
    from airflow.sdk import DAG, TaskGroup
except ImportError:  # Airflow 2
    from airflow import DAG
    from airflow.utils.task_group import TaskGroup
try:
    from airflow.providers.standard.operators.bash import BashOperator
except ImportError:
    from airflow.operators.bash import BashOperator


class TaplineOperator(BashOperator):
    """One command. What stands in it and in its variables is meant as it stands: nothing is a template."""

    template_fields = ()
    template_ext = ()


ENV = {
    "MELTANO_ENVIRONMENT": "prod",
    "MELTANO_JOB_TRIGGER": "airflow",
}


with DAG(
    dag_id="multi-source-parallel",
    description="The pipeline multi-source-parallel",
    schedule="0 3 * * *",
    start_date=pendulum.datetime(2024, 1, 1, tz="Europe/Berlin"),
    catchup=False,
    max_active_runs=1,
    default_args={"owner": "data-team", "retries": 1, "retry_delay": timedelta(seconds=30)},
    tags=["tapline", "sales"],
    doc_md="Its data should be at most 26 hours old.",
) as dag:
    with TaskGroup(group_id="parallel_extract"):
        run_tap_salesforce_target_warehouse = TaplineOperator(
            task_id="tap-salesforce_target-warehouse",
            bash_command="exec /usr/local/bin/tapline '--cwd=/opt/the project' run TEAM=sales REGION=eu 'URL=https://$HOST/x' tap-salesforce target-warehouse",
            env=ENV,
            append_env=True,
            do_xcom_push=False,
        )
        run_tap_hubspot_target_warehouse = TaplineOperator(
            task_id="tap-hubspot_target-warehouse",
            bash_command="exec /usr/local/bin/tapline '--cwd=/opt/the project' run TEAM=sales REGION=eu 'URL=https://$HOST/x' tap-hubspot target-warehouse --state-id-suffix=eu",
            env=ENV,
            append_env=True,
            do_xcom_push=False,
        )
        run_tap_stripe_hide_emails_target_warehouse = TaplineOperator(
            task_id="tap-stripe_hide-emails_target-warehouse",
            bash_command="exec /usr/local/bin/tapline '--cwd=/opt/the project' run TEAM=sales REGION=eu 'URL=https://$HOST/x' tap-stripe hide-emails target-warehouse --full-refresh --select=orders '--exclude=orders.card no'",
            env=ENV,
            append_env=True,
            do_xcom_push=False,
            retries=5,
        )
    with TaskGroup(group_id="transform"):
        run_dbt_run = TaplineOperator(
            task_id="dbt_run",
            bash_command="exec /usr/local/bin/tapline '--cwd=/opt/the project' run TEAM=sales REGION=us 'invoke dbt:run --models '\\''staging.*'\\'' '\\''marts.*'\\'''",
            env=ENV,
            append_env=True,
            do_xcom_push=False,
            execution_timeout=timedelta(seconds=1800),
        )
        run_dbt_test = TaplineOperator(
            task_id="dbt_test",
            bash_command="exec /usr/local/bin/tapline '--cwd=/opt/the project' run TEAM=sales REGION=us 'invoke dbt:test --fail-fast'",
            env=ENV,
            append_env=True,
            do_xcom_push=False,
            execution_timeout=timedelta(seconds=1800),
        )

    run_tap_salesforce_target_warehouse >> run_tap_hubspot_target_warehouse
    [run_tap_hubspot_target_warehouse, run_tap_stripe_hide_emails_target_warehouse] >> run_dbt_run
    run_dbt_run >> run_dbt_test
