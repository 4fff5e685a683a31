"""A version that a person asks for, from the alias to what is said on it: a real MLflow, moto's bucket, a measurement made up."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import mlflow
import numpy
import pytest
import yaml
from mlflow import MlflowClient
from mlflow.protos import databricks_pb2
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from conftest import bucket, configured
from local_platform.mlflow_server import MlflowServer
from mlplatform.integrity import INTEGRITY_TAG
from model_release import registrar as registrars
from model_release.approval import Approvals, evaluation_tag, gate_tag, promoted_tag
from model_release.artifacts import Unpackable
from model_release.candidate import asked_for, checked_tag, runs_code
from model_release.check import Check
from model_release.config import model as followed
from model_release.decisions import DECISION_TAG
from model_release.integrity import Integrity
from model_release.registrar import Refused, Registrar, _described
from model_release.registrar_config import RegistrarConfig, TrainedModel
from model_release.step import Failed, NothingAsked

BUCKET = "checks"
ROWS = numpy.random.default_rng(7).normal(size=(50, 3))
GATE = {"metric": "auc", "atLeast": 0.8, "beatChampion": True}
PASSING = {"rows": 50, "candidate": {"auc": 0.9}, "champion": {"auc": 0.85}, "drift": None}
LOWER = {**PASSING, "candidate": {"auc": 0.84}}


@pytest.fixture(scope="module")
def s3(aws: str) -> Iterator[Any]:
    with bucket(aws, BUCKET) as client:
        yield client


class Asked:
    """A model whose loop has one approved run, and a person with a version of their own."""

    def __init__(self, client: MlflowClient, s3: Any, name: str) -> None:
        self.client, self.s3, self.name = client, s3, name
        self.runs = 0
        live = self.register()
        package = f"s3://{BUCKET}/models/{name}/{name}-run-1/output/model.tar.gz"
        client.set_model_version_tag(name, live, "mlplatform.package", package)
        client.set_model_version_tag(name, live, gate_tag("dev"), "passed")
        client.set_model_version_tag(name, live, promoted_tag("dev"), "champion")
        client.set_registered_model_alias(name, "champion", live)
        self.put(f"extracts/{name}/{name}-run-1/test/rows.csv", "rows")

    def put(self, key: str, body: Any) -> None:
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=body if isinstance(body, str) else json.dumps(body))

    def register(self, model: Any = None, **more: Any) -> str:
        with mlflow.start_run():
            fitted = model or LogisticRegression().fit(ROWS, ROWS[:, 0] > 0)
            info = mlflow.sklearn.log_model(
                fitted, name="model", registered_model_name=self.name, pip_requirements=[], **more
            )
        return str(info.registered_model_version)

    def ask(self, version: str, by: str = "nora@example.com") -> None:
        """As MLflow's sign-in notes it."""
        self.client.set_registered_model_alias(self.name, "candidate", version)
        found = self.client.get_model_version(self.name, version)
        made = sum(key.startswith(DECISION_TAG) for key in found.tags)
        said = {"decision": "asked", "by": by, "at": str(made), "registered": found.creation_timestamp}
        self.client.set_model_version_tag(self.name, version, f"{DECISION_TAG}{made}", json.dumps(said))

    def check(self, evaluation: dict[str, Any] | None = None) -> tuple[dict[str, Any], str]:
        """One run of the DAG, and how it ended. `evaluation` is what the training image would leave; without it, it fails."""
        self.runs += 1
        run = f"check-{self.name}-{self.runs}"
        reports = f"s3://{BUCKET}/outputs/{self.name}/{run}/"
        request = {
            "reports": reports,
            "record": f"s3://{BUCKET}/metadata/{self.name}/runs/{run}.json",
            "rows": {"folder": f"s3://{BUCKET}/extracts/{self.name}/", "ofRun": True},
            "gate": GATE,
            "registry": {
                **{"stack": "dev", "region": "eu-west-1", "packages": f"s3://{BUCKET}/models"},
                **{"name": self.name, "from": f"models:/{self.name}@champion", "targets": ["kubernetes"]},
            },
        }
        states: dict[str, str] = {}

        def registrar(config: RegistrarConfig) -> Any:
            asked = Registrar(
                lambda: config, self.client, self.s3, integrity=Integrity(self.client, "made-up", "registrar")
            )
            return lambda wanted: asked.answer(wanted, lambda: False, lambda _: None)

        def step(action: str) -> None:
            Check(self.s3, registrar, run=run, reason="schedule", hyperparameters={}, states=states).do(
                {**request, "action": action}
            )

        for action in ("candidate", "champion", "evaluate", "judge"):
            try:
                if action != "evaluate":
                    step(action)
                elif evaluation is None:
                    raise Failed("Any", "the image fails")
                else:
                    self.put(f"outputs/{self.name}/{run}/evaluation.json", evaluation)
                states[action] = "success"
            except Failed:
                states[action] = "failed"
                break
        try:
            step("recordCheck")
            ended = "passed"
        except Failed as failure:
            ended = str(failure)
        record = self.s3.get_object(Bucket=BUCKET, Key=f"metadata/{self.name}/runs/{run}.json")["Body"].read()
        return json.loads(record), ended

    def tags(self, version: str) -> dict[str, str]:
        found: dict[str, str] = self.client.get_model_version(self.name, version).tags
        return found

    def promote(self, manual: bool = True) -> str:
        """One look of the release controller; the version with the alias after it."""
        model = followed(
            {**configured(), "from": f"models:/{self.name}@champion", "approval": {"gate": True, "manual": manual}}
        )
        Approvals(self.client, "dev").settle(model)
        return str(self.client.get_model_version_by_alias(self.name, "champion").version)

    def approve(self, version: str) -> None:
        found = self.client.get_model_version(self.name, version)
        said = {"decision": "approved", "by": "lea@example.com", "at": "9", "registered": found.creation_timestamp}
        self.client.set_model_version_tag(self.name, version, f"{DECISION_TAG}9", json.dumps(said))


