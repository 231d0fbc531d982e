# Made by `tapline export airflow`. Change meltano.yml and export again: changes in this file are lost.
# tapline-export: {"project":"shop","prefix":""}

from datetime import timedelta

import pendulum

try:  # Airflow 3
    from airflow.sdk import DAG
except ImportError:  # Airflow 2
    from airflow import DAG
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
    "A": "$B",
}


with DAG(
    dag_id="nightly",
    description="The schedule nightly",
    schedule="0 0 * * *",
    start_date=pendulum.datetime(2024, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    default_args={"owner": "tapline", "retries": 2, "retry_delay": timedelta(seconds=300)},
    tags=["tapline"],
) as dag:
    run_tap_salesforce_target_warehouse = TaplineOperator(
        task_id="tap-salesforce_target-warehouse",
        bash_command="exec /usr/local/bin/tapline '--cwd=/opt/the project' run tap-salesforce target-warehouse",
        env=ENV,
        append_env=True,
        do_xcom_push=False,
    )
    run_tap_stripe_target_warehouse = TaplineOperator(
        task_id="tap-stripe_target-warehouse",
        bash_command="exec /usr/local/bin/tapline '--cwd=/opt/the project' run tap-stripe target-warehouse",
        env=ENV,
        append_env=True,
        do_xcom_push=False,
    )
    run_tap_stripe_target_warehouse_2 = TaplineOperator(
        task_id="tap-stripe_target-warehouse_2",
        bash_command="exec /usr/local/bin/tapline '--cwd=/opt/the project' run tap-stripe target-warehouse",
        env=ENV,
        append_env=True,
        do_xcom_push=False,
    )
    run_dbt_run = TaplineOperator(
        task_id="dbt_run",
        bash_command="exec /usr/local/bin/tapline '--cwd=/opt/the project' run dbt:run",
        env=ENV,
        append_env=True,
        do_xcom_push=False,
    )

    run_tap_stripe_target_warehouse >> run_tap_stripe_target_warehouse_2
    [run_tap_salesforce_target_warehouse, run_tap_stripe_target_warehouse_2] >> run_dbt_run
