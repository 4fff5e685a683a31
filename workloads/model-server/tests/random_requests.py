"""Requests for a signature, drawn at random in every form of MLflow's protocol."""

import csv
from io import StringIO
from random import Random
from typing import Any

from mlflow.types import DataType, Schema

from random_values import Raw, awkward, json_text, tensor_of, value_of

JSON, CSV = "application/json", "text/csv"
#: Content and its type.
Request = tuple[bytes, str]

_AWKWARDNESS = (0.0, 0.0, 0.02, 0.2)
_ROWS = (1, 1, 1, 2, 3, 7)


def request_for(schema: Schema | None, params: dict[str, Any] | None, random: Random) -> Request:
    """`params`: names and defaults of the signature's."""
    if schema is not None and schema.is_tensor_spec():
        return _tensor_request(schema, params, random)
    columns = _columns(schema, random)
    rows = _rows(columns, random)
    form = random.choice(("split", "split", "records", "records", "instances", "inputs", "lists", "csv"))
    if form == "csv":
        return _csv(columns, rows, random)
    return _json(_written(form, list(columns), rows, random), params, random)


def _columns(schema: Schema | None, random: Random) -> dict[str, tuple[Any, bool]]:
    """Type of each column and whether it is required, in the order of the request."""
    if schema is None:
        return {
            name: (random.choice((DataType.double, DataType.long, DataType.string, DataType.boolean)), True)
            for name in ("a", "b")
        }
    columns = {
        each.name if schema.has_input_names() else str(place): (each.type, each.required)
        for place, each in enumerate(schema.inputs)
    }
    if random.random() < 0.25:
        columns = dict(random.sample(list(columns.items()), len(columns)))
    if random.random() < 0.05:
        columns.pop(random.choice(list(columns)))
    for name, (_, required) in list(columns.items()):
        if not required and random.random() < 0.1:
            columns.pop(name)
    if random.random() < 0.08:
        columns["extra"] = (DataType.double, True)
    return columns


def _rows(columns: dict[str, tuple[Any, bool]], random: Random) -> list[list[Any]]:
    awkwardness = random.choice(_AWKWARDNESS)
    gaps = random.choice((0.0, 0.0, 0.3))
    count = 0 if random.random() < 0.02 else random.choice(_ROWS)
    return [[None if not required and random.random() < gaps else value_of(kind, random, awkwardness)
             for kind, required in columns.values()] for _ in range(count)]  # fmt: skip


def _written(form: str, names: list[str], rows: list[list[Any]], random: Random) -> dict[str, Any]:
    records = [dict(zip(names, row)) for row in rows]
    if random.random() < 0.05:
        records = [{name: value for name, value in each.items() if value is not None} for each in records]
    if form == "split":
        if names and random.random() < 0.02:
            names = [*names[:-1], names[0]]
        if rows and random.random() < 0.02:
            rows[-1] = rows[-1][:-1]
        split: dict[str, Any] = {"columns": names, "data": rows}
        if random.random() < 0.2:
            split["index"] = random.choice(
                (list(range(len(rows))), [7 + place for place in range(len(rows))], ["k"] * len(rows), [1], None)
            )
        if random.random() < 0.02:
            split.pop("columns")
        return {"dataframe_split": split}
    if form == "lists":
        lists = {name: [row[place] for row in rows] for place, name in enumerate(names)}
        if len(rows) == 1 and random.random() < 0.3:
            lists = {name: values[0] for name, values in lists.items()}
        return {random.choice(("inputs", "instances")): lists}
    return {"dataframe_records" if form == "records" else form: records}


