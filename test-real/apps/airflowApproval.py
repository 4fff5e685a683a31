"""What the step of approval leaves behind for each answer, by the operator as Airflow has it, and what the steps behind it are told."""

import json
import sys
from datetime import UTC, datetime

from airflow.dag_processing.dagbag import DagBag

folder = json.load(sys.stdin)["folder"]
dag = DagBag(dag_folder=folder, include_examples=False).dags["train-churn"]
task = dag.get_task("approve")
AT = datetime(2026, 12, 1, 3, 4, 5, tzinfo=UTC)
ANN = {"id": "7", "name": "ann@example.com"}


class Instance:
    def __init__(self):
        self.left = {}

    def xcom_push(self, key, value):
        self.left[key] = value

    def xcom_pull(self, task_ids, key):
        assert task_ids == "approve"
        return self.left.get(key)


def after(chosen, user):
    """What is left, how the task ended, and what its run's later steps are told."""
    instance, ended = Instance(), "passed"
    event = {"chosen_options": [chosen], "params_input": {}, "responded_at": AT, "responded_by_user": user}
    try:
        task.execute_complete({"ti": instance, "task": task}, event)
    except Exception as error:
        ended = type(error).__name__
    told = dag.user_defined_macros["answer"](instance)
    return {"ended": ended, "told": json.loads(told)}


variables = {
    step: {
        each["name"]: each.get("value")
        for container in dag.get_task(step).pod_template_dict["spec"]["containers"]
        for each in container.get("env", [])
    }.get("TRAINING_ANSWER")
    for step in ("register", "promote", "record")
}
found = {
    "approved": after("Approve", ANN),
    "rejected": after("Reject", ANN),
    "late": after("Approve", None),
    "variables": variables,
}
print("RESULT " + json.dumps(found))
