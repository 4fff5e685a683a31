"""
What the step of approval leaves behind for each answer, by the operator as Airflow has it, what the steps behind it are told, and
after which ends of their pods they are tried again.
"""

import json
import sys
from datetime import UTC, datetime

from airflow.dag_processing.dagbag import DagBag
from kubernetes.client import models as k8s

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


def silence():
    """As the trigger says it when nobody has answered in time."""
    event = {"error": "The timeout has passed", "error_type": "timeout"}
    try:
        task.execute_complete({"ti": Instance(), "task": task}, event)
    except Exception as error:
        return type(error).__name__


def ends(step, code):
    """How Airflow's task ends when the last container of the step's pod has ended so; none of a pod that never came so far."""
    watching = dag.get_task(step)
    # What asks the cluster.
    watching.patch_already_checked = watching.process_pod_deletion = lambda *_, **__: None
    watching.is_istio_enabled = lambda _: False
    ended = []
    if code is not None:
        state = k8s.V1ContainerState(terminated=k8s.V1ContainerStateTerminated(exit_code=code))
        ended = [
            k8s.V1ContainerStatus(name="base", image="", image_id="", ready=False, restart_count=0, state=state),
        ]
    status = k8s.V1PodStatus(phase="Succeeded" if code == 0 else "Failed", container_statuses=ended)
    made = k8s.V1Pod(metadata=k8s.V1ObjectMeta(name="made-up"), status=status)
    try:
        watching.cleanup(made, made)
    except Exception as error:
        return type(error).__name__
    return "passed"


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
    "silent": silence(),
    "variables": variables,
    "retries": {step: dag.get_task(step).retries for step in ("approve", "promote", "record")},
    "ends": {step: [ends(step, code) for code in (0, 1, 2, 137, 99, None)] for step in ("record", "train")},
}
print("RESULT " + json.dumps(found))