def _json(payload: dict[str, Any], params: dict[str, Any] | None, random: Random) -> Request:
    if (params and random.random() < 0.5) or random.random() < 0.02:
        given: Any = {
            name: random.choice((default, awkward(random), 7, "text"))
            for name, default in (params or {"no": 1}).items()
            if random.random() < 0.6
        }
        payload["params"] = given if random.random() < 0.95 else awkward(random)
    if random.random() < 0.02:
        payload[random.choice(("inputs", "instances", "signature_name", "dataframe_records", "client_request_id"))] = (
            awkward(random)
        )
    text = json_text(payload)
    if random.random() < 0.01:
        text = text[: random.randint(0, len(text))]
    kind = random.choice((JSON, JSON, JSON, "application/json; charset=utf-8", "application/json;charset=UTF-8"))
    return text.encode("utf-8"), kind


def _csv(columns: dict[str, tuple[Any, bool]], rows: list[list[Any]], random: Random) -> Request:
    def cell(value: Any) -> str:
        if value is None:
            return random.choice(("", "", "NA", "nan"))
        if isinstance(value, (list, dict)):
            return json_text(value)
        return str(value) if isinstance(value, (str, bool, int, Raw)) else repr(value)

    out = StringIO()
    writer = csv.writer(
        out,
        lineterminator=random.choice(("\n", "\n", "\r\n")),
        quoting=random.choice((csv.QUOTE_MINIMAL, csv.QUOTE_ALL)),
    )
    if random.random() < 0.98:
        writer.writerow(list(columns))
    for row in rows:
        writer.writerow([cell(value) for value in row])
    text = out.getvalue()
    if random.random() < 0.05:
        text = "\ufeff" + text
    return text.encode("utf-8", "surrogatepass"), random.choice((CSV, CSV, "text/csv; charset=utf-8"))


def _tensor_request(schema: Schema, params: dict[str, Any] | None, random: Random) -> Request:
    awkwardness = random.choice(_AWKWARDNESS)
    drawn = {each.name: tensor_of(each.type, tuple(each.shape), random, awkwardness) for each in schema.inputs}
    if not schema.has_input_names():
        return _json({random.choice(("inputs", "instances")): next(iter(drawn.values()))}, params, random)
    if random.random() < 0.05:
        drawn.pop(random.choice(list(drawn)))
    if random.random() < 0.05:
        drawn["extra"] = [1.0]
    if random.random() < 0.4 and all(isinstance(each, list) for each in drawn.values()):
        return _json({"instances": [dict(zip(drawn, row)) for row in zip(*drawn.values())]}, params, random)
    return _json({random.choice(("inputs", "instances")): drawn}, params, random)


def hinted_request(kind: Any, random: Random) -> Request:
    """For a model whose type hint says list[kind]."""
    awkwardness = random.choice(_AWKWARDNESS)
    key = random.choice(("inputs", "inputs", "inputs", "inputs", "instances", "dataframe_records"))
    values: Any = [value_of(kind, random, awkwardness) for _ in range(random.choice((0, 1, 1, 2, 5)))]
    return _json({key: values if random.random() < 0.97 else awkward(random)}, None, random)


def chat_request(random: Random) -> Request:
    """Messages as chat models, agents and responses agents take them."""
    payload: dict[str, Any] = {
        random.choice(("messages", "messages", "input", "input", "inputs")): [
            _message(random) for _ in range(random.choice((0, 1, 1, 3)))
        ]
    }
    for name in (
        "temperature",
        "max_tokens",
        "stop",
        "n",
        "stream",
        "custom_inputs",
        "context",
        "top_p",
        "metadata",
        "tools",
    ):
        if random.random() < 0.08:
            payload[name] = random.choice((awkward(random), 1, 0.5, ["a"], {"conversation_id": "1"}, {"a": 1}))
    return json_text(payload).encode(), JSON


def _message(random: Random) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "user", "content": "hello"}
    if random.random() < 0.2:
        message["role"] = random.choice(("assistant", "system", "tool", 1, None))
    if random.random() < 0.2:
        message["content"] = random.choice(("", "\ud800", "\U0001f600", None, 1, [{"type": "text", "text": "x"}]))
    if random.random() < 0.1:
        message["name"] = awkward(random)
    if random.random() < 0.05:
        message.pop("content")
    return message