@pytest.fixture
def asked(request: pytest.FixtureRequest, mlflow_server: MlflowServer, s3: Any) -> Asked:
    mlflow.set_tracking_uri(mlflow_server.uri)
    name = request.node.name.removeprefix("test_").replace("[", "-").replace("]", "").replace("_", "-")
    return Asked(MlflowClient(), s3, name)


def test_a_version_that_passes_goes_live_once_it_is_approved_and_the_record_says_who_asked(asked: Asked) -> None:
    version = asked.register()
    asked.ask(version)
    assert asked.promote() == "1"
    record, ended = asked.check(PASSING)
    assert ended == "passed"
    assert record["reason"] == f"nora@example.com asked for version {version}"
    assert record["verdict"] == {"outcome": "passed"}
    assert record["candidate"]["testUri"] == f"s3://{BUCKET}/extracts/{asked.name}/{asked.name}-run-1/test/"
    tags = asked.tags(version)
    assert tags[gate_tag("dev")] == "passed"
    assert tags[evaluation_tag("dev")] == f"s3://{BUCKET}/metadata/{asked.name}/runs/{record['run']}.json"
    assert INTEGRITY_TAG in tags  # What was measured is what is served.
    assert asked.promote() == "1"
    asked.approve(version)
    assert asked.promote() == version


def test_without_an_approver_it_goes_live_when_it_has_passed(asked: Asked) -> None:
    version = asked.register()
    asked.ask(version)
    assert asked.promote(manual=False) == "1"
    asked.check(PASSING)
    assert asked.promote(manual=False) == version


def test_a_version_that_is_not_better_does_not_go_live_though_it_is_approved_until_asked_again(asked: Asked) -> None:
    version = asked.register()
    asked.ask(version)
    record, ended = asked.check(LOWER)
    why = "auc is 0.8400, more than 0.8500 is asked: the live version has that"
    assert why in ended and why in record["verdict"]["cause"]
    assert asked.tags(version)[gate_tag("dev")].startswith("did not pass: The candidate did not pass")
    asked.approve(version)
    assert asked.promote() == "1"
    with pytest.raises(NothingAsked):
        asked.check(PASSING)
    asked.ask(version)
    assert asked.check(PASSING)[1] == "passed"


def test_nothing_is_done_where_nobody_asks_and_what_has_passed_is_not_measured_again(asked: Asked) -> None:
    with pytest.raises(NothingAsked):
        asked.check(PASSING)
    version = asked.register()
    asked.ask(version)
    asked.check(PASSING)
    asked.ask(version)
    with pytest.raises(NothingAsked):
        asked.check(LOWER)


