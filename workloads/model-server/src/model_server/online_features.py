"""Requests that only say of whom: what is known of them now is read from the feature store, and the model is asked with it."""

import logging
import os
from collections.abc import Iterable, Mapping
from typing import Any

from mlflow.types import DataType, Schema

from mlplatform.feature_store import Features, FeatureStore, open_store
from mlplatform.feature_store.described import described
from mlplatform.feature_store.group import FeatureGroup
from model_server.errors import Refused, Unavailable
from model_server.json_columns import Payload
from model_server.settings import Settings, SettingsError

_log = logging.getLogger("model_server.online_features")

#: Of one request. SageMaker is asked for a hundred at a time.
MOST_ENTITIES = 1000
#: Letters of a client's own text in an answer.
SHOWN = 100
#: For a connection, and for an answer: a client waits for it.
TIMEOUT_SECONDS = 2
_TRUTHS = {"true": True, "false": False}


class OnlineFeatures:
    def __init__(self, group: FeatureGroup, store: FeatureStore) -> None:
        self._group, self._store = group, store

    def complete(self, payload: Payload, schema: Schema | None) -> None:
        """Puts into records, or rows of a split, the features that they lack. What a request says itself counts.

        Raises Refused where one of them is not known, Unavailable where the store does not answer.
        """
        records, split = payload.get("dataframe_records"), payload.get("dataframe_split")
        if isinstance(records, list) and all(isinstance(each, dict) for each in records):
            payload["dataframe_records"] = self._records(records, schema)
        elif isinstance(split, dict) and _is_table(split):
            columns, rows = split["columns"], split["data"]
            found = self._records([dict(zip(columns, row, strict=True)) for row in rows], schema)
            if found and found[0].keys() != set(columns):
                split["columns"], split["data"] = list(found[0]), [list(each.values()) for each in found]
        else:
            self.refuse(_tensor_names(payload), schema)

    def refuse(self, columns: Iterable[Any], schema: Schema | None) -> None:
        """Raises Refused for a table or tensors with the entity in place of its features: only JSON of MLflow's forms is completed."""
        given = set(columns)
        lacking = sorted(self._asked(schema) - given)
        if self._group.entity in given and lacking:
            message = (
                f"features are looked up for dataframe_records, dataframe_split and JSON lines alone: send "
                f"{self._group.entity} so, or {', '.join(lacking)[:SHOWN]} with this request"
            )
            raise Refused(400, "features_not_looked_up", message)

    def _records(self, records: list[dict[str, Any]], schema: Schema | None) -> list[dict[str, Any]]:
        asked, entity = self._asked(schema), self._group.entity
        kinds = {} if schema is None else dict(zip(schema.input_names(), schema.input_types()))

        def lacks(record: dict[str, Any]) -> bool:
            return entity in record and not asked.issubset(record)

        def completed(record: dict[str, Any], known: Features) -> dict[str, Any]:
            said = {name: value for name, value in record.items() if name != entity or name in kinds}
            return {**{name: _as(known[name], kinds.get(name)) for name in known if name in asked}, **said}

        known = self._known([each[entity] for each in records if lacks(each)])
        if not known:
            return records
        # Also of those that are complete, so that a record is asked the same whatever is beside it.
        return [completed(each, known[self._name(each[entity])] if lacks(each) else {}) for each in records]

    def _asked(self, schema: Schema | None) -> set[str]:
        """Features that the model reads; all, where it does not say."""
        if schema is None or schema.is_tensor_spec() or not schema.has_input_names():
            return set(self._group.columns)
        return set(self._group.columns) & set(schema.input_names())

    def _name(self, given: Any) -> str:
        try:
            return self._group.entity_of(given)
        except ValueError as error:
            raise Refused(400, "malformed_input", str(error)) from None

    def _known(self, given: list[Any]) -> dict[str, Features]:
        names = list(dict.fromkeys(map(self._name, given)))
        if not names:
            return {}
        if len(names) > MOST_ENTITIES:
            raise Refused(413, "too_many_entities", f"a request asks for at most {MOST_ENTITIES} of them; ask in parts")
        try:
            known = self._store.latest(names)
        except Exception as error:
            _log.exception("the feature store does not answer")
            raise Unavailable("features_unavailable", "the feature store does not answer; ask again") from error
        unknown = [name for name in names if name not in known]
        if unknown:
            more = f", and of {len(unknown) - 1} more" if len(unknown) > 1 else ""
            message = f"nothing is known of {self._group.entity} {unknown[0][:SHOWN]!r}{more}; send the features with the request"
            raise Refused(404, "unknown_entity", message)
        return known


def online_features(settings: Settings, env: Mapping[str, str] = os.environ) -> OnlineFeatures | None:
    """Raises SettingsError where they are asked for and cannot be read."""
    if settings.features is None:
        return None
    try:
        group = described(settings.features)
        return OnlineFeatures(group, open_store(settings.features_store, group, TIMEOUT_SECONDS))
    except (ValueError, ImportError) as error:
        raise SettingsError(f"MODEL_SERVER_FEATURES: {error}") from error


def _is_table(split: Mapping[str, Any]) -> bool:
    columns, rows = split.get("columns"), split.get("data")
    return (
        isinstance(columns, list)
        and all(isinstance(name, str) for name in columns)
        and len(set(columns)) == len(columns)
        and isinstance(rows, list)
        and all(isinstance(row, list) and len(row) == len(columns) for row in rows)
    )


def _tensor_names(payload: Payload) -> set[str]:
    instances, inputs = payload.get("instances"), payload.get("inputs")
    rows = instances if isinstance(instances, list) else [inputs]
    return {name for row in rows if isinstance(row, dict) for name in row}


def _as(value: Any, kind: Any) -> Any:
    """A store keeps truth values as text."""
    return _TRUTHS.get(value.lower(), value) if kind == DataType.boolean and isinstance(value, str) else value
