"""The platform's DAGs with Kubernetes simulated: the containers of a pod run as processes of this machine, one after the other.

For a folder of DAGs of its own. SIMULATED_CLUSTER names a file: commands by image, and variables by name of ConfigMap or Secret.
"""

import json
import os
import subprocess
import tempfile
from pathlib import Path
from types import SimpleNamespace

import training_loops
from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from kubernetes.client import ApiClient

cluster = json.loads(Path(os.environ["SIMULATED_CLUSTER"]).read_text())


def run_pod(self, context):
    # Building a pod asks the connection to the cluster only whether it comes from inside.
    self.__dict__["hook"] = SimpleNamespace(is_in_cluster=True)
    pod = ApiClient().sanitize_for_serialization(self.build_pod_request_obj(context))
    spec = pod["spec"]
    with tempfile.TemporaryDirectory() as root:
        for container in [*spec.get("initContainers", []), *spec["containers"]]:
            run_container(container, pod, root, self)


def run_container(container, pod, root, task):
    variables = {each["name"]: each.get("value", "") for each in container.get("env", [])}
    for source in container.get("envFrom", []):
        variables |= cluster["variables"][next(iter(source.values()))["name"]]
    command = cluster["images"][container["image"]]
    with open(cluster["log"], "a", encoding="utf-8") as log:
        log.write(json.dumps({"pod": pod["metadata"]["labels"], "container": container["name"]}) + "\n")
        log.flush()
        ended = subprocess.run(
            [*command["run"], *container["args"]],
            env={
                "PATH": os.environ["PATH"],
                "HOME": cluster["home"],
                **command["env"],
                **variables,
                "TRAINING_ROOT": root,
            },
            cwd=cluster["home"],
            stdout=log,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if ended.returncode in task.skip_on_exit_code:
        raise AirflowSkipException(f"container {container['name']} has nothing to do")
    if container["name"] == "base" and ended.returncode == task.final_on_exit_code:
        raise AirflowFailException(f"step {task.task_id} has said its last word")
    if ended.returncode != 0:
        raise RuntimeError(f"container {container['name']} ended with {ended.returncode}")


KubernetesPodOperator.execute = run_pod
globals().update({name: dag for name, dag in vars(training_loops).items() if name.startswith(("train-", "check-"))})