GAVE_UP = timedelta(seconds=-1)


def take_up(asked: Asked, run: str) -> dict[str, Any]:
    """What the registrar tells a run, which then says nothing more."""
    models = {asked.name: TrainedModel(asked.name, asked.name, "champion", ("kubernetes",))}
    config = RegistrarConfig("dev", "eu-west-1", "", f"s3://{BUCKET}/models", models)
    given = {"action": "candidate", "model": asked.name, "runId": run}
    return Registrar(lambda: config, asked.client, asked.s3).answer(given, lambda: False, lambda _: None)


def test_a_version_whose_reading_was_broken_off_is_refused_by_the_next_run_and_not_read_again(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any, **__: Any) -> None:
        raise OSError("killed for its memory")

    version = asked.register()
    asked.ask(version)
    with monkeypatch.context() as broken:
        broken.setattr(registrars, "pack", away)
        with pytest.raises(OSError, match="memory"):
            take_up(asked, "first")
        assert take_up(asked, "second") == {"version": None}  # The first may be at it still.
        broken.setattr(registrars, "READING", GAVE_UP)
        with pytest.raises(OSError, match="memory"):
            take_up(asked, "first")
        record, ended = asked.check(PASSING)
    assert "run first began with it and gave up. Ask again" in ended
    assert record["reason"] == f"nora@example.com asked for version {version}"
    assert asked.tags(version)[gate_tag("dev")].startswith("did not pass: ")
    with pytest.raises(NothingAsked):
        asked.check(PASSING)
    asked.ask(version)
    assert asked.check(PASSING)[1] == "passed"


def test_a_run_that_took_a_version_up_and_says_no_more_is_answered_for_by_the_next(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registrars, "CHECKING", GAVE_UP)
    version = asked.register()
    asked.ask(version)
    assert take_up(asked, "first")["refused"] is None
    assert "run first began with it and gave up" in asked.check(PASSING)[1]
    with pytest.raises(NothingAsked):  # It has had its answer.
        asked.check(PASSING)


def test_a_reading_that_took_so_long_that_another_run_has_answered_goes_no_further(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registrars, "READING", GAVE_UP)
    pack = registrars.pack

    def slow(*given: Any, **more: Any) -> Any:
        assert "gave up" in take_up(asked, "second")["refused"]
        return pack(*given, **more)

    asked.ask(asked.register())
    monkeypatch.setattr(registrars, "pack", slow)
    assert take_up(asked, "first") == {"version": None}


def test_a_measurement_that_fails_is_no_pass(asked: Asked) -> None:
    version = asked.register()
    asked.ask(version)
    _, ended = asked.check(None)
    assert "the check ended with evaluate: failed" in ended
    assert asked.tags(version)[gate_tag("dev")] == "did not pass: the check ended with evaluate: failed"


def test_rows_of_the_approved_run_that_are_gone_are_said(asked: Asked) -> None:
    asked.s3.delete_object(Bucket=BUCKET, Key=f"extracts/{asked.name}/{asked.name}-run-1/test/rows.csv")
    version = asked.register()
    asked.ask(version)
    assert "start the loop, and ask again" in asked.check(PASSING)[1]


def test_before_any_run_has_gone_live_there_is_nothing_to_measure_on(asked: Asked) -> None:
    asked.client.delete_model_version_tag(asked.name, "1", promoted_tag("dev"))
    version = asked.register()
    asked.ask(version)
    assert "no run of the loop has gone live yet" in asked.check(PASSING)[1]


def test_a_model_that_could_tell_the_check_what_to_find_is_not_read(asked: Asked) -> None:
    version = asked.register(serialization_format="cloudpickle")
    asked.ask(version)
    record, ended = asked.check(PASSING)
    assert "it is saved as cloudpickle, which can hold any code" in ended
    assert "evaluation" not in record
    assert asked.tags(version)[gate_tag("dev")].startswith("did not pass: ")
    assert checked_tag("dev") in asked.tags(version)


@pytest.mark.parametrize(
    "written", [b"utc_time_created: 2026-99-99", b"\xff\xfe", b"[" * 5000], ids=["no date", "no text", "too deep"]
)
def test_a_description_that_cannot_be_read_is_an_answer(tmp_path: Path, written: bytes) -> None:
    (tmp_path / "MLmodel").write_bytes(written)
    with pytest.raises(Unpackable, match="its MLmodel cannot be read"):
        _described(tmp_path)


