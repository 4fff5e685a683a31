"""One machine with everything that a release goes through: real processes, only Kubernetes is simulated."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests

from local_platform.jobs import Jobs
from local_platform.kubernetes_api import KubernetesApi
from local_platform.mlflow_server import MlflowServer, free_port
from local_platform.node import Node
from local_platform.service import Service

WORKLOADS = Path(__file__).resolve().parents[2]
PORT, METRICS_PORT = 8080, 9090
PERCENT, BAKE_SECONDS = 20, 12
NAME = "churn"

os.environ |= {"GIT_PYTHON_REFRESH": "quiet", "MLFLOW_DISABLE_TELEMETRY": "true"}


def until(reached: Callable[[], Any], seconds: float, what: Callable[[], str]) -> Any:
    """What `reached` gives once it gives something."""
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up:
        found = reached()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"not within {seconds:g} s: {what()}")


@dataclass(frozen=True)
class Answer:
    at: float
    status: int
    version: str
    error: str = ""


class Callers:
    """They ask the model's Service all the time, and write down every answer."""

    def __init__(self, url: str, threads: int = 4, pause_seconds: float = 0.08) -> None:
        self._url, self._pause = url, pause_seconds
        self.bodies: list[bytes] = []
        self.answers: list[Answer] = []
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=(number,), daemon=True) for number in range(threads)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    @property
    def failed(self) -> list[Answer]:
        return [answer for answer in list(self.answers) if answer.status != 200]

    def since(self, at: float) -> list[Answer]:
        return [answer for answer in list(self.answers) if answer.at >= at]

    def _ask(self, number: int) -> None:
        session = requests.Session()
        session.trust_env = False
        turn = number
        while not self._stop.wait(self._pause):
            bodies, turn = self.bodies, turn + 1
            at = time.time()
            headers = {"Content-Type": "application/json"}
            try:
                found = session.post(
                    f"{self._url}/invocations", bodies[turn % len(bodies)], headers=headers, timeout=15
                )
                version = found.headers.get("X-Model-Version", "")
                self.answers.append(Answer(at, found.status_code, version, "" if found.ok else found.text))
            except requests.RequestException as error:
                self.answers.append(Answer(at, 0, "", repr(error)))


