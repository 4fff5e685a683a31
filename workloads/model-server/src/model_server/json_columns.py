"""One column's values in any of the forms in which MLflow's protocol writes a table as JSON; what is returned is changed in place."""

from typing import Any

Payload = dict[str, Any]

_RECORDS = ("dataframe_records", "instances", "inputs")


def values_of(payload: Payload, name: str) -> list[Any] | None:
    """A value for each row, None where a record leaves it out; or None where the payload has no such column or is of no known form."""
    split = payload.get("dataframe_split")
    if isinstance(split, dict):
        place, rows = _place(split, name), split.get("data")
        return None if place is None or not _are_rows(rows, split) else [row[place] for row in rows]
    records = _records(payload)
    if records is not None:
        return [record.get(name) for record in records] if any(name in record for record in records) else None
    columns = payload.get("inputs", payload.get("instances"))
    if not isinstance(columns, dict) or name not in columns:
        return None
    values = columns[name]
    return values if isinstance(values, list) else [values]


def put_values(payload: Payload, name: str, values: list[Any]) -> None:
    """In place of those that `values_of` gave."""
    split = payload.get("dataframe_split")
    if isinstance(split, dict):
        place = _place(split, name)
        for row, value in zip(split["data"], values):
            row[place] = value
        return
    records = _records(payload)
    if records is not None:
        for record, value in zip(records, values):
            if name in record:
                record[name] = value
        return
    columns = payload.get("inputs", payload.get("instances")) or {}
    columns[name] = values if isinstance(columns[name], list) else values[0]


def drop_column(payload: Payload, name: str) -> None:
    split = payload.get("dataframe_split")
    if isinstance(split, dict):
        place = _place(split, name)
        split["columns"] = [each for each in split["columns"] if each != name]
        split["data"] = [[*row[:place], *row[place + 1 :]] for row in split["data"]]  # type: ignore[operator]
        return
    records = _records(payload)
    for each in records if records is not None else [payload.get("inputs", payload.get("instances"))]:
        each.pop(name, None)


def _place(split: Payload, name: str) -> int | None:
    columns = split.get("columns")
    return columns.index(name) if isinstance(columns, list) and columns.count(name) == 1 else None


def _are_rows(rows: Any, split: Payload) -> bool:
    width = len(split["columns"])
    return isinstance(rows, list) and all(isinstance(row, list) and len(row) == width for row in rows)


def _records(payload: Payload) -> list[dict[str, Any]] | None:
    for key in _RECORDS:
        found = payload.get(key)
        if isinstance(found, list) and found and all(isinstance(each, dict) for each in found):
            return found
    return None
