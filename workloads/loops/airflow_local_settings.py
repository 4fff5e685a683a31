"""Asked by Airflow's scheduler of each pod that it is about to make for a task.

A DAG says in `executor_config` what its tasks' pods are like, and what it says is merged last: service account, image, even the
arguments. So who may have the service account that starts pods of training loops is decided by what the scheduler itself has in its
database and by what the pod is told to run, and such a pod is built anew from the platform's template.
"""

from __future__ import annotations

import json
from pathlib import PurePosixPath
from typing import Any

#: Airflow takes every other name of this module as a setting of its own.
__all__ = ["pod_mutation_hook"]

#: Of tasks of the platform's DAGs, and of no others.
LAUNCHER = "airflow-loops"
#: The platform's own DAGs are in it, which people cannot write to.
BUNDLE = "platform"
COMMAND = ["python", "-m", "airflow.sdk.execution_time.execute_workload", "--json-string"]


def pod_mutation_hook(pod: Any) -> None:
    """Leaves pods alone that do not ask for the launcher. @raises PermissionError, upon which the scheduler fails the task"""
    if LAUNCHER not in (pod.spec.service_account_name, pod.spec.service_account):
        return
    args = next((each.args for each in pod.spec.containers if each.name == "base"), None) or []
    if args[:-1] != COMMAND or not of_platform(json.loads(args[-1])):
        raise PermissionError(f"only DAGs of the platform run as {LAUNCHER}; leave service_account_name out")
    spec = from_template()
    spec.service_account_name = LAUNCHER
    base = spec.containers[0]
    base.args = args
    base.env = [*(base.env or []), {"name": "AIRFLOW_IS_K8S_EXECUTOR_POD", "value": "True"}]
    pod.spec = spec


def of_platform(workload: dict[str, Any]) -> bool:
    """Whether what the pod runs, and the task that it was made for, are the platform's.

    The pod loads a file of the bundle that `bundle_info` names, which Airflow takes from the DAG as it is now; the task's own version may
    be of another bundle, if another DAG has taken the name meanwhile. A path could lead out of the bundle; its files are in no folder.
    """
    path = workload["dag_rel_path"]
    loaded = workload["bundle_info"]["name"] == BUNDLE and PurePosixPath(path).name == path != ".."
    return loaded and bundle_of(workload["ti"]["id"]) == BUNDLE


def bundle_of(task_instance_id: str) -> str | None:
    """Where the version of the DAG came from that this task was made of."""
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.session import create_session

    with create_session() as session:
        found = session.get(TaskInstance, task_instance_id)
        version = found.dag_version if found is not None else None
        return version.bundle_name if version is not None else None


def from_template() -> Any:
    from airflow.configuration import conf
    from airflow.providers.cncf.kubernetes.pod_generator import PodGenerator

    return PodGenerator.deserialize_model_file(conf.get("kubernetes_executor", "pod_template_file")).spec
