"""What Airflow makes of a folder of DAG files: what it reads, what sensors wait for, how runs end. Answers in a file."""
import json
import subprocess
import sys
from datetime import datetime
from pathlib import Path

from airflow.version import version

question = json.loads(sys.argv[1])
is_two = version.startswith("2.")
if question.get("runs"):
    subprocess.run([sys.executable, "-m", "airflow", "db", "migrate"], check=True)

if is_two:
    from airflow.models.dagbag import DagBag
else:
    from airflow.dag_processing.dagbag import DagBag

bag = DagBag(question["folder"])
answer = {"version": version, "errors": bag.import_errors, "dags": {}, "awaited": [], "runs": []}
for dag in bag.dags.values():
    schedule = dag.schedule_interval if is_two else dag.schedule
    tasks = {task.task_id: sorted(task.downstream_task_ids) for task in dag.tasks}
    answer["dags"][dag.dag_id] = {"schedule": schedule, "timezone": str(dag.timezone), "tasks": tasks}

for asked in question.get("awaited", []):
    sensors = [task for task in bag.dags[asked["dag"]].tasks if type(task).__name__ == "ExternalTaskSensor"]
    context = {
        "logical_date": datetime.fromisoformat(asked["logicalDate"]),
        "execution_date": datetime.fromisoformat(asked["logicalDate"]),
        "data_interval_end": datetime.fromisoformat(asked["dataIntervalEnd"]),
    }
    dates = {task.task_id: task._get_dttm_filter(context)[0].isoformat() for task in sensors}
    answer["awaited"].append(dates)

for asked in question.get("runs", []):
    date = datetime.fromisoformat(asked["logicalDate"])
    dag_run = bag.dags[asked["dag"]].test(**{"execution_date" if is_two else "logical_date": date})
    tasks = {task.task_id: {"state": task.state, "tries": task.try_number} for task in dag_run.get_task_instances()}
    answer["runs"].append({"state": dag_run.state, "tasks": tasks})

Path(question["answer"]).write_text(json.dumps(answer))
