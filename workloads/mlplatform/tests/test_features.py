"""The query runs in a real engine, SQLite, which lacks Athena's own functions: they are lent to it here."""

import sqlite3
from datetime import UTC, datetime, timedelta

import pytest

from mlplatform.features import point_in_time_query


def instant(text):
    return None if text is None else datetime.fromisoformat(text).astimezone(UTC).isoformat(timespec="microseconds")


@pytest.fixture
def engine():
    connection = sqlite3.connect(":memory:")
    connection.create_function("from_iso8601_timestamp", 1, instant)
    connection.create_function(
        "days_before", 2, lambda text, days: instant((datetime.fromisoformat(text) - timedelta(days=days)).isoformat())
    )
    connection.execute(
        "create table features_churn (customer_id text, event_time text, tenure int, plan text,"
        " write_time text, api_invocation_time text, is_deleted boolean)"
    )
    connection.execute("create table labels (customer_id int, event_time text, churned int)")
    return connection


def record(engine, customer, when, tenure, *, handed_in=None, deleted=False, plan="a"):
    known = instant(handed_in or when)
    engine.execute(
        "insert into features_churn values (?, ?, ?, ?, ?, ?, ?)",
        (customer, when, tenure, plan, known, known, deleted),
    )


def label(engine, customer, when, churned=0):
    engine.execute("insert into labels values (?, ?, ?)", (customer, when, churned))


def ask(engine, columns=("tenure",), **more):
    query = point_in_time_query(
        "features_churn", columns, rows_table="labels", keep=["churned"], entity="customer_id", **more
    )
    # SQLite has no intervals.
    query = query.replace("r.row_time_ - interval '7' day", "days_before(r.row_time_, 7)")
    cursor = engine.execute(query)
    names = [each[0] for each in cursor.description]
    return sorted((dict(zip(names, row, strict=True)) for row in cursor), key=lambda row: row["event_time"])


def test_each_row_sees_the_latest_features_of_its_own_time_and_nothing_later(engine):
    for day, tenure in (("01", 1), ("10", 2), ("20", 3)):
        record(engine, "7", f"2026-01-{day}T00:00:00Z", tenure)
    for day in ("05", "10", "15", "31"):
        label(engine, 7, f"2026-01-{day}T00:00:00Z")
    assert [row["tenure"] for row in ask(engine)] == [1, 2, 2, 3]


def test_a_row_before_all_records_or_of_somebody_unknown_stays_with_nulls(engine):
    record(engine, "7", "2026-01-10T00:00:00Z", 1)
    label(engine, 7, "2026-01-01T00:00:00Z", churned=1)
    label(engine, 8, "2026-01-31T00:00:00Z", churned=0)
    assert [(row["churned"], row["tenure"], row["feature_time"]) for row in ask(engine)] == [
        (1, None, None),
        (0, None, None),
    ]


def test_what_was_handed_in_later_was_not_known_then(engine):
    record(engine, "7", "2026-01-01T00:00:00Z", 1)
    record(engine, "7", "2026-01-05T00:00:00Z", 2, handed_in="2026-02-01T00:00:00Z")
    label(engine, 7, "2026-01-10T00:00:00Z")
    assert [row["tenure"] for row in ask(engine)] == [1]
    assert [row["tenure"] for row in ask(engine, as_known_then=False)] == [2]


def test_of_two_records_of_one_time_the_one_handed_in_later_counts(engine):
    record(engine, "7", "2026-01-01T00:00:00Z", 2, handed_in="2026-01-03T00:00:00Z")
    record(engine, "7", "2026-01-01T00:00:00Z", 1, handed_in="2026-01-02T00:00:00Z")
    label(engine, 7, "2026-01-10T00:00:00Z")
    assert [row["tenure"] for row in ask(engine)] == [2]


def test_a_deleted_record_is_nothing_known_not_the_record_before(engine):
    record(engine, "7", "2026-01-01T00:00:00Z", 1)
    record(engine, "7", "2026-01-05T00:00:00Z", None, deleted=True)
    label(engine, 7, "2026-01-04T00:00:00Z")
    label(engine, 7, "2026-01-10T00:00:00Z")
    assert [row["tenure"] for row in ask(engine)] == [1, None]


def test_times_are_compared_as_times_whatever_their_zone(engine):
    record(engine, "7", "2026-01-01T10:00:00+02:00", 1)
    label(engine, 7, "2026-01-01T09:00:00+00:00")
    assert [row["tenure"] for row in ask(engine)] == [1]


def test_features_that_are_too_old_are_unknown(engine):
    record(engine, "7", "2026-01-01T00:00:00Z", 1)
    label(engine, 7, "2026-01-07T00:00:00Z")
    label(engine, 7, "2026-01-09T00:00:00Z")
    assert [row["tenure"] for row in ask(engine, max_age_days=7)] == [1, None]


def test_a_feature_may_be_a_place(engine):
    record(engine, "7", "2026-01-01T00:00:00Z", 1, plan="north")
    engine.execute("alter table features_churn rename column plan to place")
    label(engine, 7, "2026-01-07T00:00:00Z")
    assert [row["place"] for row in ask(engine, columns=["tenure", "place"])] == ["north"]


def test_two_rows_that_look_the_same_are_two(engine):
    record(engine, "7", "2026-01-01T00:00:00Z", 1)
    label(engine, 7, "2026-01-07T00:00:00Z")
    label(engine, 7, "2026-01-07T00:00:00Z")
    assert [row["tenure"] for row in ask(engine, columns=["tenure", "plan"])] == [1, 1]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"features_table": 'f"; drop table labels; --'}, "not a table's name"),
        ({"rows_table": "(select 1)"}, "not a table's name"),
        ({"columns": ['tenure" or 1=1']}, "not a column's name"),
        ({"event_time": "time)"}, "not a column's name"),
        ({"keep": ["tenure"]}, "twice: tenure"),
        ({"columns": ["is_deleted"]}, "twice: is_deleted"),
        ({"keep": ["row_time_", "place_"]}, "twice: place_, row_time_"),
        ({"columns": []}, "no features"),
        ({"max_age_days": 0}, "more than 0"),
    ],
)
def test_refuses_what_is_no_name_and_what_makes_no_answer(change, says):
    good = {
        "features_table": "features_churn",
        "columns": ["tenure"],
        "rows_table": "labels",
        "keep": [],
        "entity": "id",
    }
    with pytest.raises(ValueError, match=says):
        point_in_time_query(**{**good, **change})
