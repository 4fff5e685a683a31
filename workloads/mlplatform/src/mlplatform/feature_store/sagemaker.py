"""Features in SageMaker's Feature Store: the latest from its online store, the history by Athena."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import urlsplit

from mlplatform.feature_store.group import FeatureGroup, Record, instant
from mlplatform.features import point_in_time_query

#: Of one BatchGetRecord. https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_feature_store_BatchGetRecord.html
MOST_LOOKUPS = 100
#: Answers in a row that give nothing but identifiers to ask for again.
MOST_REFUSALS = 10
#: Of one query's text. https://docs.aws.amazon.com/athena/latest/ug/service-limits.html
MOST_BYTES = 262_144
MOST_ROWS = 1000
POLL_SECONDS = 2.0
ASKED = "rows_asked_for"
PLACE = "row_place_"
Each = TypeVar("Each")


class QueryFailed(RuntimeError):
    """Athena has not answered; says why."""


class LookupFailed(LookupError):
    """The online store does not answer; says of how many, or why."""


class SageMakerStore:
    def __init__(
        self,
        group: FeatureGroup,
        runtime: Any,
        athena: Any,
        database: str,
        workgroup: str,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """@param runtime, athena clients of boto3: `sagemaker-featurestore-runtime`, and `athena`, without which there is no history"""
        self._group, self._runtime, self._athena = group, runtime, athena
        self._database, self._workgroup, self._sleep = database, workgroup, sleep

    @staticmethod
    def at(address: str, group: FeatureGroup, timeout_seconds: int | None = None) -> SageMakerStore:
        import boto3
        from botocore.config import Config

        parts = urlsplit(address)
        workgroup = parts.path.strip("/")
        if bool(parts.netloc) != bool(workgroup):
            raise ValueError(f"{address!r}: write sagemaker://<Glue database>/<Athena workgroup>")
        limits: dict[str, Any] = (
            {}
            if timeout_seconds is None
            else {
                "connect_timeout": timeout_seconds,
                "read_timeout": timeout_seconds,
                "retries": {"total_max_attempts": 2},
            }
        )
        runtime = boto3.client("sagemaker-featurestore-runtime", config=Config(**limits))
        return SageMakerStore(group, runtime, boto3.client("athena") if workgroup else None, parts.netloc, workgroup)

    def make(self) -> None:
        pass

    def put(self, records: Iterable[Mapping[str, Any]]) -> int:
        checked = [self._group.record(each) for each in records]
        for each in checked:
            self._runtime.put_record(FeatureGroupName=self._group.name, Record=self._said(each))
        return len(checked)

    def forget(self, entity: str, at: datetime | str) -> None:
        self._runtime.delete_record(
            FeatureGroupName=self._group.name,
            RecordIdentifierValueAsString=self._group.entity_of(entity),
            EventTime=_text(instant(at, self._group.event_time)),
        )

    def latest(self, entities: Sequence[str]) -> dict[str, dict[str, Any]]:
        return {entity: self._read(said) for entity, said in self._looked_up(entities)}

    def since(self, entities: Sequence[str]) -> dict[str, datetime]:
        """Of one who is forgotten the store does not say it; what is put again holds from before then, and stays without effect."""
        name = self._group.event_time
        return {entity: instant(said[name], name) for entity, said in self._looked_up(entities)}

    def _looked_up(self, entities: Sequence[str]) -> Iterator[tuple[str, dict[str, str | None]]]:
        for wanted in _parts(list(dict.fromkeys(map(self._group.entity_of, entities))), MOST_LOOKUPS):
            refusals = 0
            while wanted:
                asked = [{"FeatureGroupName": self._group.name, "RecordIdentifiersValueAsString": wanted}]
                answer = self._runtime.batch_get_record(Identifiers=asked)
                if answer["Errors"]:
                    raise LookupFailed(answer["Errors"][0]["ErrorMessage"])
                for each in answer["Records"]:
                    said = {one["FeatureName"]: one.get("ValueAsString") for one in each["Record"]}
                    yield each["RecordIdentifierValueAsString"], said
                left = answer["UnprocessedIdentifiers"]
                again = [name for each in left for name in each["RecordIdentifiersValueAsString"]]
                if len(again) == len(wanted):
                    refusals += 1
                    if refusals == MOST_REFUSALS:
                        raise LookupFailed(f"{len(again)} entities of {self._group.name} were put off {refusals} times")
                    self._sleep(POLL_SECONDS)
                else:
                    refusals = 0
                wanted = again

    def as_of(
        self, rows: Sequence[Mapping[str, Any]], *, as_known_then: bool = True, max_age: timedelta | None = None
    ) -> list[dict[str, Any]]:
        days = None if max_age is None else max_age.days
        if max_age is not None and (max_age.days <= 0 or max_age != timedelta(days=max_age.days)):
            raise ValueError(f"max_age: {max_age}; Athena is asked for whole days, at least one")
        if self._athena is None:
            raise ValueError(
                "features as they were are read by Athena: write sagemaker://<Glue database>/<Athena workgroup>"
            )
        wanted = [(self._group.whom(each), self._group.when(each)) for each in rows]
        answers: list[dict[str, Any]] = []
        while wanted:
            query, taken = self._query(wanted, as_known_then, days)
            found = {int(row[PLACE]): row for row in self._answers(query)}
            answers += [self._beside(found[place]) for place in range(taken)]
            wanted = wanted[taken:]
        return answers

    def _said(self, record: Record) -> list[dict[str, str]]:
        values = {
            self._group.entity: record.entity,
            self._group.event_time: _text(record.at),
            **{name: repr(value) if isinstance(value, float) else value for name, value in record.features.items()},
        }
        return [
            {"FeatureName": name, "ValueAsString": str(value)} for name, value in values.items() if value is not None
        ]

    def _read(self, said: Mapping[str, str | None]) -> dict[str, Any]:
        return {name: _parsed(kind, said.get(name)) for name, kind in self._group.columns.items()}

    def _beside(self, said: Mapping[str, str | None]) -> dict[str, Any]:
        since = said["feature_time"]
        return {**self._read(said), "feature_time": since and instant(since, "feature_time")}

    def _query(self, rows: Sequence[tuple[str, datetime]], as_known_then: bool, days: int | None) -> tuple[str, int]:
        """@returns a query for the first of the rows, as many as its text has room for, and their number"""
        group = self._group
        query = point_in_time_query(
            group.table,
            list(group.columns),
            rows_table=ASKED,
            keep=[PLACE],
            entity=group.entity,
            time=group.event_time,
            event_time=group.event_time,
            as_known_then=as_known_then,
            max_age_days=days,
        )
        named = f'with {ASKED} ("{PLACE}", "{group.entity}", "{group.event_time}") as (values\n'
        rest = f"\n), {query.removeprefix('with ')}"
        room = MOST_BYTES - len(f"{named}{rest}".encode())
        values: list[str] = []
        for place, (entity, at) in enumerate(rows[:MOST_ROWS]):
            value = f"  ({place}, {_quoted(entity)}, '{_text(at)}')"
            room -= len(value.encode()) + len(",\n")
            if room < 0 and values:
                break
            values.append(value)
        return named + ",\n".join(values) + rest, len(values)

    def _answers(self, query: str) -> Iterator[dict[str, str | None]]:
        started = self._athena.start_query_execution(
            QueryString=query, QueryExecutionContext={"Database": self._database}, WorkGroup=self._workgroup
        )["QueryExecutionId"]
        while True:
            status = self._athena.get_query_execution(QueryExecutionId=started)["QueryExecution"]["Status"]
            if status["State"] == "SUCCEEDED":
                break
            if status["State"] in ("FAILED", "CANCELLED"):
                raise QueryFailed(status.get("StateChangeReason", status["State"]))
            self._sleep(POLL_SECONDS)
        names: list[str] | None = None
        for page in self._athena.get_paginator("get_query_results").paginate(QueryExecutionId=started):
            for row in page["ResultSet"]["Rows"]:
                values = [each.get("VarCharValue") for each in row["Data"]]
                if names is None:
                    names = [str(value) for value in values]  # The first row has the names of the columns.
                else:
                    yield dict(zip(names, values, strict=True))


def _parts(given: list[Each], size: int) -> Iterator[list[Each]]:
    return (given[begin : begin + size] for begin in range(0, len(given), size))


def _text(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _parsed(kind: str, text: str | None) -> Any:
    if text is None or kind == "String":
        return text
    return int(text) if kind == "Integral" else float(text)
