"""A small Kubernetes API over HTTP: ConfigMaps, Deployments and their scale, Pods and their annotations, Jobs; with resource versions and conflicts."""

from __future__ import annotations

import json
import re
import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlparse

from kubernetes import client

#: Condition of a pod that takes requests.
READY = {"type": "Ready", "status": "True"}
NAMESPACE = "models"
PATH = re.compile(
    r"^/(?:api/v1|apis/apps/v1|apis/batch/v1)/namespaces/models/(configmaps|deployments|pods|jobs|cronjobs)(?:/([^/]+))?(/scale)?$"
)
TARGETS = re.compile(r"^/targets/(\d+)$")


class KubernetesApi:
    def __init__(self, port: int = 0, kept: Path | None = None) -> None:
        """`kept`: file that holds ConfigMaps and Deployments, for a process that comes after this one."""
        self._kept = kept
        self.objects: dict[tuple[str, str], dict[str, Any]] = {}
        self.away = False
        self.asked: list[tuple[str, str]] = []
        self._version = 0
        self._lock = threading.RLock()
        if kept and kept.exists():
            for kind, each in json.loads(kept.read_text()):
                self.put(kind, each)
        self._server = ThreadingHTTPServer(("127.0.0.1", port), handler(self))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def client(self) -> client.ApiClient:
        settings = client.Configuration(host=self.url)
        settings.retries = False
        return client.ApiClient(settings)

    def put(self, kind: str, given: dict[str, Any]) -> dict[str, Any]:
        """Creates or replaces an object, as somebody else than the one under test."""
        with self._lock:
            name = given["metadata"]["name"]
            before = self.objects.get((kind, name))
            self._version += 1
            uid = before["metadata"]["uid"] if before else str(uuid.uuid4())
            given["metadata"] |= {"namespace": NAMESPACE, "uid": uid, "resourceVersion": str(self._version)}
            self.objects[kind, name] = json.loads(json.dumps(given))
            self._keep(kind)
            return self.objects[kind, name]

    def _keep(self, kind: str) -> None:
        if self._kept is None or kind == "pods":
            return
        partial = self._kept.with_suffix(".new")
        partial.write_text(json.dumps([[of, one] for (of, _), one in self.objects.items() if of != "pods"]))
        partial.replace(self._kept)

    def get(self, kind: str, name: str) -> dict[str, Any]:
        return self.objects[kind, name]

    def remove(self, kind: str, name: str) -> None:
        with self._lock:
            self.objects.pop((kind, name), None)
            self._keep(kind)

    def listed(self, kind: str, selector: str = "") -> list[dict[str, Any]]:
        wanted = dict(pair.split("=", 1) for pair in selector.split(",") if pair)
        with self._lock:
            found = [one for (of, _), one in sorted(self.objects.items()) if of == kind]
        return [one for one in found if wanted.items() <= (one["metadata"].get("labels") or {}).items()]

    def answer(self, method: str, url: str, body: Any) -> tuple[int, Any]:
        parsed = urlparse(url)
        match = PATH.match(parsed.path)
        self.asked.append((method, parsed.path))
        if self.away:
            return failure(503, "the API server is away")
        targets = TARGETS.match(parsed.path)
        if targets:
            return 200, self._targets(int(targets[1]))
        if parsed.path == "/metrics":
            return 200, self.state_metrics()
        if match is None:
            return failure(404, "no such path")
        kind, name, scale = match.groups()
        with self._lock:
            if method == "GET" and name is None:
                selector = parse_qs(parsed.query).get("labelSelector", [""])[0]
                return 200, {"kind": "List", "metadata": {}, "items": self.listed(kind, selector)}
            if method == "POST":
                if (kind, body["metadata"]["name"]) in self.objects:
                    return failure(409, "it exists already")
                return 201, self.put(kind, body)
            before = self.objects.get((kind, name))
            if before is None:
                return failure(404, f"{kind} {name} not found")
            if method == "GET":
                return 200, before
            if method == "PATCH" and scale:
                before["spec"]["replicas"] = body["spec"]["replicas"]
                self._keep(kind)
                return 200, {"kind": "Scale", "metadata": {"name": name}, "spec": body["spec"]}
            if method == "PATCH" and kind == "pods":
                annotations = before["metadata"].get("annotations") or {}
                before["metadata"]["annotations"] = annotations | body["metadata"]["annotations"]
                return 200, before
            if method == "PUT":
                if body["metadata"].get("resourceVersion") != before["metadata"]["resourceVersion"]:
                    return failure(409, "the object has been modified")
                return 200, self.put(kind, body)
            if method == "DELETE":
                self.remove(kind, name)
                return 200, {"kind": "Status", "status": "Success"}
        return failure(405, "not here")

    def state_metrics(self) -> str:
        """What kube-state-metrics tells of Deployments, as far as alerts of models ask: https://github.com/kubernetes/kube-state-metrics"""
        lines = []
        for deployment in self.listed("deployments"):
            selector = deployment["spec"]["selector"].get("matchLabels", {})
            pods = self.listed("pods", ",".join(f"{key}={value}" for key, value in selector.items()))
            available = sum(READY in pod["status"]["conditions"] for pod in pods)
            labels = f'namespace="{NAMESPACE}",deployment="{deployment["metadata"]["name"]}"'
            lines.append(f"kube_deployment_status_replicas_available{{{labels}}} {available}")
            lines.append(f"kube_deployment_spec_replicas{{{labels}}} {deployment['spec'].get('replicas', 1)}")
        return "".join(f"{line}\n" for line in sorted(lines))

    def _targets(self, port: int) -> Any:
        """Ready pods in the form that Prometheus' HTTP discovery takes."""
        pods = [pod for pod in self.listed("pods") if READY in pod["status"]["conditions"]]
        return [
            {"targets": [f"{pod['status']['podIP']}:{port}"], "labels": {"pod": pod["metadata"]["name"]}}
            for pod in pods
        ]


def failure(status: int, message: str) -> tuple[int, dict[str, Any]]:
    return status, {"kind": "Status", "status": "Failure", "code": status, "message": message}


def handler(api: KubernetesApi) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def handle_one(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            status, answer = api.answer(self.command, self.path, body)
            text = isinstance(answer, str)
            data = (answer if text else json.dumps(answer)).encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/plain; version=0.0.4" if text else "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_one

        def log_message(self, *_: Any) -> None:
            pass

    return Handler