@dataclass
class Machine:
    folder: Path
    api: KubernetesApi
    node: Node
    mlflow: MlflowServer
    service: Service
    server_python: str
    examples_python: str
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)
    environments: dict[str, str] = field(default_factory=dict)
    _controller: subprocess.Popen[bytes] | None = None

    def deploy(self, canary_url: str, model: str = NAME, pods: int = 2) -> None:
        for track, replicas in (("stable", pods), ("canary", 0)):
            labels = {"app.kubernetes.io/name": model, "mlplatform/track": track}
            env = {
                "MODEL_SERVER_NAME": model,
                "MODEL_SERVER_TRACK": track,
                "MODEL_SERVER_HOST": "$(POD_IP)",
                "MODEL_SERVER_PORT": str(PORT),
                "MODEL_SERVER_METRICS_PORT": str(METRICS_PORT),
                "MODEL_SERVER_RELEASE_FILE": "$(POD_DIR)/release/release.json",
                "MODEL_SERVER_SCRATCH": "$(POD_DIR)/tmp",
                "MODEL_SERVER_WORKERS": "1",
                "MODEL_SERVER_DRAIN_SECONDS": "2",
                "MODEL_SERVER_SAMPLE_PERCENT": "100",
                "MODEL_SERVER_SAMPLE_URI": str(self.folder / "samples"),
                "MLFLOW_TRACKING_URI": self.mlflow.uri,
                "GIT_PYTHON_REFRESH": "quiet",
                "PYTHONPATH": f"{WORKLOADS}/model-server/src:{WORKLOADS}/mlplatform/src",
                **({"MODEL_SERVER_CANARY_URL": canary_url} if track == "stable" else {}),
            }
            container = {
                "name": "server",
                "command": [self.server_python, "-m", "model_server"],
                "env": [{"name": name, "value": value} for name, value in env.items()],
                "readinessProbe": {"httpGet": {"path": "/health/ready", "port": PORT}},
                "volumeMounts": [{"name": "release", "mountPath": "release"}],
            }
            pod = {
                "containers": [container],
                "volumes": [{"name": "release", "configMap": {"name": f"{model}-release"}}],
            }
            spec = {
                "replicas": replicas,
                "selector": {"matchLabels": labels},
                "template": {"metadata": {"labels": labels}, "spec": pod},
            }
            name = model if track == "stable" else f"{model}-canary"
            self.api.put("deployments", {"metadata": {"name": name}, "spec": spec})

    def builder(self, index: Path) -> None:
        """What builds packages of models, as the template of its Jobs has it; the index is a folder with wheels."""
        env = {
            "MLFLOW_TRACKING_URI": self.mlflow.uri,
            "GIT_PYTHON_REFRESH": "quiet",
            "PYTHONPATH": os.pathsep.join(str(WORKLOADS / name / "src") for name in ("model-server", "mlplatform")),
            "MODEL_SERVER_INDEX_URL": "",
            "MODEL_SERVER_FIND_LINKS": str(index),
        }
        container = {
            "name": "environment",
            "command": [self.server_python, "-m", "model_server"],
            "args": ["environment", "--store", str(self.folder / "store"), "--verdict", "/dev/termination-log"],
            "env": [{"name": name, "value": value} for name, value in env.items()],
        }
        job = {"spec": {"template": {"spec": {"containers": [container]}}}}
        self.api.put("cronjobs", {"metadata": {"name": "models.environments"}, "spec": {"jobTemplate": job}})
        self.environments = {"cronJob": "models.environments", "image": "registry.example.com/model-server:1"}

    def controller(self, load_minutes: float = 1.5, models: Sequence[str] = (NAME,)) -> subprocess.Popen[bytes]:
        """The release controller, as its Deployment runs it, but with less patience. One that runs is ended before."""
        if self._controller is not None:
            self._controller.send_signal(signal.SIGTERM)
            assert self._controller.wait(20) == 0
        followed = [
            {
                "name": model,
                "from": f"models:/{model}@champion",
                "release": "continuous",
                "canary": {"percent": PERCENT, "bakeMinutes": BAKE_SECONDS / 60},
                "objectives": {"p99Millis": 1000, "errorRatePercent": 1},
                "kubernetes": {
                    "deployment": model,
                    "canaryDeployment": f"{model}-canary",
                    "configMap": f"{model}-release",
                    "metricsPort": METRICS_PORT,
                    "environments": bool(self.environments),
                },
            }
            for model in models
        ]
        about = {"environments": self.environments} if self.environments else {}
        config = self.folder / "models.json"
        config.write_text(json.dumps({"stack": "loop", "namespace": "models", **about, "models": followed}))
        kubeconfig = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "here",
            "contexts": [{"name": "here", "context": {"cluster": "here", "user": "nobody"}}],
            "clusters": [{"name": "here", "cluster": {"server": self.api.url}}],
            "users": [{"name": "nobody", "user": {}}],
        }
        (self.folder / "kubeconfig").write_text(json.dumps(kubeconfig))
        command = [sys.executable, "-m", "model_release", "follow", "--config", str(config)]
        command += ["--interval-seconds", "0.5", "--load-minutes", str(load_minutes), "--port", str(free_port())]
        env = {
            "KUBECONFIG": str(self.folder / "kubeconfig"),
            "PYTHONPATH": os.pathsep.join(str(WORKLOADS / name / "src") for name in ("release", "mlplatform")),
        }
        self._controller = self.run("controller", command, env)
        return self._controller

    def kill_controller(self) -> None:
        assert self._controller is not None
        self._controller.send_signal(signal.SIGKILL)
        self._controller.wait()
        self._controller = None

    def monitor(self) -> str:
        """The drift monitor; every check looks at all samples that there are, for each reaches back far enough."""
        model = {"name": NAME, "from": f"models:/{NAME}@champion", "drift": {"maxPsi": 0.2, "everyHours": 0.004}}
        config = self.folder / "watched.json"
        places = {"samples": str(self.folder / "samples"), "reports": str(self.folder / "drift")}
        config.write_text(json.dumps({**places, "models": [model]}))
        port = free_port()
        command = [self.examples_python, "-m", "drift", "--config", str(config), "monitor"]
        self.run("drift", [*command, "--port", str(port), "--settle-seconds", "0"], {"PYTHONPATH": self.paths("drift")})
        return f"http://127.0.0.1:{port}/metrics"

    def check_drift(self, model: str) -> dict[str, Any]:
        """One look at all samples that there are."""
        watched = {"name": model, "from": f"models:/{model}@champion", "drift": {"maxPsi": 0.2, "everyHours": 1}}
        config = self.folder / f"watched-{model}.json"
        places = {"samples": str(self.folder / "samples"), "reports": str(self.folder / "drift")}
        config.write_text(json.dumps({**places, "models": [watched]}))
        command = [self.examples_python, "-m", "drift", "--config", str(config), "check", model]
        env = self.environment({"PYTHONPATH": self.paths("drift")})
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
        assert done.stdout, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def train(self, *arguments: str, model: str = NAME) -> dict[str, Any]:
        """What a pipeline does: trains, registers, and moves the alias where the gate is passed."""
        command = [self.examples_python, "-m", f"{model}.train", "--rows", "6000", "--register", model, *arguments]
        done = subprocess.run(
            command, env=self.environment({"PYTHONPATH": self.paths()}), capture_output=True, text=True, check=False
        )
        assert done.stdout, done.stderr
        told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return told

    def requests(self, shift: str) -> list[bytes]:
        """Bodies of requests, of ten customers each."""
        code = (
            "import json, sys; from churn.data import INPUTS, customers, shifted;"
            "rows = shifted(customers(500, 99), sys.argv[1], 3)[INPUTS];"
            "parts = [rows[at:at + 10].to_json(orient='split', index=False) for at in range(0, 500, 10)];"
            "print(json.dumps([json.dumps({'dataframe_split': json.loads(part)}) for part in parts]))"
        )
        return [body.encode() for body in json.loads(self.said(code, shift))]

    def deliveries(self, rows: int, shift: str) -> list[bytes]:
        """Bodies of requests, of fifty deliveries each."""
        code = (
            "import json, sys; from delivery.data import INPUTS, deliveries, shifted;"
            "rows = shifted(deliveries(int(sys.argv[1]), 99), sys.argv[2], 3)[INPUTS];"
            "parts = [rows[at:at + 50].to_json(orient='split', index=False) for at in range(0, len(rows), 50)];"
            "print(json.dumps([json.dumps({'dataframe_split': json.loads(part)}) for part in parts]))"
        )
        return [body.encode() for body in json.loads(self.said(code, str(rows), shift))]

    def sampled(self, model: str) -> int:
        """Rows that servers have kept of what a model was asked."""
        files = (self.folder / "samples" / model).rglob("*.jsonl.gz")
        return sum(len(gzip.decompress(file.read_bytes()).splitlines()) for file in files)

    def said(self, code: str, *arguments: str) -> bytes:
        env = self.environment({"PYTHONPATH": self.paths()})
        command = [self.examples_python, "-c", code, *arguments]
        return subprocess.run(command, env=env, capture_output=True, check=True).stdout

    def run(self, name: str, command: list[str], env: dict[str, str]) -> subprocess.Popen[bytes]:
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(command, env=self.environment(env), stdout=log, stderr=log)
        self.running.append(process)
        return process

    def environment(self, more: dict[str, str]) -> dict[str, str]:
        mlflow = {"MLFLOW_TRACKING_URI": self.mlflow.uri, "MLFLOW_DISABLE_TELEMETRY": "true"}
        kept = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "GIT_PYTHON_REFRESH": "quiet"}
        return {**kept, **mlflow, **more}

    def paths(self, *more: str) -> str:
        folders = [WORKLOADS / "examples", WORKLOADS / "mlplatform" / "src"]
        return os.pathsep.join(map(str, [*folders, *(WORKLOADS / name / "src" for name in more)]))

    def annotations(self, model: str = NAME) -> dict[str, Any]:
        found = self.api.objects.get(("configmaps", f"{model}-release"))
        kept: dict[str, Any] = found["metadata"]["annotations"] if found else {}
        return kept

    def told(self) -> dict[str, Any]:
        """release.json, as the servers read it."""
        found = self.api.objects.get(("configmaps", f"{NAME}-release"))
        return json.loads(found["data"]["release.json"]) if found and "release.json" in found["data"] else {}

    def outcome(self, version: str, model: str = NAME) -> dict[str, Any] | None:
        """What became of a version, once that is decided."""
        found = json.loads(self.annotations(model).get("mlplatform/outcome", "{}"))
        return found if found.get("version") == version else None

    def phase(self) -> str:
        return str(json.loads(self.annotations().get("mlplatform/kubernetes", "{}")).get("phase"))

    def state(self) -> str:
        """For a message of what went wrong."""
        logs = [*self.folder.glob("*.log"), *self.folder.glob("pods/*/log")]
        tails = [f"--- {log.relative_to(self.folder)}\n{log.read_text(errors='replace')[-1500:]}" for log in logs]
        return "\n".join([json.dumps(self.annotations())[:3000], json.dumps(self.told()), *tails])

    def close(self) -> None:
        for process in self.running:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.running:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    folder = tmp_path_factory.mktemp("machine")
    mlflow = MlflowServer(folder)
    mlflow.start()
    os.environ["MLFLOW_TRACKING_URI"] = mlflow.uri
    api = KubernetesApi()
    node = Node(api, folder / "pods")
    tracks = {"app.kubernetes.io/name": NAME}
    service = Service(api, {**tracks, "mlplatform/track": "stable"}, node.address(), PORT, PORT)
    canary = Service(api, {**tracks, "mlplatform/track": "canary"}, node.address(), PORT, PORT)
    python = (os.environ["MODEL_SERVER_PYTHON"], os.environ["EXAMPLES_PYTHON"])
    made = Machine(folder, api, node, mlflow, service, *python)
    made.deploy(canary.url)
    node.start()
    jobs = Jobs(api, folder / "jobs")
    jobs.start()
    yield made
    made.close()
    jobs.close()
    node.close()
    service.close()
    canary.close()
    api.close()
    mlflow.stop()


@pytest.fixture(scope="module")
def callers(machine: Machine) -> Iterator[Callers]:
    made = Callers(machine.service.url)
    yield made
    made.stop()
