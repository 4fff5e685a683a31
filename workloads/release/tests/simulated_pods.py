"""Pods of a model server, simulated: they do what release.json says, count as the server does, and answer /metrics."""

from __future__ import annotations

import itertools
import json
import threading
import uuid
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from local_platform.kubernetes_api import KubernetesApi

BOUNDS = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0)
ADDRESSES = itertools.count(1)
# What the pods' image is called in release.json.
IMAGE = "image-1"


@dataclass
class Behaviour:
    """What a version does with the requests it gets."""

    loads: bool = True
    # Whether the pods' image has the packages that it asks for.
    fits: bool = True
    reason: str = "cannot be loaded"
    fails_every: int = 0
    seconds: float = 0.02


class Pod:
    def __init__(self, name: str, track: str, port: int) -> None:
        self.name, self.track = name, track
        number = next(ADDRESSES)
        self.ip = f"127.{10 + number // 60000}.{number // 250 % 240}.{number % 250 + 1}"
        self.version: str | None = None
        # Each version that was loaded, with the address of its packages.
        self.loaded: list[tuple[str, str | None]] = []
        self.mute = False
        # What its kubelet brought last, and upon which annotation.
        self.brought: dict[str, Any] | None = None
        self.upon: str | None = "none yet"
        self.restarts = -1
        self.restart()
        self._server = ThreadingHTTPServer((self.ip, port), metrics_of(self))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def restart(self) -> None:
        """The server in the pod begins anew: its counters are at 0 again."""
        self.version = self.packages = None
        self.undecided = False
        self.restarts += 1
        self.registry = CollectorRegistry()
        self.info = Gauge(
            "model_server_model_info", "", ["model", "version", "run_id", "track"], registry=self.registry
        )
        self.load_failures = Counter(
            "model_server_model_load_failures", "", ["model", "version"], registry=self.registry
        )
        self.load_failure = Gauge(
            "model_server_model_load_failure_info", "", ["model", "version", "reason"], registry=self.registry
        )
        self.canary = Counter(
            "model_server_canary_requests", "", ["model", "version", "outcome"], registry=self.registry
        )
        self.canary_seconds = Histogram(
            "model_server_canary_duration_seconds", "", ["model", "version"], buckets=BOUNDS, registry=self.registry
        )

    def follow(self, model: str, entry: dict[str, Any] | None, behaviours: dict[str, Behaviour]) -> None:
        """What the server does with its entry of release.json."""
        if entry is None:
            if self.undecided:  # It was taken back before anybody knew its packages.
                self.version, self.undecided = None, False
                self.info.clear()
            return
        version: str = entry["version"]
        told = entry.get("environments", [])
        own = next((one for one in told if one["image"] == IMAGE), None)
        self.undecided = own is None and {"image": "pending"} in told
        packages = (own or {}).get("uri")
        if version == self.version and (self.undecided or packages == self.packages):
            return
        behaviour = behaviours.get(version, Behaviour())
        waits = not behaviour.fits if self.undecided else bool(told) and own is None
        if waits or not behaviour.loads:
            # Servers of before count also what only waits.
            why = "its packages are being looked for" if waits else f"version {version} {behaviour.reason}"
            self.load_failures.labels(model, version).inc()
            self.load_failure.labels(model, version, why).set(1)
            return
        self.info.clear()
        self.info.labels(model, version, "", self.track).set(1)
        self.version, self.packages = version, packages
        self.loaded.append((version, packages))

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def metrics_of(pod: Pod) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            data = generate_latest(pod.registry)
            self.send_response(503 if pod.mute else 200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None:
            pass

    return Handler


@dataclass
class SimulatedModel:
    """The Deployments `<name>` and `<name>-canary`, and what a kubelet would do about them."""

    api: KubernetesApi
    name: str = "churn"
    port: int = 19090
    replicas: int = 2
    behaviours: dict[str, Behaviour] = field(default_factory=dict)
    pods: dict[str, list[Pod]] = field(default_factory=lambda: {"stable": [], "canary": []})
    # Every content that release.json has had.
    files: list[dict[str, Any]] = field(default_factory=list)
    # Whether a kubelet brings a new file to pods only when they change, as it does within the first minute.
    only_when_told: bool = False
    _turn: int = 0

    def deploy(self) -> None:
        for track, replicas in (("stable", self.replicas), ("canary", 0)):
            labels = {"app": self.name, "track": track}
            self.api.put(
                "deployments",
                {
                    "metadata": {"name": self.deployment(track)},
                    "spec": {"replicas": replicas, "selector": {"matchLabels": labels}},
                },
            )

    def deployment(self, track: str) -> str:
        return self.name if track == "stable" else f"{self.name}-canary"

    def wanted(self, track: str) -> int:
        replicas: int = self.api.get("deployments", self.deployment(track))["spec"]["replicas"]
        return replicas

    def file(self) -> dict[str, Any] | None:
        found = self.api.objects.get(("configmaps", f"{self.name}-release"))
        return (
            json.loads(found["data"]["release.json"]) if found and "release.json" in (found.get("data") or {}) else None
        )

    def annotation(self, name: str) -> Any:
        return json.loads(self.api.get("configmaps", f"{self.name}-release")["metadata"]["annotations"][name])

    def tick(self) -> None:
        """Pods come, go and load what they are told to."""
        told = self.file()
        if told is not None and (not self.files or self.files[-1] != told):
            self.files.append(told)
        for track, pods in self.pods.items():
            while len(pods) > self.wanted(track):
                gone = pods.pop()
                gone.close()
                self.api.remove("pods", gone.name)
            while len(pods) < self.wanted(track):
                pods.append(Pod(f"{self.deployment(track)}-{uuid.uuid4().hex[:5]}", track, self.port))
            for pod in pods:
                pod.follow(self.name, (self._brought(pod, told) or {}).get(track), self.behaviours)
                self._show(pod, pod.version is not None)

    def _annotations(self, pod: Pod) -> dict[str, str]:
        found = self.api.objects.get(("pods", pod.name))
        return (found["metadata"].get("annotations") or {}) if found else {}

    def _brought(self, pod: Pod, told: dict[str, Any] | None) -> dict[str, Any] | None:
        """The file as the pod sees it: at its start, and from then on at once or when the pod itself changes."""
        upon = self._annotations(pod).get("mlplatform/release-file")
        if not self.only_when_told or upon != pod.upon:
            pod.brought, pod.upon = told, upon
        return pod.brought

    def _show(self, pod: Pod, ready: bool) -> None:
        self.api.put(
            "pods",
            {
                "metadata": {
                    "name": pod.name,
                    "labels": {"app": self.name, "track": pod.track},
                    "annotations": self._annotations(pod),
                },
                "status": {
                    "podIP": pod.ip,
                    "conditions": [{"type": "Ready", "status": str(ready)}],
                    "containerStatuses": [
                        {"name": "server", "restartCount": pod.restarts, "ready": ready, "image": "i", "imageID": "i"}
                    ],
                },
            },
        )

    def traffic(self, requests: int) -> None:
        """Requests to the stable pods, which forward the canary's share."""
        canary = (self.file() or {}).get("canary")
        for _ in range(requests * (canary or {"percent": 0})["percent"] // 100):
            self._turn += 1
            pod = self.pods["stable"][self._turn % len(self.pods["stable"])]
            does = self.behaviours.get(canary["version"], Behaviour()) if canary else Behaviour()
            failed = does.fails_every and self._turn % does.fails_every == 0
            if canary:
                pod.canary.labels(self.name, canary["version"], "error" if failed else "ok").inc()
                pod.canary_seconds.labels(self.name, canary["version"]).observe(does.seconds)

    def close(self) -> None:
        for pod in [*self.pods["stable"], *self.pods["canary"]]:
            pod.close()
