"""Parses the DAG of a file as Airflow does, runs its tasks in order, and prints what they return."""

from __future__ import annotations

import json
import sys

from airflow.dag_processing.dagbag import DagBag

bag = DagBag(sys.argv[1])
if bag.import_errors:
    sys.exit(str(bag.import_errors))
[dag] = bag.dags.values()
print(json.dumps({task.task_id: sorted(task.downstream_task_ids) for task in dag.tasks}))
create, wait, train = (dag.task_dict[name].python_callable for name in ("create", "wait", "train"))
name = create(run_id="manual__1")
assert create(run_id="manual__1") == name, "a repeated task finds its sweep"
seen = wait(name)
print(json.dumps({"name": name, "is_done": seen.is_done, "best": seen.xcom_value}))
if seen.is_done:
    train(seen.xcom_value)
