"""Where a task runs: a pod on a class of nodes in the cluster, a process where Airflow runs on one machine; the same DAG in both.

The platform tells Airflow's pods the classes of nodes (AIRFLOW_VAR_NODE_CLASSES). Executors that start no pods pass over
`executor_config`, so nothing here asks where it runs.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

from airflow.sdk import task
from kubernetes.client import models as k8s

#: With the libraries of models, which Airflow's own environment must not have: its pins would be theirs.
TRAINING_PYTHON = os.environ.get("TRAINING_PYTHON", "/opt/training/bin/python")
#: Has the rights of tasks: logs, and what the stack grants beside them.
SERVICE_ACCOUNT = "airflow-worker"
#: So many training tasks run at a time as the pool has slots; the others wait without a pod.
POOL = "training"


class UnknownNodeClass(ValueError):
    """The DAG asks for nodes that the stack does not have."""


def on_nodes(
    node_class: str = "training", *, cpu: str = "500m", memory_mib: int = 1536, gpus: int = 0
) -> dict[str, Any]:
    """`executor_config` of a task that runs in a pod of its own, of this size, on such nodes.

    `memory_mib` is request and limit. @raises UnknownNodeClass, which Airflow shows as an import error of the DAG
    """
    placement = _node_class(node_class)
    limits = {"memory": f"{memory_mib}Mi", **({"nvidia.com/gpu": str(gpus)} if gpus else {})}
    return {
        "pod_override": k8s.V1Pod(
            metadata=k8s.V1ObjectMeta(labels={"mlplatform/node-class": node_class}),
            spec=k8s.V1PodSpec(
                service_account_name=SERVICE_ACCOUNT,
                node_selector=placement.get("nodeSelector") or None,
                tolerations=[_toleration(each) for each in placement.get("tolerations", [])] or None,
                containers=[
                    k8s.V1Container(
                        name="base",  # What Airflow calls the container that a task runs in.
                        resources=k8s.V1ResourceRequirements(requests={**limits, "cpu": cpu}, limits=limits),
                    )
                ],
            ),
        )
    }


def training_step(step: Callable[..., Any], *, node_class: str = "training", **more: Any) -> Callable[..., Any]:
    """A task that runs `step` with the libraries of models. `step` stands for itself: it imports what it needs."""
    size = {key: more.pop(key) for key in ("cpu", "memory_mib", "gpus") if key in more}
    return task.external_python(
        python=TRAINING_PYTHON,
        expect_airflow=False,
        executor_config=on_nodes(node_class, **size),
        **{"task_id": step.__name__, "pool": POOL, **more},
    )(step)


def _node_class(name: str) -> dict[str, Any]:
    known: dict[str, dict[str, Any]] = json.loads(os.environ.get("AIRFLOW_VAR_NODE_CLASSES", "{}"))
    if known and name not in known:
        raise UnknownNodeClass(f"there is no class of nodes {name!r}, only: {', '.join(sorted(known))}")
    return known.get(name, {})


def _toleration(given: dict[str, Any]) -> k8s.V1Toleration:
    seconds = given.get("tolerationSeconds")
    plain = {key: given.get(key) for key in ("key", "operator", "value", "effect")}
    return k8s.V1Toleration(**plain, toleration_seconds=seconds)
