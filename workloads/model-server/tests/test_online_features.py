"""Requests that only say of whom, answered by a real server: features from a real PostgreSQL, and by boto3 from SageMaker's store as it is played."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
import pytest
from mlflow.models import infer_signature
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from mlplatform.feature_store import FeatureStore
from mlplatform.feature_store.group import FeatureGroup
from mlplatform.feature_store.postgres import PostgresStore
from mlplatform.feature_store.sagemaker import SageMakerStore
from model_server import protocol
from model_server.loading import load
from model_server.online_features import MOST_ENTITIES, online_features
from model_server.settings import SettingsError, load_settings
from server import Server

sys.path.append(str(Path(__file__).resolve().parents[2] / "mlplatform" / "tests"))
from feature_store_server import feature_store_server
from postgres_server import postgres_server
from sagemaker_features import Athena, FeatureStoreRuntime

GROUP = FeatureGroup(
    "mlplatform-dev-churn",
    "features_churn",
    "customer_id",
    {"tenure": "Integral", "charges": "Fractional", "plan": "String", "autopay": "String", "unread": "String"},
)
TOLD = json.dumps({"name": GROUP.name, "table": GROUP.table, "entity": GROUP.entity, "columns": GROUP.columns})
NOW = datetime.now(UTC).replace(microsecond=0)
ROWS = pd.DataFrame(
    {
        "tenure": [1.0, 40.0, 3.0, 25.0],
        "charges": [99.5, 20.0, 80.25, 30.0],
        "plan": ["basic", "plus", "basic", "plus"],
        "autopay": [False, True, True, False],
    }
)
KEYS = ["a", "b", "3", "4"]


@dataclass
class Stand:
    server: Server
    store: FeatureStore
    #: Calls of SageMaker's store; PostgreSQL counts none.
    asked: list[str]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = str(tmp_path_factory.mktemp("model") / "m")
    columns = ColumnTransformer([("texts", OneHotEncoder(handle_unknown="ignore"), ["plan"])], remainder="passthrough")
    fitted = make_pipeline(columns, LogisticRegression(C=1e-3)).fit(ROWS, [1, 0, 1, 0])
    signature = infer_signature(ROWS, fitted.predict_proba(ROWS))
    mlflow.sklearn.save_model(
        fitted, path, signature=signature, pyfunc_predict_fn="predict_proba", serialization_format="cloudpickle",
        pip_requirements=["mlflow-skinny"],
    )  # fmt: skip
    return path


def publish(store: FeatureStore) -> None:
    known = ROWS.assign(tenure=ROWS["tenure"].astype(int), customer_id=KEYS, event_time=NOW - timedelta(days=1))
    store.put(known.to_dict("records"))


@contextmanager
def sagemaker() -> Iterator[tuple[FeatureStore, dict[str, str], list[str]]]:
    runtime = FeatureStoreRuntime(GROUP)
    store = SageMakerStore(GROUP, runtime, Athena(runtime.history), "database", "workgroup")
    with feature_store_server(runtime) as (address, asked):
        variables = {
            "AWS_ENDPOINT_URL_SAGEMAKER_FEATURESTORE_RUNTIME": address,
            **{"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-1"},
            **{"AWS_ACCESS_KEY_ID": "made-up", "AWS_SECRET_ACCESS_KEY": "made-up"},
        }
        yield store, variables, asked


@contextmanager
def postgres() -> Iterator[tuple[FeatureStore, dict[str, str], list[str]]]:
    with postgres_server() as address:
        store = PostgresStore(GROUP, address)
        store.make()
        yield store, {"MODEL_SERVER_FEATURES_STORE": address}, []


@pytest.fixture(scope="module", params=[sagemaker, postgres], ids=lambda each: each.__name__)
def stand(request: pytest.FixtureRequest, model: str) -> Iterator[Stand]:
    with request.param() as (store, variables, asked):
        publish(store)
        with Server(SOURCE=model, FEATURES=TOLD, WORKERS=1, variables=variables) as server:
            yield Stand(server.ready(workers=1), store, asked)


def answers(model: str, rows: pd.DataFrame) -> Any:
    return load(model).pyfunc.predict(rows).tolist()


def test_a_request_with_the_key_alone_is_answered_as_one_with_all_features(stand: Stand, model: str) -> None:
    wanted = answers(model, ROWS)
    records = [{"customer_id": key} for key in KEYS]
    assert stand.server.predict({"dataframe_records": records}) == (200, {"predictions": wanted})
    split = {"columns": ["customer_id"], "data": [["a"], ["b"], [3], [4]]}
    assert stand.server.predict({"dataframe_split": split}) == (200, {"predictions": wanted})
    lines = "\n".join(json.dumps(each) for each in records)
    status, _, text = stand.server.ask("POST", "/invocations", lines, {"Content-Type": "application/jsonlines"})
    assert status == 200 and [json.loads(line)["prediction"] for line in text.splitlines()] == wanted


def test_what_a_request_says_itself_counts_beside_what_is_known(stand: Stand, model: str) -> None:
    status, told = stand.server.predict({"dataframe_records": [{"customer_id": "a", "plan": "plus"}]})
    assert (status, told) == (200, {"predictions": answers(model, ROWS.head(1).assign(plan="plus"))})


def test_complete_rows_ask_nobody(stand: Stand, model: str) -> None:
    before = len(stand.asked)
    rows = ROWS.assign(customer_id="nobody").to_dict("records")
    assert stand.server.predict({"dataframe_records": rows}) == (200, {"predictions": answers(model, ROWS)})
    assert len(stand.asked) == before


def test_what_was_published_last_is_what_counts_and_what_is_forgotten_is_not_known(stand: Stand, model: str) -> None:
    asking = {"dataframe_records": [{"customer_id": "new"}]}
    for features in ({"tenure": 2, "charges": 10.5}, {"tenure": 60, "charges": 70.0}):
        row = {**features, "plan": "basic", "autopay": True}
        at = NOW + timedelta(seconds=features["tenure"])
        stand.store.put([{"customer_id": "new", "event_time": at, **row}])
        rows = pd.DataFrame([{**row, "tenure": float(features["tenure"])}])
        assert stand.server.predict(asking) == (200, {"predictions": answers(model, rows)})
    stand.store.forget("new", NOW + timedelta(hours=1))
    status, told = stand.server.predict(asking)
    assert (status, told["reason"]) == (404, "unknown_entity")


@pytest.mark.parametrize(
    ("records", "status", "reason", "said"),
    [
        ([{"customer_id": "a"}, {"customer_id": "x"}, {"customer_id": "y"}], 404, "unknown_entity", "'x', and of 1 more"),
        ([{"customer_id": None}], 400, "malformed_input", "customer_id: None says of whom"),
        ([{"customer_id": 1.5}], 400, "malformed_input", "customer_id: 1.5 says of whom"),
        ([{"customer_id": "a\x00"}], 400, "malformed_input", "text without a NUL"),
        ([{"customer_id": "x" * 5000}], 404, "unknown_entity", "'" + "x" * 100 + "';"),
        ([{"plan": "basic"}], 400, "schema", "tenure"),
        ([{"customer_id": str(n)} for n in range(MOST_ENTITIES + 1)], 413, "too_many_entities", "1000"),
    ],
)  # fmt: skip
def test_what_cannot_be_completed_is_refused_with_the_reason(
    stand: Stand, records: list[dict[str, Any]], status: int, reason: str, said: str
) -> None:
    got, told = stand.server.predict({"dataframe_records": records})
    assert (got, told["reason"]) == (status, reason) and said in told["message"]


def named(name: str, datatype: str, data: list[Any]) -> dict[str, Any]:
    return {"name": name, "shape": [len(data)], "datatype": datatype, "data": data}


V2 = "/v2/models/churn/infer"


@pytest.mark.parametrize(
    ("path", "kind", "body"),
    [
        ("/invocations", "text/csv", "customer_id\na\nb\n"),
        ("/invocations", "text/csv", "customer_id,plan,autopay,tenure\na,plus,True,3\n"),
        ("/invocations", "application/vnd.apache.parquet", pd.DataFrame({"customer_id": ["a"]}).to_parquet()),
        ("/invocations", "application/json", json.dumps({"instances": [{"customer_id": "a"}]})),
        ("/invocations", "application/json", json.dumps({"inputs": {"customer_id": ["a"]}})),
        (V2, "application/json", json.dumps({"inputs": [named("customer_id", "BYTES", ["a"])]})),
    ],
)  # fmt: skip
def test_a_form_that_is_not_completed_says_which_is(stand: Stand, path: str, kind: str, body: str | bytes) -> None:
    before = len(stand.asked)
    status, _, text = stand.server.ask("POST", path, body, {"Content-Type": kind})
    told = json.loads(text)
    message = told["error"] if path == V2 else told["message"]  # That protocol has no other field.
    assert (status, told.get("reason")) == (400, None if path == V2 else "features_not_looked_up"), text
    assert "dataframe_records" in message and "charges" in message
    assert len(stand.asked) == before


def test_tables_that_say_all_that_the_model_reads_are_answered_whoever_they_are_of(stand: Stand, model: str) -> None:
    table = ROWS.assign(customer_id="nobody").to_csv(index=False)
    status, _, text = stand.server.ask("POST", "/invocations", table, {"Content-Type": "text/csv"})
    assert (status, json.loads(text)) == (200, {"predictions": answers(model, ROWS)})


def test_a_lookup_keeps_no_other_large_body_waiting(model: str) -> None:
    free = []

    class Slow:
        def complete(self, payload: dict[str, Any], schema: Any) -> None:
            free.append(protocol._one_large_body.acquire(timeout=1))
            if free[-1]:
                protocol._one_large_body.release()

        def refuse(self, columns: Any, schema: Any) -> None:
            raise AssertionError(columns)

    body = json.dumps({"dataframe_records": ROWS.to_dict("records")}) + " " * protocol._LARGE_BYTES
    answered = protocol.predict(body.encode(), "application/json", load(model), 2 * len(body), Slow())
    assert (free, answered.answer) == ([True], answers(model, ROWS))


def test_without_the_store_only_complete_rows_are_answered(model: str) -> None:
    gone = {"MODEL_SERVER_FEATURES_STORE": "postgresql://nobody@127.0.0.1:1/features"}
    with Server(SOURCE=model, FEATURES=TOLD, WORKERS=1, variables=gone) as server:
        status, told = server.ready(workers=1).predict({"dataframe_records": [{"customer_id": "a"}]})
        assert (status, told["reason"]) == (503, "features_unavailable")
        # It is no fault of the request's, so that alerts and canaries count it.
        assert server.metric("model_predictions_total", outcome="error") == 1
        assert server.metric("model_input_rejected_total") == 0
        assert server.predict({"dataframe_records": ROWS.to_dict("records")})[0] == 200
        assert "127.0.0.1" not in told["message"] and "127.0.0.1" in server.log.read_text()


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ("{", "no JSON"),
        ("[]", "no JSON object"),
        ('{"name": "a"}', "no, or a wrong columns, entity, table"),
        (TOLD.replace("Integral", "Whole"), "a group needs features of the types"),
        (TOLD.replace('"table": "', '"table": "x y'), ".* is no name of a column or table"),
    ],
)
def test_a_description_that_cannot_be_used_keeps_the_version_from_serving(told: str, said: str) -> None:
    settings = replace(load_settings({}), features=told, features_store="postgresql://user@host/features")
    with pytest.raises(SettingsError, match=f"MODEL_SERVER_FEATURES: {said}"):
        online_features(settings)
