"""Reads a DAG file without Airflow, and prints as JSON what its operators were made with."""
import json
import sys
from datetime import timedelta
from types import ModuleType

made = {"dag": {}, "tasks": [], "links": []}


class Node:
    def __init__(self, **arguments):
        made["tasks"].append({"class": type(self).__name__, **arguments})
        self.name = arguments["task_id"]

    def __rshift__(self, after):
        made["links"].append([names(self), names(after)])
        return after

    def __rrshift__(self, before):
        made["links"].append([names(before), names(self)])
        return self


def names(nodes):
    return [node.name for node in nodes] if isinstance(nodes, list) else [nodes.name]


class Scope:
    def __init__(self, **arguments):
        if "dag_id" in arguments:
            made["dag"] = arguments

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


def module(name, **members):
    for end in range(1, name.count(".") + 2):
        sys.modules.setdefault(".".join(name.split(".")[:end]), ModuleType(name))
    vars(sys.modules[name]).update(members)


class Conf:
    def getboolean(self, *_, fallback):
        return fallback


module("pendulum", datetime=lambda *_, tz: tz, instance=lambda date: date)
module("airflow.configuration", conf=Conf())
module("airflow.timetables.interval", CronDataIntervalTimetable=lambda *arguments: arguments)
module("airflow.sdk", DAG=Scope, TaskGroup=Scope)
for kind in ("bash", "empty"):
    module(f"airflow.providers.standard.operators.{kind}")
module("airflow.providers.standard.sensors.external_task", ExternalTaskSensor=type("ExternalTaskSensor", (Node,), {}))
vars(sys.modules["airflow.providers.standard.operators.bash"])["BashOperator"] = type("BashOperator", (Node,), {})
vars(sys.modules["airflow.providers.standard.operators.empty"])["EmptyOperator"] = type("EmptyOperator", (Node,), {})

exec(compile(sys.stdin.read(), "dag.py", "exec"), {"__name__": "dag"})
print(json.dumps(made, default=lambda value: value.total_seconds() if isinstance(value, timedelta) else str(value)))
