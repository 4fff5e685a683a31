"""Pods that the scheduler makes of tasks, however their DAGs override them; see airflowProcess.test.ts."""

import json
import sys

from airflow.executors import workloads
from airflow.models.dag import DagModel
from airflow.models.taskinstance import TaskInstance
from airflow.providers.cncf.kubernetes.pod_generator import (
    PodGenerator,
    PodMutationHookException,
    workload_to_command_args,
)
from airflow.utils.session import create_session
from kubernetes.client import ApiClient
from kubernetes.client import models as k8s
from sqlalchemy import select

asked = json.load(sys.stdin)
template = PodGenerator.deserialize_model_file(asked["template"])


def task(dag, name):
    with create_session() as session:
        found = session.scalars(
            select(TaskInstance).where(TaskInstance.dag_id == dag, TaskInstance.task_id == name)
        ).one()
        args = workload_to_command_args(workloads.ExecuteTask.make(found))
        return args, PodGenerator.from_obj(found.executor_config)


def made(args, override):
    try:
        pod = PodGenerator.construct_pod(
            dag_id="d",
            task_id="t",
            pod_id="p",
            try_number=1,
            map_index=-1,
            kube_image="platform:1",
            date=None,
            run_id="r",
            args=args,
            pod_override_object=override,
            base_worker_pod=template,
            namespace="airflow-tasks",
            scheduler_job_id="1",
            with_mutation_hook=True,
        )
    except PodMutationHookException as error:
        return repr(error.__cause__)
    spec = ApiClient().sanitize_for_serialization(pod.spec)
    for container in spec["containers"]:
        if container.get("args") == args:
            container["args"] = "as they were"
    return spec


def override(args=None, **spec):
    evil = k8s.V1Container(
        name="base", image="evil:1", command=["evil"], args=args, env=[k8s.V1EnvVar(name="PYTHONPATH", value="/evil")]
    )
    return k8s.V1Pod(spec=k8s.V1PodSpec(containers=[evil], **spec))


loop, own_loop = task("train-churn", "validate")
people, _ = task("own", "one")
answers = {
    "loop": made(loop, own_loop),
    "plain": made(people, None),
    "overridden": made(people, override()),
    "asking": made(people, override(service_account_name="airflow-loops")),
    "asking by the old name": made(people, override(service_account="airflow-loops")),
    "another command": made(
        people, override(["sh", "-c", "evil", "--json-string", loop[-1]], service_account_name="airflow-loops")
    ),
    "naming a loop's task": made(loop, override(loop, service_account_name="airflow-loops", host_network=True)),
    "nobody's task": made(
        [*people[:-1], people[-1].replace(json.loads(people[-1])["ti"]["id"], "0199a5a0-0000-7000-8000-000000000001")],
        override(service_account_name="airflow-loops"),
    ),
}
for path in ["../dags/own.py", "/dags/own.py", ".."]:
    away = json.dumps(json.loads(loop[-1]) | {"dag_rel_path": path})
    answers[f"a loop's task from {path}"] = made([*loop[:-1], away], own_loop)
theirs = json.loads(loop[-1])
assert theirs["bundle_info"]["name"] == "platform", theirs["bundle_info"]
theirs["bundle_info"]["name"] = json.loads(people[-1])["bundle_info"]["name"]
answers["a loop's task with people's code"] = made([*loop[:-1], json.dumps(theirs)], own_loop)
with create_session() as session:
    # As where people's DAG has taken the name of a loop's, whose run goes on.
    session.get(DagModel, "train-churn").bundle_name = theirs["bundle_info"]["name"]
renamed, _ = task("train-churn", "validate")
answers["a loop's task whose DAG is people's now"] = made(renamed, own_loop)
print("RESULT " + json.dumps(answers))
