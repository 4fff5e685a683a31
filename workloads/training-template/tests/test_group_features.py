"""Features that `prepare` publishes and reads: with a real PostgreSQL, and by boto3 with SageMaker's store as it is played."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest
import requests

from churn.data import FLAGS, INPUTS, TARGET, customers
from churn.data import main as write_customers
from churn.feature_store import group
from conftest import Root
from mlplatform.feature_store import FeatureStore
from mlplatform.feature_store.group import FeatureGroup
from mlplatform.feature_store.postgres import PostgresStore
from mlplatform.feature_store.sagemaker import SageMakerStore
from training_template.group_features import group_features
from training_template.hyperparameters import Unusable

sys.path.append(str(Path(__file__).resolve().parents[2] / "mlplatform" / "tests"))
from feature_store_server import feature_store_server
from postgres_server import postgres_server
from sagemaker_features import Athena, FeatureStoreRuntime

CHURN = group("mlplatform-dev-churn")
THEN = datetime(2026, 1, 31, 12, tzinfo=UTC)
DAY = timedelta(days=1)
NAMES = [str(number) for number in range(600)]


def told(of: FeatureGroup) -> str:
    return json.dumps({"name": of.name, "table": of.table, "entity": of.entity, "columns": dict(of.columns)})


@dataclass
class Stand:
    store: FeatureStore
    #: Of a container that reaches it.
    variables: dict[str, str]


@contextmanager
def sagemaker() -> Iterator[Stand]:
    runtime = FeatureStoreRuntime(CHURN)
    with feature_store_server(runtime) as (address, _):
        variables = {
            "FEATURE_STORE": "sagemaker://",
            "MODEL_SERVER_FEATURES_STORE": "sagemaker://",
            "AWS_ENDPOINT_URL_SAGEMAKER_FEATURESTORE_RUNTIME": address,
            **{"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-1"},
            **{"AWS_ACCESS_KEY_ID": "made-up", "AWS_SECRET_ACCESS_KEY": "made-up"},
        }
        yield Stand(SageMakerStore(CHURN, runtime, Athena(runtime.history), "database", "workgroup"), variables)


@contextmanager
def postgres() -> Iterator[Stand]:
    with postgres_server() as address:
        made = PostgresStore(CHURN, address)
        made.make()
        yield Stand(made, {"FEATURE_STORE": address, "MODEL_SERVER_FEATURES_STORE": address})


@pytest.fixture(params=[sagemaker, postgres], ids=lambda each: each.__name__)
def stand(request: pytest.FixtureRequest) -> Iterator[Stand]:
    with request.param() as made:
        yield made


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Iterator[FeatureStore]:
    with postgres() as made:
        monkeypatch.setenv("FEATURE_GROUP", told(CHURN))
        monkeypatch.setenv("FEATURE_STORE", made.variables["FEATURE_STORE"])
        yield made.store


def table(at: datetime = THEN) -> pd.DataFrame:
    return customers(600, 7).assign(customer_id=NAMES, event_time=at.isoformat())


def prepare(root: Root, frame: pd.DataFrame, does: str = "publish", **values: str) -> int:
    raw = root.paths.root / "raw"
    root.put(raw, frame)
    root.environment.setenv("FEATURES", does)
    root.told(project="churn", max_iter="20", **values)
    return root.run("prepare", "--input", str(raw), "--output", str(root.paths.channels))


def history(store: FeatureStore) -> int:
    assert isinstance(store, PostgresStore)
    with store._cursor() as cursor:
        cursor.execute("select count(*) from features_churn")
        return int(cursor.fetchone()[0])


def test_what_the_loop_published_the_server_answers_with_for_the_key_alone(
    root: Root, stand: Stand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {**stand.variables, "FEATURE_GROUP": told(CHURN)}.items():
        monkeypatch.setenv(name, value)
    assert prepare(root, table(), split_by="customer_id") == 0
    root.paths.model.mkdir()
    assert root.run("train") == 0
    known = stand.store.latest(["3", "599"])
    assert [known[name]["plan"] for name in ("3", "599")] == table()["plan"].iloc[[3, 599]].tolist()

    model = mlflow.pyfunc.load_model(str(root.paths.model))
    rows = customers(600, 7)[INPUTS]
    rows = rows.assign(**{flag: rows[flag].astype(bool) for flag in FLAGS})
    wanted = model.predict(rows)
    with served(root, tmp_path, {"MODEL_SERVER_FEATURES": told(CHURN)}) as url:
        records = [{"customer_id": name} for name in NAMES]
        answer = requests.post(f"{url}/invocations", json={"dataframe_records": records}, timeout=60)
        assert answer.ok, answer.text
        assert np.array_equal(answer.json()["predictions"], wanted)
        # What another run publishes is what counts from then on.
        moved = table(THEN + DAY).assign(monthly_charge=999.0, contract="monthly")
        assert prepare(root, moved, split_by="customer_id") == 0
        answer = requests.post(f"{url}/invocations", json={"dataframe_records": records[:2]}, timeout=60)
        assert np.array_equal(
            answer.json()["predictions"], model.predict(rows.head(2).assign(monthly_charge=999.0, contract="monthly"))
        )


@contextmanager
def served(root: Root, folder: Path, variables: dict[str, str]) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        port, metrics = one.getsockname()[1], other.getsockname()[1]
    env = {**os.environ, "TRAINING_ROOT": str(root.paths.root), "PYTHONPATH": ":".join(sys.path), "TMPDIR": str(folder)}
    env |= {"MODEL_SERVER_PORT": str(port), "MODEL_SERVER_METRICS_PORT": str(metrics), "MODEL_SERVER_WORKERS": "1"}
    command = [sys.executable, "-m", "training_template", "serve"]
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(command, env={**env, **variables}, stdout=log, stderr=log)
    try:
        url = f"http://127.0.0.1:{port}"
        end = time.monotonic() + 280
        while time.monotonic() < end:
            try:
                if requests.get(f"{url}/health/ready", timeout=5).ok:
                    break
            except requests.ConnectionError:
                pass
            assert server.poll() is None, (folder / "log").read_text()[-3000:]
            time.sleep(0.2)
        yield url
    finally:
        server.terminate()
        server.wait(60)


def test_tables_that_are_prepared_again_add_nothing_and_older_ones_neither(root: Root, kept: FeatureStore) -> None:
    assert prepare(root, table()) == 0 and history(kept) == 600
    assert prepare(root, table()) == 0 and history(kept) == 600
    assert prepare(root, table(THEN - DAY)) == 0 and history(kept) == 600
    later = table(THEN + DAY).assign(plan="premium")
    both = pd.concat([table(THEN + 2 * DAY).assign(plan="basic").head(300), later])
    assert prepare(root, both) == 0 and history(kept) == 1500
    known = kept.latest(["0", "599"])
    assert (known["0"]["plan"], known["599"]["plan"]) == ("basic", "premium")
    kept.forget("7", THEN + 3 * DAY)
    assert prepare(root, both) == 0 and kept.latest(["7"]) == {}


def test_labels_are_trained_on_with_what_was_known_at_their_time(root: Root, kept: FeatureStore) -> None:
    before = datetime.now(UTC)
    first = table(before - 9 * DAY)
    kept.put(first[["customer_id", "event_time", *INPUTS]].to_dict("records"))
    later = table(before + DAY).assign(plan="premium", tenure_months=1.0)
    kept.put(later[["customer_id", "event_time", *INPUTS]].to_dict("records"))
    strangers = pd.DataFrame({"customer_id": ["nobody"], "event_time": [before.isoformat()], TARGET: [1]})
    at = datetime.now(UTC) + timedelta(seconds=1)
    labels = first[["customer_id", TARGET]].assign(event_time=at.isoformat())
    assert prepare(root, pd.concat([labels, strangers]), "read", split_by="customer_id") == 0
    splits = ("train", "validation", "test")
    found = pd.concat(pd.read_csv(root.paths.channel(split) / "part-00000.csv") for split in splits)
    assert sorted(found["customer_id"].astype(str)) == sorted(NAMES)
    found = found.set_index(found["customer_id"].astype(str)).loc[NAMES].reset_index(drop=True)
    assert found["plan"].tolist() == first["plan"].tolist()
    assert np.allclose(found["monthly_charge"], first["monthly_charge"], rtol=0, atol=0)
    assert found["usage_gib"].isna().tolist() == first["usage_gib"].isna().tolist()
    assert found[TARGET].tolist() == first[TARGET].tolist()
    root.paths.model.mkdir()
    assert root.run("train") == 0


def test_the_command_of_the_sample_writes_what_the_loop_publishes(
    root: Root, kept: FeatureStore, capsys: pytest.CaptureFixture[str]
) -> None:
    write_customers(["--rows", "50", "--since", "2026-01-31T12:00:00Z"])
    (root.paths.root / "raw").mkdir(parents=True)
    (root.paths.root / "raw" / "rows.csv").write_text(capsys.readouterr().out)
    root.environment.setenv("FEATURES", "publish")
    root.told(project="churn", split_by="customer_id")
    assert root.run("prepare", "--input", str(root.paths.root / "raw"), "--output", str(root.paths.channels)) == 0
    assert kept.since(["1", "50"]) == {"1": THEN, "50": THEN}
    assert kept.latest(["50"])["50"]["plan"] == customers(50, 1)["plan"].iloc[-1]


@pytest.mark.parametrize(
    ("does", "frame", "said"),
    [
        ("publish", table().drop(columns="event_time"), "features cannot be published, since columns are missing: event_time"),
        ("publish", table().assign(support_calls="many"), "support_calls: 'many' is not Integral"),
        ("publish", table().assign(customer_id=[None, *NAMES[1:]]), "customer_id: .* says of whom"),
        ("read", table(), "since the tables have them: tenure_months, monthly_charge"),
        ("read", table()[["customer_id", TARGET]], "features cannot be read, since columns are missing: event_time"),
        ("read", table()[["customer_id", "event_time", TARGET]], "nothing was known of any row at its event_time"),
    ],
)  # fmt: skip
def test_what_cannot_be_published_or_read_ends_the_run_with_the_reason(
    root: Root, kept: FeatureStore, does: str, frame: pd.DataFrame, said: str
) -> None:
    assert prepare(root, frame, does) == 1
    assert re.search(said, root.failure())
    assert history(kept) == 0 and not root.paths.channels.exists()


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"FEATURES": "both"}, "FEATURES: 'both'; allowed: publish, read"),
        ({"FEATURES": "read"}, "FEATURE_GROUP: no JSON"),
        ({"FEATURES": "read", "FEATURE_GROUP": told(CHURN)}, "FEATURE_STORE: no feature store has the address ''"),
        ({"FEATURES": "read", "FEATURE_GROUP": told(replace(CHURN, table="x" * 60))}, "FEATURE_STORE: "),
    ],
)
def test_a_declaration_that_cannot_be_used_is_refused(variables: dict[str, str], said: str) -> None:
    given = {"FEATURE_STORE": "postgresql://user@host/features"} if "x" * 60 in str(variables) else {}
    with pytest.raises(Unusable, match=said):
        group_features({**given, **variables})
    assert group_features({}) is None
