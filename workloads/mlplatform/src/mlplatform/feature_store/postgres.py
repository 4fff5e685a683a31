"""Features in a table of PostgreSQL, for clusters without SageMaker: a row for each record, none of which is ever changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import psycopg2
from psycopg2 import sql
from psycopg2.extras import execute_values

from mlplatform.feature_store.group import FeatureGroup, instant

TYPES = {"Integral": "bigint", "Fractional": "double precision", "String": "text"}
#: Bytes of a name: PostgreSQL cuts longer ones, and takes two that begin alike for one.
MOST_BYTES = 63
INDEX = "{}_newest"
#: As SageMaker's history names them.
HANDED_IN, DELETED = "api_invocation_time", "is_deleted"
#: Order of records of one entity, the one that counts first: since when it holds, when it was handed in, and which came last.
NEWEST = "{event_time} desc, {handed_in} desc, record_number desc"


class PostgresStore:
    def __init__(self, group: FeatureGroup, address: str, timeout_seconds: int | None = None) -> None:
        for name in (INDEX.format(group.table), group.entity, group.event_time, *group.columns):
            if len(name) > MOST_BYTES:
                raise ValueError(f"{name!r} has {len(name)} letters; PostgreSQL takes {MOST_BYTES}: shorten the name")
        self._group, self._address = group, address
        self._limits: dict[str, Any] = (
            {}
            if timeout_seconds is None
            else {
                "connect_timeout": timeout_seconds,
                "options": f"-c statement_timeout={timeout_seconds * 1000}",
            }
        )
        self._names = {
            "table": sql.Identifier(group.table),
            "index": sql.Identifier(INDEX.format(group.table)),
            "entity": sql.Identifier(group.entity),
            "event_time": sql.Identifier(group.event_time),
            "handed_in": sql.Identifier(HANDED_IN),
            "deleted": sql.Identifier(DELETED),
            "features": sql.SQL(", ").join(map(sql.Identifier, group.columns)),
        }

    @staticmethod
    def at(address: str, group: FeatureGroup, timeout_seconds: int | None = None) -> PostgresStore:
        return PostgresStore(group, address, timeout_seconds)

    def make(self) -> None:
        """
        The table, and columns that it lacks; made twice it is the same. A feature that goes keeps its history.

        @raises ValueError where a feature is there with another type: its numbers would be rounded, or come back as text
        """
        columns = [
            self._sql("add column if not exists {column} " + TYPES[kind], column=sql.Identifier(name))
            for name, kind in self._group.columns.items()
        ]
        with self._cursor() as cursor:
            cursor.execute(
                self._sql(
                    "create table if not exists {table} (record_number bigint generated always as identity primary key,"
                    " {entity} text not null, {event_time} timestamptz not null,"
                    " {handed_in} timestamptz not null default clock_timestamp(), {deleted} boolean not null default false)"
                )
            )
            cursor.execute(
                "select column_name, data_type from information_schema.columns"
                " where table_schema = current_schema() and table_name = %s",
                (self._group.table,),
            )
            there = dict(cursor.fetchall())
            other = [
                f"{name} is {there[name]} there, and {kind} here"
                for name, kind in self._group.columns.items()
                if there.get(name, TYPES[kind]) != TYPES[kind]
            ]
            if other:
                raise ValueError(f"table {self._group.table}: {'; '.join(other)}: give the feature another name")
            cursor.execute(self._sql("alter table {table} {columns}", columns=sql.SQL(", ").join(columns)))
            cursor.execute(self._sql("create index if not exists {index} on {table} ({entity}, " + NEWEST + ")"))

    def put(self, records: Iterable[Mapping[str, Any]]) -> int:
        checked = [self._group.record(each) for each in records]
        rows = [(each.entity, each.at, *each.features.values()) for each in checked]
        with self._cursor() as cursor:
            execute_values(
                cursor, self._sql("insert into {table} ({entity}, {event_time}, {features}) values %s"), rows
            )
        return len(rows)

    def forget(self, entity: str, at: datetime | str) -> None:
        with self._cursor() as cursor:
            cursor.execute(
                self._sql("insert into {table} ({entity}, {event_time}, {deleted}) values (%s, %s, true)"),
                (self._group.entity_of(entity), instant(at, self._group.event_time)),
            )

    def latest(self, entities: Sequence[str]) -> dict[str, dict[str, Any]]:
        query = (
            "select * from (select distinct on ({entity}) {entity}, {deleted}, {features} from {table}"
            " where {entity} = any(%s) order by {entity}, " + NEWEST + ") newest where not {deleted}"
        )
        with self._cursor() as cursor:
            cursor.execute(self._sql(query), (list(dict.fromkeys(map(self._group.entity_of, entities))),))
            return {entity: dict(zip(self._group.columns, values, strict=True)) for entity, _, *values in cursor}

    def since(self, entities: Sequence[str]) -> dict[str, datetime]:
        query = "select {entity}, max({event_time}) from {table} where {entity} = any(%s) group by {entity}"
        with self._cursor() as cursor:
            cursor.execute(self._sql(query), (list(dict.fromkeys(map(self._group.entity_of, entities))),))
            return dict(cursor)

    def as_of(
        self, rows: Sequence[Mapping[str, Any]], *, as_known_then: bool = True, max_age: timedelta | None = None
    ) -> list[dict[str, Any]]:
        wanted = [(place, self._group.whom(each), self._group.when(each)) for place, each in enumerate(rows)]
        if not wanted:
            return []
        query = (
            "select known.* from unnest(%s::bigint[], %s::text[], %s::timestamptz[]) as asked (place, whom, moment)"
            " left join lateral (select case when not {deleted} then {event_time} end as feature_time, {features} from {table}"
            " where {entity} = asked.whom and {event_time} <= asked.moment"
            + (" and {handed_in} <= asked.moment" if as_known_then else "")
            + (" and {event_time} > asked.moment - %s" if max_age is not None else "")
            + " order by "
            + NEWEST
            + " limit 1) known on true order by asked.place"
        )
        given = [list(column) for column in zip(*wanted, strict=True)]
        with self._cursor() as cursor:
            cursor.execute(self._sql(query), (*given, max_age) if max_age is not None else given)
            return [self._beside(*row) for row in cursor]

    def _beside(self, since: datetime | None, *values: Any) -> dict[str, Any]:
        return {**dict(zip(self._group.columns, values, strict=True)), "feature_time": since}

    def _sql(self, text: str, **more: sql.Composable) -> sql.Composed:
        return sql.SQL(text).format(**self._names, **more)

    @contextmanager
    def _cursor(self) -> Iterator[Any]:
        connection = psycopg2.connect(self._address, **self._limits)
        try:
            with connection, connection.cursor() as cursor:
                yield cursor
        finally:
            connection.close()
