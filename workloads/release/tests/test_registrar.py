"""What training asks of a real MLflow server; packages are in a bucket that moto simulates."""

from __future__ import annotations

import errno
import io
import json
import tarfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from pathlib import Path
from typing import Any

import mlflow
import numpy
import pytest
from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion, ModelVersionTag
from sklearn.linear_model import LogisticRegression

from conftest import bucket
from local_platform.mlflow_server import MlflowServer
from model_release.approval import said
from model_release.artifacts import Unpackable
from model_release.decisions import DECISION_TAG, RELAYED_TAG, rejected
from model_release.promotion import Gone
from model_release.registrar import NotRegistered, Refused, Registrar
from model_release.registrar_config import RegistrarConfig, TrainedModel, parse
from model_release.trained import PACKAGE_TAG
from model_release.unpack import unpack

BUCKET = "data"
ROWS = numpy.random.default_rng(7).normal(size=(50, 3))


class Killed(BaseException):
    """The process is gone: nothing catches it."""


class Mortal:
    """A client that is killed at its n-th write: before the server hears of it, or after."""

    def __init__(self, client: MlflowClient, at: int, heard: bool) -> None:
        self._client, self._left, self._heard = client, at, heard

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)
        if name.startswith(("get_", "search_", "list_")):
            return method

        def write(*given: Any, **named: Any) -> Any:
            self._left -= 1
            if self._left == 0:
                if self._heard:
                    method(*given, **named)
                raise Killed(name)
            return method(*given, **named)

        return write


@pytest.fixture(scope="module")
def s3(aws: str) -> Iterator[Any]:
    with bucket(aws, BUCKET) as client:
        yield client


@pytest.fixture(scope="module")
def client(mlflow_server: MlflowServer) -> MlflowClient:
    mlflow.set_tracking_uri(mlflow_server.uri)
    return MlflowClient()


@pytest.fixture(scope="module")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained") / "model"
    mlflow.sklearn.save_model(LogisticRegression().fit(ROWS, ROWS[:, 0] > 0), folder, pip_requirements=[])
    (folder / "drift_baseline.json").write_text("{}")
    return folder


