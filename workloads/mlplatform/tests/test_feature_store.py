"""One contract, two stores: a real PostgreSQL, and SageMaker's as far as botocore's checks and SQLite can play it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import psycopg2
import pytest

from mlplatform.feature_store import FeatureStore, open_store
from mlplatform.feature_store.group import FeatureGroup
from mlplatform.feature_store.postgres import PostgresStore
from mlplatform.feature_store.sagemaker import LookupFailed, QueryFailed, SageMakerStore
from postgres_server import postgres_server
from sagemaker_features import Athena, FeatureStoreRuntime

GROUP = FeatureGroup(
    "mlplatform-dev-churn",
    "features_churn",
    "customer_id",
    {"tenure": "Integral", "charges": "Fractional", "plan": "String"},
)
NOW = datetime.now(UTC).replace(microsecond=0)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NOTHING = {"tenure": None, "charges": None, "plan": None}


@pytest.fixture(scope="session")
def database() -> Iterator[str]:
    with postgres_server() as address:
        yield address


@pytest.fixture
def playing() -> SageMakerStore:
    runtime = FeatureStoreRuntime(GROUP)
    return SageMakerStore(GROUP, runtime, Athena(runtime.history), "mlplatform_dev", "mlplatform-dev", lambda _: None)


@pytest.fixture(params=["postgres", "sagemaker"])
def store(request: pytest.FixtureRequest) -> FeatureStore:
    if request.param == "sagemaker":
        played: FeatureStore = request.getfixturevalue("playing")
        return played
    address = request.getfixturevalue("database")
    with psycopg2.connect(address) as connection, connection.cursor() as cursor:
        cursor.execute("drop table if exists features_churn")
    real = PostgresStore(GROUP, address)
    real.make()
    return real


def record(customer: Any, at: datetime, **features: Any) -> dict[str, Any]:
    return {"customer_id": customer, "event_time": at, **features}


def known(store: FeatureStore, customer: str, at: datetime, **asked: Any) -> dict[str, Any]:
    [found] = store.as_of([record(customer, at)], **asked)
    return {name: value for name, value in found.items() if name != "feature_time"}


def test_the_latest_of_each_entity_is_what_a_model_answers_with(store: FeatureStore) -> None:
    put = [
        record("7", NOW - DAY, tenure=12, charges=0.1, plan="o'clock"),
        record(8, NOW - DAY, tenure=3),
        record("7", NOW - 2 * DAY, tenure=11, charges=9.5, plan="old"),
    ]
    assert store.put(put) == 3
    assert store.latest(["7", "8", "9", "7"]) == {
        "7": {"tenure": 12, "charges": 0.1, "plan": "o'clock"},
        "8": {**NOTHING, "tenure": 3},
    }


def test_what_came_later_is_not_seen_at_a_time_before(store: FeatureStore) -> None:
    store.put([record("7", NOW - 3 * HOUR, tenure=1), record("7", NOW - HOUR, tenure=2)])
    rows = [record("7", NOW - hours * HOUR) for hours in (0, 2, 4)] + [record("8", NOW)]
    found = store.as_of(rows, as_known_then=False)
    assert [each["tenure"] for each in found] == [2, 1, None, None]
    assert [each["feature_time"] for each in found] == [NOW - HOUR, NOW - 3 * HOUR, None, None]
    assert store.as_of([]) == []


def test_what_was_handed_in_later_was_not_known_then_though_it_tells_of_an_earlier_time(store: FeatureStore) -> None:
    store.put([record("7", NOW - 2 * DAY, tenure=1)])
    assert known(store, "7", NOW - DAY) == NOTHING
    assert known(store, "7", NOW - DAY, as_known_then=False) == {**NOTHING, "tenure": 1}
    assert known(store, "7", NOW + HOUR) == {**NOTHING, "tenure": 1}


def test_what_is_forgotten_is_gone_from_then_on_and_known_before(store: FeatureStore) -> None:
    store.put([record("o'brien", NOW - DAY, tenure=1)])
    store.forget("o'brien", NOW - HOUR)
    assert store.latest(["o'brien"]) == {}
    assert known(store, "o'brien", NOW, as_known_then=False) == NOTHING
    assert known(store, "o'brien", NOW - 2 * HOUR, as_known_then=False) == {**NOTHING, "tenure": 1}
    store.put([record("o'brien", NOW, tenure=2)])
    assert store.latest(["o'brien"])["o'brien"]["tenure"] == 2


def test_features_that_are_too_old_are_unknown(store: FeatureStore) -> None:
    store.put([record("7", NOW - 3 * DAY, tenure=1)])
    asked: dict[str, Any] = {"as_known_then": False}
    assert known(store, "7", NOW, max_age=2 * DAY, **asked) == NOTHING
    assert known(store, "7", NOW, max_age=4 * DAY, **asked) == {**NOTHING, "tenure": 1}


def test_of_two_records_of_one_time_the_one_handed_in_later_counts(store: FeatureStore) -> None:
    store.put([record("7", NOW - DAY, tenure=1)])
    store.put([record("7", NOW - DAY, tenure=2)])
    assert store.latest(["7"])["7"]["tenure"] == 2
    assert known(store, "7", NOW, as_known_then=False)["tenure"] == 2


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"tenure": 1.5}, "tenure: 1.5 is not Integral"),
        ({"tenure": 2**63}, "is not Integral"),
        ({"charges": "much"}, "charges: 'much' is not Fractional"),
        ({"charges": float("inf")}, "charges: inf is not Fractional"),
        ({"colour": "red"}, "colour: no such feature; there are: tenure, charges, plan"),
        ({"tenure": True}, "tenure: True is not Integral"),
        ({"tenure": float(2**63)}, "is not Integral"),
        ({"tenure": (0, (1, 2), 0)}, "is not Integral"),
        ({"charges": [1.0]}, "is not Fractional"),
        ({"plan": ["basic"]}, "is not String"),
        ({"customer_id": None}, "customer_id: None says of whom"),
        ({"customer_id": 7.0}, "customer_id: 7.0 says of whom"),
        ({"customer_id": ""}, "customer_id: '' says of whom"),
        ({"customer_id": True}, "customer_id: True says of whom"),
        ({"customer_id": pd.NA}, "customer_id: <NA> says of whom"),
        ({"customer_id": np.float32(7)}, "says of whom"),
        ({"event_time": pd.NaT}, "event_time: NaT is no time"),
        ({"event_time": None}, "event_time: None is no time"),
        ({"event_time": "soon"}, "event_time: 'soon' is no time; write such as 2026-01-31T12:00:00Z"),
    ],
)
def test_one_record_that_cannot_be_kept_keeps_all_out(store: FeatureStore, wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        store.put([record("7", NOW, tenure=1), {**record("8", NOW), **wrong}])
    assert store.latest(["7", "8"]) == {}


@pytest.mark.parametrize("whole", [2**53 + 1, 2**63 - 1, -(2**63), str(2**53 + 1), np.int64(2**53 + 1), 5.0, "5e3"])
def test_whole_numbers_keep_all_their_digits(store: FeatureStore, whole: Any) -> None:
    store.put([record("7", NOW - DAY, tenure=whole)])
    exact = {"5e3": 5000}.get(whole) or int(whole)
    assert store.latest(["7"])["7"]["tenure"] == exact
    assert known(store, "7", NOW, as_known_then=False)["tenure"] == exact


@pytest.mark.parametrize("gap", [None, float("nan"), np.float32("nan"), pd.NA, pd.NaT], ids=repr)
def test_a_gap_is_unknown_however_pandas_writes_it(store: FeatureStore, gap: Any) -> None:
    store.put([record("7", NOW - DAY, tenure=gap, charges=gap, plan=gap)])
    assert store.latest(["7"]) == {"7": NOTHING}


@pytest.mark.parametrize(
    ("given", "kept"), [(True, "true"), (3.0, "3"), (np.int64(3), "3"), ("NA", "NA"), ("3.0", "3.0")]
)
def test_text_is_kept_by_the_name_under_which_a_category_is_counted(store: FeatureStore, given: Any, kept: str) -> None:
    store.put([record(np.int64(7), NOW - DAY, plan=given)])
    assert store.latest(["7"])["7"]["plan"] == kept


def test_nobody_is_forgotten_or_looked_up_by_a_gap(store: FeatureStore) -> None:
    for asked in (lambda: store.forget(float("nan"), NOW), lambda: store.latest([None])):  # type: ignore[list-item, arg-type]
        with pytest.raises(ValueError, match="customer_id: .* says of whom"):
            asked()


def test_times_without_a_zone_are_utc_and_gaps_are_unknown(store: FeatureStore) -> None:
    store.put([{"customer_id": "7", "event_time": "2026-01-31T12:00:00", "tenure": None, "charges": float("nan")}])
    [found] = store.as_of([{"customer_id": "7", "event_time": "2026-01-31T13:00:00+01:00"}], as_known_then=False)
    assert found == {**NOTHING, "feature_time": datetime(2026, 1, 31, 12, tzinfo=UTC)}


def test_a_lookup_that_was_put_off_is_asked_again(playing: SageMakerStore) -> None:
    playing.put([record(str(customer), NOW, tenure=customer) for customer in range(250)])
    playing._runtime.unprocessed = ["3", "5"]
    found = playing.latest([str(customer) for customer in range(250)])
    assert [found[str(customer)]["tenure"] for customer in range(250)] == list(range(250))


def test_lookups_that_are_put_off_for_ever_end_with_their_number(playing: SageMakerStore) -> None:
    answer = {"Records": [], "Errors": []}
    asked = []

    def put_off(Identifiers: list[dict[str, Any]]) -> dict[str, Any]:
        asked.append(Identifiers)
        return {**answer, "UnprocessedIdentifiers": Identifiers}

    playing._runtime.batch_get_record = put_off
    with pytest.raises(LookupFailed, match="2 entities of mlplatform-dev-churn were put off 10 times"):
        playing.latest(["3", "5"])
    assert len(asked) == 10


@pytest.mark.parametrize("letter", ["x", "ü", "'"])
def test_rows_of_long_names_are_more_queries_each_of_which_athena_takes(playing: SageMakerStore, letter: str) -> None:
    names = [f"{place:04}{letter * 240}" for place in range(1000)]
    playing.put([record(names[place], NOW - DAY, tenure=place) for place in (0, 600, 999)])
    found = playing.as_of([record(name, NOW) for name in names], as_known_then=False)
    assert {place: each["tenure"] for place, each in enumerate(found) if each["tenure"] is not None} == {
        place: place for place in (0, 600, 999)
    }
    sizes = [len(each["QueryString"].encode()) for each in playing._athena.queries]
    assert max(sizes) <= 262_144 and len(sizes) == (2 if letter == "x" else 3)


def test_many_rows_are_several_queries_in_the_stack_s_workgroup_and_a_failed_one_says_why(
    playing: SageMakerStore,
) -> None:
    playing.put([record("7", NOW - DAY, tenure=1)])
    rows = [record("7" if place % 2 else "8", NOW) for place in range(1001)]
    found = playing.as_of(rows, as_known_then=False)
    assert [each["tenure"] for each in found] == [1 if place % 2 else None for place in range(1001)]
    queries = playing._athena.queries
    assert [(each["WorkGroup"], each["QueryExecutionContext"]["Database"]) for each in queries] == [
        ("mlplatform-dev", "mlplatform_dev")
    ] * 2
    assert max(len(each["QueryString"]) for each in queries) < 262_144
    playing._athena.states = ["FAILED"]
    with pytest.raises(QueryFailed, match="made up"):
        playing.as_of(rows[:1])
    with pytest.raises(ValueError, match="whole days"):
        playing.as_of(rows[:1], max_age=HOUR)


def test_a_table_made_twice_is_the_same_and_a_new_feature_comes_beside_the_others(database: str) -> None:
    with psycopg2.connect(database) as connection, connection.cursor() as cursor:
        cursor.execute("drop table if exists features_churn")
    old = PostgresStore(GROUP, database)
    old.make()
    old.put([record("7", NOW - DAY, tenure=1)])
    wider = PostgresStore(replace(GROUP, columns={**GROUP.columns, "region": "String"}), database)
    wider.make()
    wider.make()
    wider.put([record("8", NOW - DAY, region="north")])
    assert wider.latest(["7"])["7"] == {**NOTHING, "tenure": 1, "region": None}
    assert old.latest(["7"])["7"] == {**NOTHING, "tenure": 1}


def test_a_time_is_kept_to_the_millisecond_by_each_store_and_nobody_is_called_what_none_can_hold() -> None:
    given = {"customer_id": "7", "event_time": "2026-01-31T12:00:00.123956+01:00"}
    assert GROUP.record(given).at == datetime(2026, 1, 31, 11, 0, 0, 123000, tzinfo=UTC)
    for name in ("a\x00", "\ud800"):
        with pytest.raises(ValueError, match="customer_id: text without a NUL"):
            GROUP.entity_of(name)


def test_a_feature_of_another_type_is_refused_and_the_table_stays(database: str) -> None:
    with psycopg2.connect(database) as connection, connection.cursor() as cursor:
        cursor.execute("drop table if exists features_churn")
    old = PostgresStore(GROUP, database)
    old.make()
    old.put([record("7", NOW - DAY, tenure=1)])
    other = replace(GROUP, columns={**GROUP.columns, "tenure": "Fractional", "region": "String"})
    with pytest.raises(
        ValueError,
        match="table features_churn: tenure is bigint there, and Fractional here: give the feature another name",
    ):
        PostgresStore(other, database).make()
    assert old.latest(["7"])["7"] == {**NOTHING, "tenure": 1}
    with psycopg2.connect(database) as connection, connection.cursor() as cursor:
        cursor.execute(
            "select 1 from information_schema.columns where table_name = 'features_churn' and column_name = 'region'"
        )
        assert cursor.fetchall() == []


def test_who_may_only_read_is_answered_and_changes_nothing_also_in_tables_that_come_later(database: str) -> None:
    # As in docs/data.md, in a schema of its own.
    grants = (
        "drop table if exists features_churn",
        "create role features_writer login",
        "create role features_reader login",
        "create schema apart authorization features_writer",
        "alter default privileges for role features_writer in schema apart grant select on tables to features_reader",
        "grant usage on schema apart to features_reader",
        "alter role all set search_path = apart",
    )
    with psycopg2.connect(database) as connection, connection.cursor() as cursor:
        cursor.execute("; ".join(grants))
    try:
        writing, reading = (
            PostgresStore(GROUP, database.replace("tester@", f"features_{role}@")) for role in ("writer", "reader")
        )
        writing.make()
        writing.put([record("7", NOW - DAY, tenure=1)])
        assert reading.latest(["7"])["7"]["tenure"] == 1
        assert known(reading, "7", NOW, as_known_then=False)["tenure"] == 1
        for act in (lambda: reading.put([record("7", NOW, tenure=2)]), lambda: reading.forget("7", NOW), reading.make):
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                act()
    finally:
        with psycopg2.connect(database) as connection, connection.cursor() as cursor:
            cursor.execute("alter role all reset search_path; drop owned by features_reader, features_writer cascade")
            cursor.execute("drop role features_reader, features_writer")


@pytest.mark.parametrize("address", ["mysql://host/database", "features_churn", "sagemaker://database"])
def test_an_address_of_no_store_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="write sagemaker://"):
        open_store(address, GROUP)


def test_an_address_opens_its_store(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    opened: Callable[[str], FeatureStore] = lambda address: open_store(address, GROUP)  # noqa: E731
    assert isinstance(opened("sagemaker://mlplatform_dev/mlplatform-dev"), SageMakerStore)
    assert isinstance(opened(database), PostgresStore)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"table": 'x"; drop'}, "no name of a column or table"),
        ({"columns": {}}, "needs features"),
        ({"columns": {"a": "Text"}}, "needs features"),
        ({"columns": {"a" * 65: "String"}}, "at most 64 of a column"),
        ({"columns": {f"a{'_' * 100}b": "String"}}, "at most 64 of a column"),
        *[
            ({"columns": {name: "String"}}, f"{name}: a column of this name is there already")
            for name in (
                "customer_id",
                "event_time",
                "is_deleted",
                "record_number",
                "feature_time",
                "write_time",
                "day",
            )
        ],
        ({"event_time": "customer_id"}, "customer_id: a column of this name is there already"),
        ({"entity": "api_invocation_time"}, "api_invocation_time: .* rename it, such as api_invocation_time_of_event"),
    ],
)
def test_a_group_that_no_store_could_keep_is_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        replace(GROUP, **wrong)


def test_names_that_postgresql_would_cut_are_refused_by_it_alone(database: str) -> None:
    longest = replace(GROUP, table="t" * 56, columns={"c" * 63: "String"})
    PostgresStore(longest, database).make()
    for wrong in ({"table": "t" * 57}, {"columns": {"c" * 64: "String"}}):
        with pytest.raises(ValueError, match="has 64 letters; PostgreSQL takes 63: shorten the name"):
            PostgresStore(replace(longest, **wrong), database)


def test_a_feature_may_have_a_name_that_the_query_could_have_used(store: FeatureStore) -> None:
    group = replace(GROUP, columns={name: "String" for name in ("place", "row_time", "row_place", "moment", "whom")})
    if isinstance(store, PostgresStore):
        other: FeatureStore = PostgresStore(replace(group, table="features_places"), store._address)
        other.make()  # type: ignore[attr-defined]
    else:
        runtime = FeatureStoreRuntime(group)
        other = SageMakerStore(
            group, runtime, Athena(runtime.history), "mlplatform_dev", "mlplatform-dev", lambda _: None
        )
    kept = {name: f"of {name}" for name in group.columns}
    other.put([record("7", NOW - DAY, **kept)])
    assert known(other, "7", NOW, as_known_then=False) == kept
