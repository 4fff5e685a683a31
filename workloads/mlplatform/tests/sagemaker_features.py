"""Feature Store and Athena for tests: what they are asked botocore checks against AWS's own description, and SQLite keeps and answers."""

from __future__ import annotations

import re
import sqlite3
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import boto3
from botocore.validate import ParamValidator

from mlplatform.feature_store.group import FeatureGroup


def instant(text: str | None) -> str | None:
    return None if text is None else datetime.fromisoformat(text).astimezone(UTC).isoformat(timespec="microseconds")


@cache
def client_of(service: str) -> Any:
    return boto3.client(service, region_name="eu-west-1")


def checked(service: str, operation: str, given: dict[str, Any]) -> None:
    shape = client_of(service).meta.service_model.operation_model(operation).input_shape
    report = ParamValidator().validate(given, shape)
    assert not report.has_errors(), report.generate_report()


class FeatureStoreRuntime:
    """Its online store has the latest record by event time, as SageMaker's has."""

    def __init__(self, group: FeatureGroup) -> None:
        self.group = group
        self.history = sqlite3.connect(":memory:", check_same_thread=False)
        self.history.create_function("from_iso8601_timestamp", 1, instant)
        self.history.create_function(
            "days_before",
            2,
            lambda text, days: instant((datetime.fromisoformat(text) - timedelta(days=days)).isoformat()),
        )
        names = [group.entity, group.event_time, *group.columns]
        kinds = {"Integral": "int", "Fractional": "real", "String": "text"}
        columns = ", ".join(f"{name} {kinds[group.columns.get(name, 'String')]}" for name in names)
        self.history.execute(
            f"create table {group.table} ({columns}, write_time text, api_invocation_time text, is_deleted boolean)"
        )
        #: Identifiers that a lookup leaves to be asked again.
        self.unprocessed: list[str] = []

    def put_record(self, **given: Any) -> None:
        checked("sagemaker-featurestore-runtime", "PutRecord", given)
        assert given["FeatureGroupName"] == self.group.name
        self._keep({each["FeatureName"]: each["ValueAsString"] for each in given["Record"]}, deleted=False)

    def delete_record(self, **given: Any) -> None:
        checked("sagemaker-featurestore-runtime", "DeleteRecord", given)
        said = {
            self.group.entity: given["RecordIdentifierValueAsString"],
            self.group.event_time: given["EventTime"],
        }
        self._keep(said, deleted=True)

    def _keep(self, said: dict[str, str], deleted: bool) -> None:
        known = {**said, "write_time": now(), "api_invocation_time": now(), "is_deleted": deleted}
        marks = ", ".join("?" * len(known))
        self.history.execute(
            f"insert into {self.group.table} ({', '.join(known)}) values ({marks})", list(known.values())
        )

    def batch_get_record(self, **given: Any) -> dict[str, Any]:
        checked("sagemaker-featurestore-runtime", "BatchGetRecord", given)
        [asked] = given["Identifiers"]
        left, self.unprocessed = self.unprocessed, []
        wanted = [name for name in asked["RecordIdentifiersValueAsString"] if name not in left]
        again = {**asked, "RecordIdentifiersValueAsString": left}
        records = [record for name in wanted if (record := self._record(name)) is not None]
        return {"Records": records, "Errors": [], "UnprocessedIdentifiers": [again] if left else []}

    def _record(self, name: str) -> dict[str, Any] | None:
        group = self.group
        columns = [group.entity, group.event_time, *group.columns]
        row = self.history.execute(
            f"select is_deleted, {', '.join(columns)} from {group.table} where {group.entity} = ?"
            f" order by from_iso8601_timestamp({group.event_time}) desc, api_invocation_time desc limit 1",
            [name],
        ).fetchone()
        if row is None or row[0]:
            return None
        said = [
            {"FeatureName": column, "ValueAsString": str(value)}
            for column, value in zip(columns, row[1:], strict=True)
            if value is not None
        ]
        return {"FeatureGroupName": group.name, "RecordIdentifierValueAsString": name, "Record": said}


class Athena:
    """Answers the program's own query over that history."""

    def __init__(self, history: sqlite3.Connection) -> None:
        self.history = history
        self.queries: list[dict[str, Any]] = []
        self.states = ["QUEUED", "SUCCEEDED"]

    def start_query_execution(self, **given: Any) -> dict[str, str]:
        checked("athena", "StartQueryExecution", given)
        self.queries.append(given)
        return {"QueryExecutionId": str(len(self.queries))}

    def get_query_execution(self, **given: Any) -> dict[str, Any]:
        checked("athena", "GetQueryExecution", given)
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        return {"QueryExecution": {"Status": {"State": state, "StateChangeReason": "line 1:1: made up"}}}

    def get_paginator(self, name: str) -> Athena:
        assert name == "get_query_results"
        return self

    def paginate(self, QueryExecutionId: str) -> list[dict[str, Any]]:
        query = self.queries[int(QueryExecutionId) - 1]["QueryString"]
        lent = re.sub(r"r\.row_time_ - interval '(\d+)' day", r"days_before(r.row_time_, \1)", query)
        cursor = self.history.execute(lent)
        rows = [[each[0] for each in cursor.description], *cursor.fetchall()]
        told = [{"Data": [{} if value is None else {"VarCharValue": str(value)} for value in row]} for row in rows]
        return [{"ResultSet": {"Rows": told[:1]}}, {"ResultSet": {"Rows": told[1:]}}]


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")