@pytest.fixture(scope="module")
def package(s3: Any, model_folder: Path) -> str:
    """As SageMaker packs what a training job left in /opt/ml/model."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        archive.add(model_folder, arcname=".")
    return put(s3, file.getvalue())


def put(s3: Any, content: bytes, key: str = "models/churn/run/output/model.tar.gz") -> str:
    s3.put_object(Bucket=BUCKET, Key=key, Body=content)
    return f"s3://{BUCKET}/{key}"


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """A model of its own for each test."""
    name: str = request.node.name.removeprefix("test_")
    return name.replace("[", "-").replace("]", "").replace("_", "-")


def registrar(name: str, client: Any, s3: Any, targets: tuple[str, ...] = ("kubernetes",)) -> Registrar:
    models = {name: TrainedModel(name, name, "champion", targets)}
    config = RegistrarConfig("dev", "arn", "eu-west-1", f"s3://{BUCKET}/models", models)
    return Registrar(lambda: config, client, s3)


def ask(registrar: Registrar, **request: Any) -> dict[str, Any]:
    return registrar.answer(request, lambda: False, lambda _: None)


def trained(name: str, package: str, run: str = "run-1", **more: Any) -> dict[str, Any]:
    given = {"action": "register", "model": name, "modelPackage": package, "runId": run, "reason": "drift"}
    return {**given, "image": "sha256:1", "data": "s3://data/d", "metrics": {"auc": 0.9, "of": None}, **more}


def left(client: MlflowClient, name: str) -> tuple[int, int, int]:
    """Versions, runs and logged models."""
    experiment = client.get_experiment_by_name(name)
    if experiment is None:
        return len(client.search_model_versions(f"name = '{name}'")), 0, 0
    places = [experiment.experiment_id]
    return (
        len(client.search_model_versions(f"name = '{name}'")),
        len(client.search_runs(places)),
        len(client.search_logged_models(places)),
    )


def test_a_package_becomes_a_version_that_loads_and_says_where_it_is_from(
    name: str, client: MlflowClient, s3: Any, package: str, model_folder: Path
) -> None:
    assert ask(registrar(name, client, s3), **trained(name, package)) == {"version": "1", "uri": f"models:/{name}/1"}
    version = client.get_model_version(name, "1")
    expected = {"run": "run-1", "reason": "drift", "image": "sha256:1", "data": "s3://data/d", "package": package}
    assert {f"mlplatform.{key}": value for key, value in expected.items()}.items() <= version.tags.items()
    assert version.tags["drift_baseline_uri"] == f"models:/{name}/1/drift_baseline.json"
    run = client.get_run(version.run_id)
    assert (run.data.metrics, run.info.status) == ({"auc": 0.9}, "FINISHED")
    predicted = mlflow.pyfunc.load_model(f"models:/{name}/1").predict(ROWS)
    assert (predicted == mlflow.pyfunc.load_model(str(model_folder)).predict(ROWS)).all()


def test_a_run_has_one_version_however_often_it_asks_and_another_run_has_another(
    name: str, client: MlflowClient, s3: Any, package: str
) -> None:
    asked = registrar(name, client, s3)
    versions = [ask(asked, **trained(name, package, run))["version"] for run in ("a", "a", "b", "a", "b")]
    assert versions == ["1", "1", "2", "1", "2"]
    assert left(client, name) == (2, 2, 2)


@pytest.mark.parametrize("heard", [False, True], ids=["before", "after"])
def test_killed_at_any_write_and_asked_again_there_is_one_version(
    name: str, client: MlflowClient, s3: Any, package: str, heard: bool
) -> None:
    killed_at = []
    for at in range(1, 20):
        of_this = f"{name}-{at}"
        try:
            ask(registrar(of_this, Mortal(client, at, heard), s3), **trained(of_this, package))
        except Killed as death:
            killed_at.append(str(death))
        else:
            break
        assert ask(registrar(of_this, client, s3), **trained(of_this, package))["version"] == "1"
        assert left(client, of_this) == (1, 1, 1), killed_at[-1]
        version = client.get_model_version(of_this, "1")
        assert version.tags["drift_baseline_uri"], killed_at[-1]
        assert mlflow.pyfunc.load_model(f"models:/{of_this}/1").predict(ROWS).size == len(ROWS)
    assert {"create_run", "log_model_artifacts", "finalize_logged_model", "create_model_version"} <= set(killed_at)


def test_two_who_register_the_same_run_at_once_end_with_one_version(
    name: str, client: MlflowClient, s3: Any, package: str
) -> None:
    class Late:
        """Sees no version of the run, until it has made one."""

        def __init__(self) -> None:
            self.blind = True

        def __getattr__(self, method: str) -> Any:
            if method == "search_model_versions" and self.blind:
                return lambda _: []
            if method == "create_model_version":
                self.blind = False
            return getattr(client, method)

    assert ask(registrar(name, client, s3), **trained(name, package))["version"] == "1"
    assert ask(registrar(name, Late(), s3), **trained(name, package))["version"] == "1"
    assert [version.version for version in client.search_model_versions(f"name = '{name}'")] == ["1"]


def archive(*members: tuple[str, bytes | None]) -> bytes:
    """A file each; a link where there is no content."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as tar:
        for path, content in members:
            info = tarfile.TarInfo(path)
            if content is None:
                info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
            info.size = len(content or b"")
            tar.addfile(info, io.BytesIO(content or b""))
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "there is no package at s3://data/"),
        (b"no archive", "damaged"),
        (archive(("MLmodel", b"x" * 5000))[:60], "damaged"),
        (archive(("model.pkl", b"")), "no MLmodel"),
        (archive(("MLmodel", b""), ("../escaped", b"")), "no path below a model"),
        (archive(("MLmodel", b""), ("/etc/escaped", b"")), "no path below a model"),
        (archive(("MLmodel", b""), ("link", None)), "link"),
        (archive(("MLmodel", b""), ("MLmodel", b"")), "twice"),
    ],
    ids=["missing", "no-archive", "cut", "no-model", "above", "absolute", "link", "twice"],
)
def test_what_is_no_safe_model_is_refused_and_leaves_nothing_in_the_registry(
    name: str, client: MlflowClient, s3: Any, content: bytes | None, reason: str
) -> None:
    uri = f"s3://{BUCKET}/bad/{name}/model.tar.gz"
    if content is not None:
        put(s3, content, f"bad/{name}/model.tar.gz")
    with pytest.raises(Unpackable, match=reason):
        ask(registrar(name, client, s3), **trained(name, uri))
    assert left(client, name) == (0, 0, 0)


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
def test_a_disk_that_fails_is_not_the_fault_of_the_package(
    code: int, s3: Any, package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise OSError(code, "the disk")

    monkeypatch.setattr("shutil.copyfileobj", fail)
    with pytest.raises(OSError, match="the disk"):
        unpack(package, tmp_path, s3)


def test_the_champion_is_packed_where_training_reads_it(name: str, client: MlflowClient, s3: Any, package: str) -> None:
    asked = registrar(name, client, s3)
    champion = {"action": "champion", "model": name}
    assert ask(asked, **champion) == {"version": None, "packageUri": None}
    ask(asked, **trained(name, package))
    assert ask(asked, **champion)["version"] is None, "a version without the alias is not live"
    client.set_registered_model_alias(name, "champion", "1")
    uri = f"s3://{BUCKET}/models/{name}/champion/1/model.tar.gz"
    assert ask(asked, **champion) == {"version": "1", "packageUri": uri}
    body = s3.get_object(Bucket=BUCKET, Key=uri.split("/", 3)[3])["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(body)) as packed:
        assert {"MLmodel", "drift_baseline.json"} <= set(packed.getnames())
    for run in ("b", "c"):
        ask(asked, **trained(name, package, run))
    client.set_registered_model_alias(name, "champion", "3")
    client.set_model_version_tag(name, "3", "mlplatform.dev.kubernetes", "rolled-back: slow")
    client.set_model_version_tag(name, "2", "mlplatform.dev.kubernetes", "live")
    assert ask(asked, **champion)["version"] == "2", "what was rolled back is not what has to be beaten"


class Releases:
    """Stands for the release controller: at each look of the registrar it does the next thing."""

    def __init__(self, *steps: Any) -> None:
        self.steps = list(steps)

    def __call__(self, _: float) -> None:
        if not self.steps:
            raise AssertionError("it waits although everything is decided")
        self.steps.pop(0)()


@pytest.fixture
def two_versions(name: str, client: MlflowClient, s3: Any, package: str) -> Registrar:
    asked = registrar(name, client, s3, ("kubernetes", "sagemaker"))
    for run in ("a", "b"):
        ask(asked, **trained(name, package, run))
    return asked


def test_a_version_is_live_when_each_target_says_so(name: str, client: MlflowClient, two_versions: Registrar) -> None:
    tag = lambda target, state: client.set_model_version_tag(name, "2", f"mlplatform.dev.{target}", state)  # noqa: E731
    steps = Releases(
        lambda: tag("kubernetes", "canary"),
        lambda: client.set_model_version_tag(name, "2", "mlplatform.other.kubernetes", "rolled-back: elsewhere"),
        lambda: tag("kubernetes", "live"),
        lambda: tag("sagemaker", "live"),
    )
    request = {"action": "promote", "model": name, "version": "2"}
    assert two_versions.answer(request, lambda: False, steps) == {"outcome": "live"}
    assert client.get_model_version_by_alias(name, "champion").version == "2"
    # Asked again, after somebody else has been promoted, it does not take the alias back.
    client.set_registered_model_alias(name, "champion", "1")
    tag("kubernetes", "retired")
    outcome = two_versions.answer(request, lambda: False, steps)["outcome"]
    assert outcome == "superseded: the alias champion is with version 1"


def test_a_person_who_went_back_after_the_registrar_died_is_not_overruled(
    name: str, client: MlflowClient, s3: Any, package: str
) -> None:
    asked = registrar(name, client, s3)
    for run in ("a", "b"):
        ask(asked, **trained(name, package, run))

    class Dies(BaseException):
        pass

    class Mortal:
        def __getattr__(self, method: str) -> Any:
            real = getattr(client, method)
            if method != "set_model_version_tag":
                return real

            def tag(model: str, version: str, key: str, value: str) -> None:
                if value == "champion":
                    raise Dies
                real(model, version, key, value)

            return tag

    request = {"action": "promote", "model": name, "version": "2"}
    with pytest.raises(Dies):
        registrar(name, Mortal(), s3).answer(request, lambda: False, Releases())
    assert client.get_model_version_by_alias(name, "champion").version == "2"
    client.set_model_version_tag(name, "2", "mlplatform.dev.kubernetes", "canary")
    client.set_registered_model_alias(name, "champion", "1")
    outcome = asked.answer(request, lambda: False, Releases())["outcome"]
    assert outcome == "superseded: the alias champion is with version 1"
    assert client.get_model_version_by_alias(name, "champion").version == "1"


def test_a_version_that_is_taken_back_is_told_with_the_reason(
    name: str, client: MlflowClient, two_versions: Registrar
) -> None:
    state = "rolled-back: p99 was 900 ms"
    steps = Releases(lambda: client.set_model_version_tag(name, "1", "mlplatform.dev.sagemaker", state))
    request = {"action": "promote", "model": name, "version": "1"}
    assert two_versions.answer(request, lambda: False, steps) == {"outcome": state}
    assert two_versions.answer(request, lambda: False, Releases()) == {"outcome": state}


def test_nothing_is_waited_for_where_a_model_is_released_nowhere(
    name: str, client: MlflowClient, s3: Any, package: str
) -> None:
    asked = registrar(name, client, s3, ())
    ask(asked, **trained(name, package))
    assert ask(asked, action="promote", model=name, version="1") == {"outcome": "live"}


def test_a_registry_that_is_away_for_a_while_is_waited_for(
    name: str, client: MlflowClient, s3: Any, package: str
) -> None:
    ask(registrar(name, client, s3), **trained(name, package))
    away = threading.Event()

    class Flaky:
        def __getattr__(self, method: str) -> Any:
            if away.is_set():
                raise ConnectionError("away")
            return getattr(client, method)

    def back() -> None:
        away.clear()
        client.set_model_version_tag(name, "1", "mlplatform.dev.kubernetes", "live")

    request = {"action": "promote", "model": name, "version": "1"}
    steps = Releases(away.set, lambda: None, back)
    assert registrar(name, Flaky(), s3).answer(request, lambda: False, steps) == {"outcome": "live"}


def test_waiting_ends_when_nobody_waits_for_the_answer(name: str, two_versions: Registrar) -> None:
    with pytest.raises(Gone):
        two_versions.answer({"action": "promote", "model": name, "version": "1"}, lambda: True, lambda _: None)


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (["register"], "an object"),
        ({"action": "register"}, "model: None"),
        ({"action": "register", "model": "other"}, "no trained model 'other'; known: churn"),
        ({"action": "delete", "model": "churn"}, "action: 'delete'; allowed: champion, register, promote"),
        ({"action": "register", "model": "churn", "runId": "a"}, "modelPackage: None"),
        ({"action": "register", "model": "churn", "runId": "a'b", "modelPackage": "s3://a"}, "no quotes"),
        ({"action": "promote", "model": "churn", "version": 3}, "version: 3; allowed: a text"),
    ],
)
def test_requests_that_are_wrong_are_refused_with_what_is_wrong(request_: Any, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        registrar("churn", None, None).answer(request_, lambda: False, lambda _: None)


def test_the_configuration_is_read_and_refused_with_the_place() -> None:
    text = (
        '{"stack": "dev", "activityArn": "arn", "region": "eu-west-1", "packages": "s3://data/models/", "models": '
        '[{"name": "churn", "from": "models:/Churn@champion", "targets": ["kubernetes"], "bakeMinutes": 10}]}'
    )
    read = parse(text)
    assert read.models == {"churn": TrainedModel("churn", "Churn", "champion", ("kubernetes",))}
    assert read.packages == "s3://data/models"
    for wrong, reason in [("@champion", "/3"), ('"stack"', '"stak"'), ('["kubernetes"]', '["moon"]')]:
        with pytest.raises(ValueError, match="needs models:/<name>@<alias>|'stack' is missing|not moon"):
            parse(text.replace(wrong, reason))


PACKAGE = f"s3://{BUCKET}/models/churn/run/output/model.tar.gz"


class SignedIn:
    """One version, and what MLflow's sign-in makes of what is relayed: charts/mlflow/files/platform_versions.py."""

    def __init__(self) -> None:
        self.version = ModelVersion("churn", "4", 5, tags=[ModelVersionTag(PACKAGE_TAG, PACKAGE)])

    def search_model_versions(self, asked: str) -> list[ModelVersion]:
        return [self.version] if asked == f"name = 'churn' AND tags.`{PACKAGE_TAG}` = '{PACKAGE}'" else []

    def get_model_version(self, name: str, version: str) -> ModelVersion:
        assert (name, version) == ("churn", "4")
        return self.version

    def set_model_version_tag(self, name: str, version: str, key: str, value: str) -> None:
        assert (name, version, key) == ("churn", "4", RELAYED_TAG)
        made = json.dumps({**json.loads(value), "registered": 5})
        self.version.tags[f"{DECISION_TAG}{len(self.version.tags)}"] = made


def test_what_is_decided_of_a_package_is_passed_on_once_at_whatever_time() -> None:
    client = SignedIn()
    asked = {"action": "decided", "packageUri": PACKAGE, "by": "arn:aws:iam::1:user/ada", "reason": "biased"}
    first = {**asked, "status": "Approved", "at": "2026-12-01T03:04:05.678Z"}
    second = {**asked, "status": "Rejected", "at": "2026-12-02T01:00:00+01:00", "reason": ""}
    noted = [ask(registrar("churn", client, None), **each) for each in (first, first, second, second, first)]
    assert noted[0] == {"model": "churn", "version": "4", "noted": True}
    assert [each["noted"] for each in noted] == [True, False, True, False, False]
    assert [(each.what, each.by, each.at, each.reason) for each in said(client.version)] == [
        ("approved", "arn:aws:iam::1:user/ada", "2026-12-01T03:04:05.678+00:00", "biased"),
        ("rejected", "arn:aws:iam::1:user/ada", "2026-12-02T00:00:00.000+00:00", ""),
    ]
    assert rejected(said(client.version))


def test_what_two_tell_at_once_is_passed_on_once() -> None:
    both = threading.Barrier(2)

    class Slow(SignedIn):
        def search_model_versions(self, asked: str) -> list[ModelVersion]:
            both.wait(10)
            return deepcopy(super().search_model_versions(asked))

        def set_model_version_tag(self, name: str, version: str, key: str, value: str) -> None:
            time.sleep(0.1)
            super().set_model_version_tag(name, version, key, value)

    client = Slow()
    asked = {
        "action": "decided",
        "packageUri": PACKAGE,
        "by": "ada",
        "status": "Approved",
        "at": "2026-12-01T03:04:05Z",
    }
    registering = registrar("churn", client, None)
    with ThreadPoolExecutor(2) as pool:
        noted = [each["noted"] for each in pool.map(lambda _: ask(registering, **asked), range(2))]
    assert sorted(noted) == [False, True]
    assert len(said(client.version)) == 1


def test_what_is_decided_of_one_of_two_versions_of_a_package_is_passed_on_to_that_one() -> None:
    client = SignedIn()
    asked = {"packageUri": PACKAGE, "version": "4", "by": "ann@example.com", "status": "Approved"}
    ask(registrar("churn", client, None), action="decided", at="2026-12-01T03:04:05+00:00", **asked)
    assert [(each.what, each.by) for each in said(client.version)] == [("approved", "ann@example.com")]
    # As of an attempt before, which had made another version of the package.
    client.version = ModelVersion("churn", "4", 1796094246000, tags=[ModelVersionTag(PACKAGE_TAG, PACKAGE)])
    with pytest.raises(Refused, match="allowed: after version 4 was registered"):
        ask(registrar("churn", client, None), action="decided", at="2026-12-01T03:04:05+00:00", **asked)
    assert said(client.version) == []
    with pytest.raises(NotRegistered):
        other = {**asked, "packageUri": f"{PACKAGE}2"}
        ask(registrar("churn", client, None), action="decided", at="2026-12-01T03:04:05+00:00", **other)


@pytest.mark.parametrize(
    ("over", "error", "reason"),
    [
        ({"packageUri": f"{PACKAGE}2"}, NotRegistered, "no version of churn is of"),
        ({"packageUri": f"s3://{BUCKET}/models/churn2/model.tar.gz"}, Refused, "of no trained model; known: churn"),
        ({"status": "PendingManualApproval"}, Refused, "allowed: Approved, Rejected"),
        ({"by": ""}, Refused, "by: ''; allowed: a text"),
        ({"at": "yesterday"}, ValueError, "yesterday"),
    ],
)
def test_what_cannot_be_passed_on_says_why(over: dict[str, str], error: type[Exception], reason: str) -> None:
    asked = {"packageUri": PACKAGE, "by": "ada", "status": "Rejected", "at": "2026-12-01T03:04:05Z", **over}
    client = SignedIn()
    with pytest.raises(error, match=reason):
        ask(registrar("churn", client, None), action="decided", **asked)
    assert said(client.version) == []
