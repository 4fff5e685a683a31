"""A node, simulated: pods of Deployments run as processes, each at a loopback address of its own.

What it knows of a Deployment: replicas, labels, the first container's command, env with $(POD_IP) and $(POD_DIR), its readiness
probe, and volumes of ConfigMaps, whose mount paths are below the pod's folder. Linux only: elsewhere 127.0.0.1 is the only
loopback address.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import shutil
import signal
import subprocess
import threading
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from local_platform.kubernetes_api import KubernetesApi

EVERY_SECONDS = 0.25
#: After the end of a process, so that one that fails at once does not take the machine.
RESTART_SECONDS = 2.0
GRACE_SECONDS = 30.0


@dataclass
class Pod:
    name: str
    deployment: str
    template: dict[str, Any]
    ip: str
    folder: Path
    process: subprocess.Popen[bytes] | None = None
    restarts: int = -1
    ended_at: float = 0.0
    mounted: dict[str, str] = field(default_factory=dict)
    leaving: bool = False
    ready: bool = False
    #: Probes in a row that said no since the last yes.
    refusals: int = 0

    @property
    def container(self) -> dict[str, Any]:
        container: dict[str, Any] = self.template["spec"]["containers"][0]
        return container


class Node:
    def __init__(self, api: KubernetesApi, folder: Path, pids: Path | None = None) -> None:
        """`pids`: folder with a file named after the process of each pod, for whoever finds pods without their node."""
        self._api, self._folder, self._pids = api, folder, pids
        # Two nodes on one machine, such as two runs of the tests, meet at no address.
        self._network = f"127.{random.randint(20, 250)}.{random.randint(1, 250)}"
        self._hosts = itertools.cycle(range(10, 250))
        self._pods: list[Pod] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="node", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def address(self) -> str:
        """One that no pod has."""
        return f"{self._network}.{next(self._hosts)}"

    def pods(self, deployment: str) -> list[Pod]:
        return [pod for pod in self._pods if pod.deployment == deployment and not pod.leaving]

    def close(self) -> None:
        self._stop.set()
        self._thread.join()
        for pod in self._pods:
            self._signal(pod, signal.SIGTERM)
        for pod in self._pods:
            self._wait(pod)

    def _run(self) -> None:
        while not self._stop.wait(EVERY_SECONDS):
            deployments = {one["metadata"]["name"]: one["spec"] for one in self._api.listed("deployments")}
            for name, spec in deployments.items():
                self._scale(name, spec)
            for pod in list(self._pods):
                if pod.deployment not in deployments and not pod.leaving:
                    self._remove(pod)
                elif not pod.leaving:
                    self._keep(pod)

    def _scale(self, name: str, spec: dict[str, Any]) -> None:
        running = self.pods(name)
        for pod in running[spec["replicas"] :]:
            self._remove(pod)
        for _ in range(spec["replicas"] - len(running)):
            pod_name = f"{name}-{uuid.uuid4().hex[:5]}"
            self._pods.append(Pod(pod_name, name, spec["template"], self.address(), self._folder / pod_name))

    def _keep(self, pod: Pod) -> None:
        self._mount(pod)
        if pod.process is not None and pod.process.poll() is not None:
            pod.process, pod.ended_at = None, time.monotonic()
        if pod.process is None and (pod.restarts < 0 or time.monotonic() - pod.ended_at >= RESTART_SECONDS):
            self._begin(pod)
        self._tell(pod, ready=self._judge(pod, self._ready(pod)))

    def _mount(self, pod: Pod) -> None:
        names = {one["name"]: one["configMap"]["name"] for one in pod.template["spec"].get("volumes", [])}
        for mount in pod.container.get("volumeMounts", []):
            found = self._api.objects.get(("configmaps", names[mount["name"]]))
            for file, text in ((found or {}).get("data") or {}).items():
                path = f"{mount['mountPath']}/{file}"
                if pod.mounted.get(path) != text:
                    target = pod.folder / path
                    target.parent.mkdir(parents=True, exist_ok=True)
                    partial = target.with_name(f".{target.name}")
                    partial.write_text(text)
                    partial.replace(target)
                    pod.mounted[path] = text

    def _begin(self, pod: Pod) -> None:
        pod.folder.mkdir(parents=True, exist_ok=True)
        variables = {"$(POD_IP)": pod.ip, "$(POD_DIR)": str(pod.folder)}
        environment = {"PATH": os.environ["PATH"], "HOME": str(pod.folder)}
        for entry in pod.container.get("env", []):
            value = entry["value"]
            for variable, meaning in variables.items():
                value = value.replace(variable, meaning)
            environment[entry["name"]] = value
        with (pod.folder / "log").open("ab") as log:
            pod.process = subprocess.Popen(
                pod.container["command"],
                env=environment,
                cwd=pod.folder,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        pod.restarts += 1
        if self._pids:
            self._pids.mkdir(parents=True, exist_ok=True)
            (self._pids / str(pod.process.pid)).touch()

    def _judge(self, pod: Pod, answered: bool) -> bool:
        """A ready pod stays so until its probe has failed as often as it says; one without a process never is."""
        pod.refusals = 0 if answered else pod.refusals + 1
        threshold = pod.container["readinessProbe"].get("failureThreshold", 1)
        pod.ready = answered or (pod.ready and pod.process is not None and pod.refusals < threshold)
        return pod.ready

    def _ready(self, pod: Pod) -> bool:
        probe = pod.container["readinessProbe"]["httpGet"]
        if pod.process is None:
            return False
        try:
            with requests.Session() as session:
                session.trust_env = False
                return session.get(f"http://{pod.ip}:{probe['port']}{probe['path']}", timeout=2).ok
        except requests.RequestException:
            return False

    def _tell(self, pod: Pod, ready: bool) -> None:
        labels = pod.template["metadata"]["labels"]
        status = {
            "podIP": pod.ip,
            "conditions": [{"type": "Ready", "status": str(ready)}],
            "containerStatuses": [{"name": pod.container["name"], "restartCount": pod.restarts, "ready": ready}],
        }
        before = self._api.objects.get(("pods", pod.name))
        if before is None or before["status"] != json.loads(json.dumps(status)):
            self._api.put("pods", {"metadata": {"name": pod.name, "labels": labels}, "status": status})

    def _remove(self, pod: Pod) -> None:
        pod.leaving = True
        # Services forget the pod before its process is told to end.
        self._api.remove("pods", pod.name)
        self._signal(pod, signal.SIGTERM)
        threading.Thread(target=self._bury, args=(pod,), daemon=True).start()

    def _bury(self, pod: Pod) -> None:
        self._wait(pod)
        self._pods.remove(pod)
        shutil.rmtree(pod.folder / "tmp", ignore_errors=True)

    def _signal(self, pod: Pod, number: int) -> None:
        if pod.process is not None and pod.process.poll() is None:
            os.killpg(pod.process.pid, number)

    def _wait(self, pod: Pod) -> None:
        if pod.process is None:
            return
        try:
            pod.process.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self._signal(pod, signal.SIGKILL)
            pod.process.wait()
        if self._pids:
            (self._pids / str(pod.process.pid)).unlink(missing_ok=True)
