"""Features of customers, machines or else, as they are and as they were known at a time, by one interface over two stores.

`sagemaker` keeps them in SageMaker's Feature Store, `postgres` in a table of PostgreSQL. Which one a group has, an address says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol
from urllib.parse import urlsplit

from mlplatform.feature_store.group import FeatureGroup

#: What is known of an entity, by feature.
Features = dict[str, Any]


class FeatureStore(Protocol):
    """The features of one group. Times without a zone are UTC."""

    def make(self) -> None:
        """What the store keeps the group in, where it is not there; of SageMaker's the stack makes it. Made twice it is the same."""

    def put(self, records: Iterable[Mapping[str, Any]]) -> int:
        """Adds a record each of an entity since a time, and says how many. Handed in twice, one is kept twice, and says the same.

        @param records by column: entity, time and features; a feature that is None, or absent, is unknown from then on
        @raises ValueError for a record that the group does not know how to keep, before any is
        """

    def forget(self, entity: str, at: datetime | str) -> None:
        """From then on nothing is known of the entity. What was known before stays in the history."""

    def latest(self, entities: Sequence[str]) -> dict[str, Features]:
        """What is known now, for a model that answers; entities of which nothing is known are absent."""

    def since(self, entities: Sequence[str]) -> dict[str, datetime]:
        """Since when that holds which is known now, for whoever adds only what is newer; entities of which nothing is known are absent."""

    def as_of(
        self, rows: Sequence[Mapping[str, Any]], *, as_known_then: bool = True, max_age: timedelta | None = None
    ) -> list[Features]:
        """Beside each row, by entity and time, what was known then: nothing that came later is seen, so none of it is learnt from.

        @param as_known_then leave out what was handed in after the row's time, though it tells of an earlier one
        @param max_age features that are older at the row's time are unknown
        @returns features of each row in their order, None where unknown, and `feature_time`: since when they hold
        """


def open_store(address: str, group: FeatureGroup, timeout_seconds: int | None = None) -> FeatureStore:
    """
    @param address `sagemaker://<Glue database>/<Athena workgroup>`, or `postgresql://user@host/database`; `sagemaker://` alone has no history
    @param timeout_seconds for a connection, and for the answer to a lookup; without it the clients' own, of up to minutes
    @raises ValueError for another one
    """
    kind = urlsplit(address).scheme
    if kind == "sagemaker":
        from mlplatform.feature_store.sagemaker import SageMakerStore

        return SageMakerStore.at(address, group, timeout_seconds)
    if kind == "postgresql":
        from mlplatform.feature_store.postgres import PostgresStore

        return PostgresStore.at(address, group, timeout_seconds)
    raise ValueError(f"no feature store has the address {address!r}; write sagemaker://… or postgresql://…")
