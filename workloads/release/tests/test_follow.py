"""The loop: a real MLflow server with real registered versions; Kubernetes and SageMaker simulated."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import requests

from conftest import configured, models_json
from local_platform.kubernetes_api import NAMESPACE, KubernetesApi
from local_platform.mlflow_server import MlflowServer, free_port
from model_release.cluster import Cluster, ClusterAway
from model_release.config import Config, Model
from model_release.endpoint import EndpointRelease
from model_release.endpoint_scaling import EndpointScaling
from model_release.follow import Backoff, Follower
from model_release.metrics import Metrics, serve
from model_release.records import RecordsAway
from model_release.registry import Registry, RegistryAway
from model_release.rollout import Rollout
from model_release.unit import Unit
from model_release.version import exact
from simulated_pods import Behaviour, SimulatedModel
from simulated_sagemaker import SimulatedSageMaker, target


class Loop:
    """A follower whose passes the test makes."""

    def __init__(
        self,
        file: Path,
        churn: SimulatedModel,
        tracking_uri: str,
        sagemaker: Any = None,
        interval_seconds: int = 15,
        **collaborators: Any,
    ) -> None:
        self.file, self.churn, self.sagemaker = file, churn, sagemaker
        self.interval_seconds = interval_seconds
        self.tracking_uri = tracking_uri
        self.now = 3_000_000.0
        self.cluster = Cluster(churn.api.client(), NAMESPACE)
        self.metrics = Metrics()
        self.follower = Follower(
            file,
            self._units,
            Registry(tracking_uri),
            self.cluster,
            self.metrics,
            interval_seconds,
            clock=lambda: self.now,
            steady=lambda: self.now,
            **collaborators,
        )

    def configure(self, **changes: Any) -> None:
        self.file.write_text(models_json(self.given(**changes)))

    def given(self, **changes: Any) -> dict[str, Any]:
        given = configured(**{"canary": {"percent": 10, "bakeMinutes": 1}, **changes})
        if given["kubernetes"]:
            given["kubernetes"]["metricsPort"] = self.churn.port
        return given

    def passes(self, count: int = 1) -> None:
        for _ in range(count):
            for check in self.follower.begin_pass():
                check.result()
            self.churn.tick()
            self.churn.traffic(500)
            self.now += self.interval_seconds

    def value(self, name: str, **labels: str) -> float | None:
        return self.metrics.registry.get_sample_value(name, labels)

    def _units(self, config: Config) -> list[Unit]:
        made: list[Unit] = []
        for one in config.models:
            if one.kubernetes:
                made.append(Rollout(self.cluster, one, config.stack, 600))
            if one.sagemaker:
                made.append(self._endpoint(one, config.stack))
        return made

    def _endpoint(self, one: Model, stack: str) -> EndpointRelease:
        scaling = partial(EndpointScaling, autoscaling=self.sagemaker.autoscaling, cloudwatch=self.sagemaker.cloudwatch)
        return EndpointRelease(self.cluster, one, stack, self.sagemaker, scaling, lambda *_, **__: None)


@pytest.fixture
def mlflow(mlflow_server: MlflowServer, registered: str) -> Iterator[Any]:
    from mlflow import MlflowClient

    client = MlflowClient(mlflow_server.uri)
    yield client
    for number in range(1, 6):
        for tag in list(client.get_model_version(registered, str(number)).tags):
            client.delete_model_version_tag(registered, str(number), tag)
    client.delete_registered_model_alias(registered, "champion")


@pytest.fixture
def loop(tmp_path: Path, churn: SimulatedModel, mlflow_server: MlflowServer, mlflow: Any) -> Loop:
    made = Loop(tmp_path / "models.json", churn, mlflow_server.uri)
    made.configure()
    return made


def tags(mlflow: Any, number: int, stack_target: str = "dev.kubernetes") -> dict[str, str]:
    found = mlflow.get_model_version("churn", str(number)).tags
    prefix = f"mlplatform.{stack_target}"
    return {key.removeprefix(prefix): value for key, value in found.items() if key.startswith(prefix)}


def test_the_alias_is_followed_and_the_registry_says_what_became_of_each_version(
    loop: Loop, churn: SimulatedModel, mlflow: Any
) -> None:
    loop.passes(3)
    assert churn.file() is None and loop.value("model_release_alias_missing", model="churn") == 1
    mlflow.set_registered_model_alias("churn", "champion", "3")
    loop.passes(4)
    assert tags(mlflow, 3) == {"": "live", ".reason": "the first version"}
    assert loop.value("model_release_alias_missing", model="churn") == 0

    mlflow.set_registered_model_alias("churn", "champion", "4")
    loop.passes(3)
    assert tags(mlflow, 4)[""] == "canary"
    shown = {"model": "churn", "target": "kubernetes"}
    assert loop.value("model_release_state", **shown, version="4", state="canary") == 1
    assert loop.value("model_release_state", **shown, version="3", state="live") == 1
    loop.passes(6)
    assert tags(mlflow, 4)[""] == "live" and tags(mlflow, 3)[""] == "retired"
    assert loop.value("model_release_state", **shown, version="4", state="live") == 1

    churn.behaviours["5"] = Behaviour(fails_every=2)
    mlflow.set_registered_model_alias("churn", "champion", "5")
    loop.passes(8)
    assert re.match(r"rolled-back: \d+ of \d+ requests failed", tags(mlflow, 5)[""]) and tags(mlflow, 4)[""] == "live"
    assert loop.value("model_releases_total", **shown, outcome="promoted") == 2
    assert loop.value("model_releases_total", **shown, outcome="rolled_back") == 1
    assert loop.value("model_release_state", **shown, version="5", state="rejected") == 1


def test_kubelets_are_asked_to_bring_the_file_to_each_pod_once(loop: Loop, churn: SimulatedModel, mlflow: Any) -> None:
    churn.only_when_told = True
    churn.tick()
    loop.passes(1)
    mlflow.set_registered_model_alias("churn", "champion", "3")
    loop.passes(2)
    assert {pod.version for pod in churn.pods["stable"]} == {"3"}
    mlflow.set_registered_model_alias("churn", "champion", "4")
    loop.passes(10)
    assert {pod.version for pod in churn.pods["stable"]} == {"4"}

    churn.api.asked.clear()
    loop.passes(3)
    assert not [path for method, path in churn.api.asked if method == "PATCH" and "/pods/" in path]


def test_a_release_goes_on_where_pods_cannot_be_told(
    loop: Loop, churn: SimulatedModel, mlflow: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: Any) -> None:
        raise ClusterAway("403 Forbidden")

    monkeypatch.setattr(Cluster, "tell", refused)
    mlflow.set_registered_model_alias("churn", "champion", "3")
    loop.passes(4)
    assert tags(mlflow, 3) == {"": "live", ".reason": "the first version"}


def test_a_release_that_waits_for_pods_alone_is_looked_at_every_two_seconds(
    loop: Loop, churn: SimulatedModel, mlflow: Any
) -> None:
    def looks(seconds: int) -> int:
        begun = 0
        for _ in range(seconds):
            churn.api.asked.clear()
            for check in loop.follower.begin_pass():
                check.result()
            begun += any(path.endswith("/deployments/churn") for _, path in churn.api.asked)
            loop.now += 1
        return begun

    assert looks(30) == 2
    churn.behaviours["3"] = Behaviour(loads=False)
    mlflow.set_registered_model_alias("churn", "champion", "3")
    loop.passes(1)
    assert churn.annotation("mlplatform/kubernetes")["phase"] == "starting"
    assert looks(30) == 15


def test_a_pinned_version_needs_no_alias_and_moves_with_the_mounted_file(
    loop: Loop, churn: SimulatedModel, mlflow: Any
) -> None:
    loop.configure(**{"from": "models:/churn/2", "release": "pinned"})
    loop.passes(4)
    assert {pod.version for pod in churn.pods["stable"]} == {"2"}
    loop.configure(**{"from": "models:/churn/3", "release": "pinned"})
    loop.passes(10)
    assert {pod.version for pod in churn.pods["stable"]} == {"3"} and tags(mlflow, 2)[""] == "retired"


def test_a_model_of_no_registry_has_its_digest_as_version(loop: Loop, churn: SimulatedModel) -> None:
    loop.configure(**{"from": "s3://bucket/churn", "release": "pinned"})
    loop.passes(4)
    (key,) = {pod.version for pod in churn.pods["stable"]}
    assert key and re.fullmatch("[0-9a-f]{10}", key)


def test_two_targets_go_their_own_ways_in_one_configmap(
    loop: Loop, churn: SimulatedModel, mlflow: Any, aws: str
) -> None:
    requests.post(f"{aws}/moto-api/reset", timeout=10)
    loop.sagemaker = SimulatedSageMaker(aws)
    loop.sagemaker.deploy()
    loop.configure(sagemaker=target())
    mlflow.set_registered_model_alias("churn", "champion", "3")
    for _ in range(6):
        loop.passes(2)
        if loop.sagemaker.endpoint.endpoint_status == "Updating":
            loop.sagemaker.settle()
    assert churn.annotation("mlplatform/sagemaker")["live"]["key"] == "3"
    assert churn.annotation("mlplatform/kubernetes")["live"]["key"] == "3"
    mlflow.set_registered_model_alias("churn", "champion", "4")
    for _ in range(10):
        loop.passes(2)
        if loop.sagemaker.endpoint.endpoint_status == "Updating":
            loop.sagemaker.settle(kept=False)
    assert churn.annotation("mlplatform/kubernetes")["live"]["key"] == "4"
    assert churn.annotation("mlplatform/sagemaker")["live"]["key"] == "3"
    assert tags(mlflow, 4)[""] == "live" and tags(mlflow, 4, "dev.sagemaker")[""].startswith("rolled-back: ")
    assert tags(mlflow, 3)[""] == "retired" and tags(mlflow, 3, "dev.sagemaker")[""] == "live"


def test_the_record_of_a_sagemaker_only_model_goes_with_the_model_and_no_other(
    loop: Loop, churn: SimulatedModel, mlflow: Any, aws: str
) -> None:
    mlflow.set_registered_model_alias("churn", "champion", "3")
    loop.passes(4)
    deployment = {"metadata": {"name": "release-controller"}, "spec": {"selector": {"matchLabels": {}}}}
    uid = churn.api.put("deployments", deployment)["metadata"]["uid"]
    labels = {"app.kubernetes.io/managed-by": "release-controller"}
    owner = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "release-controller", "uid": uid}
    churn.api.put("configmaps", {"metadata": {"name": "gone-release", "labels": labels, "ownerReferences": [owner]}})
    loop.file.write_text(models_json())
    loop.passes(1)
    assert ("configmaps", "gone-release") not in churn.api.objects
    assert ("configmaps", "churn-release") in churn.api.objects, "it goes with its Deployment"
    assert loop.value("model_release_state", model="churn", target="kubernetes", version="3", state="live") is None


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", models_json({"name": "churn"}), models_json(configured(**{"from": "x"}))]
)
def test_a_broken_configuration_leaves_the_one_before_in_force(
    loop: Loop, churn: SimulatedModel, mlflow: Any, text: str
) -> None:
    mlflow.set_registered_model_alias("churn", "champion", "3")
    loop.passes(4)
    loop.file.write_text(text)
    mlflow.set_registered_model_alias("churn", "champion", "4")
    loop.passes(9)
    assert {pod.version for pod in churn.pods["stable"]} == {"4"} and loop.value("model_release_config_valid") == 0


def test_a_registry_that_is_away_is_survived_and_asked_every_quarter_of_a_minute(
    tmp_path: Path, churn: SimulatedModel, loop: Loop, mlflow: Any
) -> None:
    mlflow.set_registered_model_alias("churn", "champion", "3")
    loop.passes(4)
    away = Loop(loop.file, churn, f"http://127.0.0.1:{free_port()}", interval_seconds=5)
    before = churn.file()
    away.passes(30)
    failures = away.value("model_release_check_failures_total", model="churn", target="kubernetes", reason="registry")
    assert failures == 11, "after 5 seconds, 10 more, and every 15, not in each of 30 passes"
    assert churn.file() == before and away.value(
        "model_release_last_check_timestamp_seconds", model="churn", target="kubernetes"
    ) in (None, 0)


class Away:
    """A store of records and an artifact store, neither of which answers."""

    def settle(self, model: Model) -> None:
        raise RecordsAway("the bucket does not answer")

    def registered_at(self, uri: str) -> int:
        raise requests.ConnectionError("the registry does not answer")

    def recorded(self, uri: str) -> bool:
        raise requests.ConnectionError("the files cannot be read")


@pytest.mark.parametrize(
    ("reason", "collaborators"),
    [("records", {"approvals": lambda config: Away()}), ("registry", {"integrity": Away()})],
)
def test_a_canary_that_answers_badly_is_taken_back_whatever_else_does_not_answer(
    loop: Loop, churn: SimulatedModel, mlflow: Any, reason: str, collaborators: dict[str, Any]
) -> None:
    mlflow.set_registered_model_alias("churn", "champion", "3")
    loop.passes(4)
    churn.behaviours["4"] = Behaviour(fails_every=2)
    mlflow.set_registered_model_alias("churn", "champion", "4")
    loop.passes(2)
    assert churn.annotation("mlplatform/kubernetes")["phase"] == "baking"
    away = Loop(loop.file, churn, loop.tracking_uri, **collaborators)
    away.now = loop.now
    away.passes(4)
    assert churn.annotation("mlplatform/kubernetes")["phase"] == "idle"
    assert (churn.file() or {})["stable"]["version"] == "3" and "canary" not in (churn.file() or {})
    failures = {"model": "churn", "target": "kubernetes", "reason": reason}
    assert away.value("model_release_check_failures_total", **failures) == 4


@pytest.mark.parametrize("source", ["models:/churn/4", f"runs:/{'0' * 32}/model"])
def test_a_pinned_version_that_cannot_load_while_the_registry_is_away_is_not_rejected(
    churn: SimulatedModel, loop: Loop, source: str
) -> None:
    loop.configure(**{"from": "models:/churn/3", "release": "pinned"})
    loop.passes(4)
    key = exact(source).key
    churn.behaviours[key] = Behaviour(loads=False)
    loop.configure(**{"from": source, "release": "pinned"})
    loop.passes(1)
    away = Loop(loop.file, churn, f"http://127.0.0.1:{free_port()}")
    away.now = loop.now
    away.passes(60)
    assert churn.annotation("mlplatform/kubernetes")["phase"] == "loading", "fifteen minutes on"
    back = Loop(loop.file, churn, loop.tracking_uri)
    back.now = away.now
    churn.behaviours[key] = Behaviour()
    back.passes(10)
    assert {pod.version for pod in churn.pods["stable"]} == {key}
    assert back.value("model_release_alias_missing", model="churn") is None


def test_a_pinned_version_that_the_registry_does_not_have_is_rejected(churn: SimulatedModel, loop: Loop) -> None:
    loop.configure(**{"from": "models:/churn/3", "release": "pinned"})
    loop.passes(4)
    churn.behaviours["99"] = Behaviour(loads=False)
    loop.configure(**{"from": "models:/churn/99", "release": "pinned"})
    loop.passes(8)
    assert "does not load" in churn.annotation("mlplatform/outcome")["reason"]


def test_an_api_server_that_is_away_is_survived(loop: Loop, churn: SimulatedModel, mlflow: Any) -> None:
    mlflow.set_registered_model_alias("churn", "champion", "3")
    loop.passes(4)
    churn.api.away = True
    for check in loop.follower.begin_pass():
        check.result()
    failures = {"model": "churn", "target": "kubernetes", "reason": "cluster"}
    assert loop.value("model_release_check_failures_total", **failures) == 1
    churn.api.away = False
    mlflow.set_registered_model_alias("churn", "champion", "4")
    loop.now += 15
    loop.passes(9)
    assert {pod.version for pod in churn.pods["stable"]} == {"4"}


def test_a_clock_that_is_set_back_stops_neither_checks_nor_the_answer_to_health(
    tmp_path: Path, churn: SimulatedModel, mlflow_server: MlflowServer, mlflow: Any
) -> None:
    loop = Loop(tmp_path / "models.json", churn, mlflow_server.uri)
    steady = [1000.0]
    loop.follower = Follower(
        *(loop.file, loop._units, Registry(mlflow_server.uri), loop.cluster, loop.metrics, 15),
        clock=lambda: loop.now,
        steady=lambda: steady[0],
    )
    loop.configure()
    mlflow.set_registered_model_alias("churn", "champion", "1")
    churn.api.away = True
    loop.passes()
    churn.api.away = False
    loop.now -= 1_000_000
    steady[0] += 30
    loop.passes(4)
    assert loop.follower.alive
    assert churn.file() is not None


def test_waits_grow_and_have_a_bound() -> None:
    now = 0.0
    backoff = Backoff(15, lambda: now)
    waits = []
    for _ in range(8):
        backoff.failed()
        begun = now
        while not backoff.due:
            now += 1
        waits.append(now - begun)
    assert waits == [15, 30, 60, 120, 120, 120, 120, 120]


def test_a_registry_that_comes_back_is_asked_within_a_quarter_of_a_minute(
    loop: Loop, churn: SimulatedModel, mlflow: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = Registry.wanted

    def away(*_: Any) -> None:
        raise RegistryAway("connection refused")

    monkeypatch.setattr(Registry, "wanted", away)
    mlflow.set_registered_model_alias("churn", "champion", "3")
    loop.passes(8)
    monkeypatch.setattr(Registry, "wanted", answers)
    loop.passes(1)
    assert churn.annotation("mlplatform/kubernetes")["phase"] == "starting"


def test_metrics_and_health_are_served() -> None:
    port = free_port()
    alive = True
    server = serve(Metrics().registry, port, lambda: alive)
    assert "model_release_config_valid" in requests.get(f"http://127.0.0.1:{port}/metrics", timeout=5).text
    assert requests.get(f"http://127.0.0.1:{port}/health/live", timeout=5).status_code == 200
    alive = False
    assert requests.get(f"http://127.0.0.1:{port}/health/live", timeout=5).status_code == 503
    server.shutdown()


class Controller:
    """The command itself, in a process of its own."""

    def __init__(self, folder: Path, api: KubernetesApi, tracking_uri: str) -> None:
        self.folder = folder
        cluster = {"cluster": {"server": api.url}, "name": "c"}
        context = {"context": {"cluster": "c", "user": "u"}, "name": "c"}
        kubeconfig = {
            "clusters": [cluster],
            "contexts": [context],
            "current-context": "c",
            "users": [{"name": "u", "user": {}}],
        }
        (folder / "kubeconfig").write_text(json.dumps(kubeconfig))
        release = Path(__file__).parent.parent
        source = os.pathsep.join(map(str, (release / "src", release.parent / "mlplatform" / "src")))
        self.env = {**os.environ, "KUBECONFIG": str(folder / "kubeconfig"), "PYTHONPATH": source}
        self.env |= {"MLFLOW_TRACKING_URI": tracking_uri}
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "model_release", "follow", "--config", str(self.folder / "models.json")]
        command += ["--interval-seconds", "0.2", "--port", str(free_port())]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, env=self.env, stderr=log)

    def end(self, with_signal: signal.Signals) -> int:
        assert self.process is not None
        self.process.send_signal(with_signal)
        return self.process.wait(30)

    def log(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.folder / "log").read_text().splitlines()]


def until(true: Callable[[], bool], what: str) -> None:
    for _ in range(3600):
        if true():
            return
        time.sleep(0.05)
    raise AssertionError(f"never {what}")


def test_the_process_is_killed_in_each_phase_and_continues_and_a_sigterm_ends_it(
    tmp_path: Path, churn: SimulatedModel, mlflow_server: MlflowServer, mlflow: Any
) -> None:
    given = configured(canary={"percent": 10, "bakeMinutes": 0.05})
    given["kubernetes"]["metricsPort"] = churn.port
    (tmp_path / "models.json").write_text(models_json(given))
    mlflow.set_registered_model_alias("churn", "champion", "3")
    frozen, ended = threading.Event(), threading.Event()

    def kubelet() -> None:
        while not ended.wait(0.1):
            if not frozen.is_set():
                churn.tick()
                churn.traffic(100)

    # While the pods stand still, the release stays in the phase that waits for them.
    worker = threading.Thread(target=kubelet, daemon=True)
    worker.start()
    controller = Controller(tmp_path, churn.api, mlflow_server.uri)

    def phase() -> str | None:
        found = churn.api.objects.get(("configmaps", "churn-release"))
        return churn.annotation("mlplatform/kubernetes").get("phase") if found else None

    try:
        frozen.set()
        controller.start()
        until(lambda: phase() == "starting", "starting")
        assert controller.end(signal.SIGKILL) == -signal.SIGKILL
        frozen.clear()
        controller.start()
        until(lambda: phase() == "idle", "live")
        frozen.set()
        mlflow.set_registered_model_alias("churn", "champion", "4")
        until(lambda: phase() == "loading", "loading")
        for expected in ("baking", "promoting"):
            controller.end(signal.SIGKILL)
            # One turn of the pods is what the next phase needs, and no more.
            churn.tick()
            controller.start()
            begun = time.monotonic()

            def reached(expected: str = expected) -> bool:
                nonlocal begun
                # Killed before it had asked for pods, it asks only now: they need their turn again.
                if time.monotonic() - begun > 5:
                    begun = time.monotonic()
                    churn.tick()
                return phase() in (expected, "idle")

            until(reached, expected)
        controller.end(signal.SIGKILL)
        churn.tick()
        controller.start()
        frozen.clear()
        until(lambda: phase() == "idle", "promoted")
        until(lambda: tags(mlflow, 4).get("") == "live", "tagged")
        assert churn.file() == {"stable": {"version": "4", "uri": "models:/churn/4"}}
        assert controller.end(signal.SIGTERM) == 0 and controller.log()[-1]["message"] == "ended"
    finally:
        ended.set()
        worker.join()
        if controller.process and controller.process.poll() is None:
            controller.process.kill()
