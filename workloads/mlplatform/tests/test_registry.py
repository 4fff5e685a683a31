from concurrent.futures import ThreadPoolExecutor

import mlflow
import numpy as np
import pandas as pd
import pytest
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import PERMISSION_DENIED
from sklearn.linear_model import LinearRegression

from mlplatform.baseline import Baseline
from mlplatform.gate import Verdict
from mlplatform.registry import GateClosed, champion, incumbent, keep_baseline, promote, register

PASSED = Verdict(True)


@pytest.fixture
def log(tmp_path, monkeypatch):
    """Logs one more small model in a registry of the test's own."""
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path}/mlflow.db")
    experiment = mlflow.create_experiment("tests", artifact_location=(tmp_path / "artifacts").as_uri())
    frame = pd.DataFrame({"x": [1.0, 2.0, 3.0]})

    def make():
        with mlflow.start_run(experiment_id=experiment):
            return mlflow.sklearn.log_model(
                LinearRegression().fit(frame, frame["x"]), name="model", input_example=frame, pip_requirements=[]
            )

    yield make
    mlflow.set_tracking_uri(before)


def test_a_name_that_is_there_gets_one_more_version(log):
    assert [str(register("m", log()).version) for _ in range(2)] == ["1", "2"]
    assert sorted(str(each.version) for each in MlflowClient().search_model_versions("name = 'm'")) == ["1", "2"]


@pytest.mark.parametrize("name", ["o'brien", 'the "best"', "it's ' twice"])
def test_a_name_with_a_quotation_mark_is_found_again(log, name):
    model = log()
    first, second = register(name, model), register(name, model)
    assert (str(first.version), str(second.version)) == ("1", "1")
    promote(first, PASSED)
    assert incumbent(name).version == first.version


def test_a_name_that_could_never_be_found_again_is_refused_before_it_is_made(log):
    with pytest.raises(ValueError, match="both kinds of quotation marks"):
        register("""o'brien's "best\"""", log())
    assert MlflowClient().search_registered_models() == []


def test_a_task_that_is_tried_again_makes_no_second_version(log):
    model = log()
    first, second = register("m", model, {"a": "1"}), register("m", model)
    assert first.version == second.version
    assert len(MlflowClient().search_model_versions("name = 'm'")) == 1


def test_two_trainers_may_begin_at_once(log):
    models = [log(), log(), log()]
    with ThreadPoolExecutor(3) as pool:
        versions = list(pool.map(lambda model: register("m", model), models))
    assert sorted(str(version.version) for version in versions) == ["1", "2", "3"]


def test_the_baseline_stays_with_the_version(log):
    model = log()
    baseline = Baseline.of({"x": np.arange(50.0)}, np.arange(50.0))
    keep_baseline(model, baseline)
    version = register("m", model, {"who": "me"})
    uri = f"models:/m/{version.version}/drift_baseline.json"
    assert version.tags == {"drift_baseline_uri": uri, "who": "me"}
    assert mlflow.artifacts.load_text(uri) == baseline.to_json()
    assert "drift_baseline_uri" not in register("m", log()).tags


def test_the_alias_moves_and_the_way_back_is_known(log):
    assert champion("m") is None
    first, second = register("m", log()), register("m", log())
    assert champion("m") is None
    assert promote(first, PASSED) is None
    before = promote(second, PASSED)
    assert before is not None and before.version == first.version
    assert champion("m").version == second.version
    assert champion("m").tags["mlplatform.gate"] == "passed"


def test_where_the_release_path_moves_the_alias_a_version_is_asked_for(log, monkeypatch):
    version = register("m", log())
    client = MlflowClient()
    forbidden = MlflowException("the tag or alias is the platform's", PERMISSION_DENIED)
    allowed = client.set_registered_model_alias

    def refuse(*_):
        raise forbidden

    monkeypatch.setattr(client, "set_model_version_tag", refuse)
    monkeypatch.setattr(
        client,
        "set_registered_model_alias",
        lambda name, alias, number: refuse() if alias == "champion" else allowed(name, alias, number),
    )
    assert promote(version, PASSED, client=client) is None
    assert client.get_registered_model("m").aliases == {"candidate": version.version}
    with pytest.raises(GateClosed):
        promote(version, Verdict(False, ("auc is low",)), client=client)


def test_another_refusal_than_that_is_not_passed_over(log, monkeypatch):
    version = register("m", log())
    client = MlflowClient()

    def fail(*_):
        raise MlflowException("the database is away")

    monkeypatch.setattr(client, "set_registered_model_alias", fail)
    with pytest.raises(MlflowException, match="is away"):
        promote(version, PASSED, client=client)


def test_who_did_not_pass_does_not_go_live(log):
    first, second = register("m", log()), register("m", log())
    promote(first, PASSED)
    with pytest.raises(GateClosed, match="version 2 of m did not pass: auc is low"):
        promote(second, Verdict(False, ("auc is low",)))
    assert champion("m").version == first.version
    assert MlflowClient().get_model_version("m", "2").tags["mlplatform.gate"] == "auc is low"


def test_a_candidate_is_compared_with_what_is_live_where_the_alias_was_rolled_back(log):
    for _ in range(3):
        version = register("m", log())
    client = MlflowClient()
    assert incumbent("m") is None
    promote(version, PASSED)
    assert incumbent("m").version == version.version
    client.set_model_version_tag("m", "3", "mlplatform.dev.kubernetes", "rolled-back: 9 of 9 requests failed")
    client.set_model_version_tag("m", "3", "mlplatform.dev.kubernetes.reason", "9 of 9 requests failed")
    assert incumbent("m") is None
    client.set_model_version_tag("m", "1", "mlplatform.dev.kubernetes", "live")
    client.set_model_version_tag("m", "2", "mlplatform.dev.kubernetes", "retired")
    assert str(incumbent("m").version) == "1"
    client.set_model_version_tag("m", "3", "mlplatform.dev.sagemaker", "live")
    assert str(incumbent("m").version) == "3"


def test_an_outage_is_not_taken_for_a_missing_champion(monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(mlflow.exceptions.MlflowException):
        champion("m", client=MlflowClient("http://127.0.0.1:9"))


class Denying:
    """A client of a server with sign-in, as whoever may read the models of `seen` and no alias of theirs."""

    def __init__(self, seen):
        self.seen = seen

    def get_model_version_by_alias(self, name, alias):
        raise MlflowException("Permission denied", error_code=PERMISSION_DENIED)

    def search_registered_models(self, wanted):
        return [name for name in self.seen if wanted == f"name = '{name}'"]


def test_a_server_with_sign_in_denies_models_that_are_not_there():
    assert champion("churn", client=Denying([])) is None
    with pytest.raises(MlflowException, match="Permission denied"):
        champion("churn", client=Denying(["churn"]))