def test_nobody_asks_of_a_model_that_may_not_be_read_since_it_is_not_there() -> None:
    def refused(*_: str) -> None:
        raise mlflow.MlflowException("no", error_code=databricks_pb2.PERMISSION_DENIED)

    client = SimpleNamespace(get_model_version_by_alias=refused, search_registered_models=lambda *_, **__: [])
    assert asked_for(client, SimpleNamespace(registered="churn"), "dev", "run") is None  # type: ignore[arg-type]


def test_only_a_verdict_is_noted(asked: Asked) -> None:
    with pytest.raises(Refused, match="passed"):
        Registrar(lambda: RegistrarConfig("dev", "", "", "", {}), asked.client, asked.s3)._judged(
            None,
            {"version": "1", "passed": "true"},
            "dev",  # type: ignore[arg-type]
        )


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("saved") / "model"
    mlflow.sklearn.save_model(LogisticRegression().fit(ROWS, ROWS[:, 0] > 0), folder, pip_requirements=[])
    found: dict[str, Any] = yaml.safe_load(Path(folder, "MLmodel").read_text())
    return found


class TestRunsCode:
    def changed(self, described: dict[str, Any], flavor: str, **keys: Any) -> dict[str, Any]:
        flavors = described["flavors"]
        return {**described, "flavors": {**flavors, flavor: {**flavors[flavor], **keys}}}

    def test_is_no_for_what_mlflow_saves_by_itself(self, described: dict[str, Any]) -> None:
        assert runs_code(described) is None
        # Of trees, and of trees over categories, which check their input by a function of scikit-learn's.
        for types in (["sklearn.tree._tree.Tree"], ["functools.partial", "sklearn.utils.validation.check_array"]):
            assert runs_code(self.changed(described, "sklearn", skops_trusted_types=types)) is None

    @pytest.mark.parametrize(
        "flavor,keys,why",
        [
            ("sklearn", {"serialization_format": "pickle"}, "saved as pickle"),
            ("sklearn", {"serialization_format": None}, "saved as None"),
            ("sklearn", {"code": "code"}, "code_paths"),
            ("sklearn", {"skops_trusted_types": ["posix.system"]}, "posix.system"),
            ("sklearn", {"skops_trusted_types": ["functools.partial", "os.system"]}, "os.system"),
            ("sklearn", {"skops_trusted_types": ["sklearn.utils._testing.check_output"]}, "check_output"),
            ("sklearn", {"skops_trusted_types": "sklearn.tree._tree.Tree"}, "not known to be plain"),
            ("sklearn", {"pickled_model": "../model.pkl"}, "not where mlflow.sklearn writes it"),
            ("python_function", {"code": "code"}, "code_paths"),
            ("python_function", {"loader_module": "os"}, "read by os"),
            ("python_function", {"data": "other/model.pkl"}, "keys that mlflow.sklearn does not write: data"),
            ("python_function", {"model_path": "other/model.skops"}, "not where mlflow.sklearn writes it"),
        ],
    )
    def test_is_yes_for_what_an_author_may_have_changed(
        self, described: dict[str, Any], flavor: str, keys: dict[str, Any], why: str
    ) -> None:
        assert why in str(runs_code(self.changed(described, flavor, **keys)))

    def test_is_yes_for_other_flavors_and_for_what_is_no_description(self, described: dict[str, Any]) -> None:
        own = described["flavors"]
        for flavors in ({}, None, [], {"python_function": own["python_function"]}, {**own, "xgboost": {}}):
            assert runs_code({"flavors": flavors})
        assert runs_code({"flavors": {"python_function": None, "sklearn": None}})

    def test_is_yes_for_a_function_that_a_pipeline_calls(self, tmp_path: Path) -> None:
        model = make_pipeline(FunctionTransformer(numpy.save), LogisticRegression())
        mlflow.sklearn.save_model(model, tmp_path / "model", pip_requirements=[], skops_trusted_types=["numpy.save"])
        assert "numpy.save" in str(runs_code(yaml.safe_load((tmp_path / "model" / "MLmodel").read_text())))
