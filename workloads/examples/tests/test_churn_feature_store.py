"""The sample by a feature store in a real PostgreSQL: what it is trained on, and what it is asked, are the rows that were published."""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from churn.data import FLAGS, INPUTS, TARGET, customers
from churn.feature_store import group, publish, request_rows, training_rows
from churn.features import churn_model
from mlplatform.feature_store.postgres import PostgresStore

sys.path.append(str(Path(__file__).resolve().parents[2] / "mlplatform" / "tests"))
from postgres_server import postgres_server

THEN = datetime(2026, 1, 31, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def store():
    with postgres_server() as address:
        made = PostgresStore(group("mlplatform-dev-churn"), address)
        made.make()
        yield made


def known(frame):
    return frame.assign(**{flag: frame[flag].astype(bool) for flag in FLAGS})


def test_a_model_of_the_rows_as_they_were_known_is_the_model_of_the_rows_themselves(store):
    frame = customers(600, 7).assign(customer_id=[str(number) for number in range(600)])
    assert publish(store, frame, THEN) == 600
    later = frame.assign(tenure_months=1.0, contract="monthly", monthly_charge=999.0)
    publish(store, later, THEN + 2 * DAY)
    labels = frame[["customer_id", TARGET]].assign(event_time=THEN + DAY)
    strangers = pd.DataFrame({"customer_id": ["nobody"], TARGET: [1], "event_time": [THEN + DAY]})
    rows = training_rows(store, pd.concat([labels, strangers]), as_known_then=False)
    pd.testing.assert_frame_equal(known(rows[[*INPUTS, TARGET]]), frame[[*INPUTS, TARGET]], check_dtype=False)

    fit = lambda given: churn_model(20, 0.08, 7).fit(given[INPUTS], given[TARGET])  # noqa: E731
    asked = known(request_rows(store, ["3", "599"]))
    assert (
        asked["monthly_charge"].tolist() == [999.0, 999.0]
        and asked["plan"].tolist() == frame["plan"].iloc[[3, 599]].tolist()
    )
    assert fit(known(rows)).predict_proba(asked[INPUTS]).tolist() == fit(frame).predict_proba(asked[INPUTS]).tolist()


def test_labels_of_a_time_before_anything_was_known_are_left_out_and_strangers_are_all_gaps(store):
    labels = pd.DataFrame({"customer_id": ["3"], TARGET: [1], "event_time": [THEN - DAY]})
    assert training_rows(store, labels).empty
    assert request_rows(store, ["nobody"])[INPUTS].isna().all(axis=None)


def test_a_flag_that_nobody_knows_stays_unknown(store):
    frame = customers(4, 7).assign(customer_id=["a", "b", "c", "d"], autopay=[None, True, float("nan"), False])
    publish(store, frame, THEN)
    assert [store.latest([each])[each]["autopay"] for each in "abcd"] == [None, "true", None, "false"]
    assert request_rows(store, ["a", "b"])["autopay"].isna().tolist() == [True, False]
