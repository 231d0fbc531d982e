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
}


with DAG(
    dag_id="spare",
    description="The job spare",
    schedule=None,
    start_date=pendulum.datetime(2024, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    default_args={"owner": "tapline", "retries": 2, "retry_delay": timedelta(seconds=300)},
    tags=["tapline"],
) as dag:
    run_dbt_test = TaplineOperator(
        task_id="dbt_test",
        bash_command="exec /usr/local/bin/tapline '--cwd=/opt/the project' run dbt:test",
        env=ENV,
        append_env=True,
        do_xcom_push=False,
    )