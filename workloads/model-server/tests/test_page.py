"""The API page and the description that it shows: made from the signature and the model's own example, and nothing from elsewhere."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, DataType, ParamSchema, ParamSpec, Schema, TensorSpec
from mlflow.types.schema import AnyType, Array, Map, Object, Property

from conftest import COLUMNS
from model_server.docs_page import asset
from model_server.example_requests import example_csv, example_json, example_lines, example_tensors
from model_server.inference import infer
from model_server.json_schema import column, requests
from model_server.loading import LoadedModel
from model_server.protocol import predict
from python_models import Echo, saved
from server import Server

JSON = "application/json"
SALE = Schema([
    ColSpec("double", "x"), ColSpec("long", "n", required=False), ColSpec("datetime", "at"), ColSpec("string", "plan"),
    ColSpec("boolean", "b"), ColSpec(Array(DataType.double), "emb"), ColSpec(Object([Property("a", DataType.long)]), "o"),
    ColSpec(Map(DataType.string), "m"), ColSpec(AnyType(), "any", required=False),
])  # fmt: skip


def test_description_is_made_from_the_signature(shared: Server) -> None:
    description = json.loads(shared.get("/openapi.json")[2])
    body = description["paths"]["/invocations"]["post"]["requestBody"]["content"][JSON]["schema"]
    row = body["oneOf"][0]["properties"]["dataframe_records"]["items"]
    assert row["properties"]["f3"] == {"type": "number"} and row["required"] == COLUMNS
    assert description["components"]["securitySchemes"]["token"]["scheme"] == "bearer"


def test_the_page_loads_only_what_this_server_has(shared: Server) -> None:
    status, headers, page = shared.get("/docs")
    text = page.decode()
    links = re.findall(r'(?:src|href)="([^"]+)"', text)
    assert status == 200 and len(links) == 4 and "<script>" not in text and "style=" not in text
    assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in headers["content-security-policy"]
    for link in links:
        status, headers, content = shared.get(f"/{link}")
        assert status == 200 and content and headers["x-content-type-options"] == "nosniff", link
    assert shared.get("/docs/../app.py")[0] == 404 and shared.get("/docs/swagger-ui.js")[0] == 404
    assert b'url: "openapi.json"' in asset("start.js").content  # type: ignore[union-attr]


def test_each_type_is_described_as_it_is_taken() -> None:
    params = ParamSchema([ParamSpec("unknown", "double", 99.0), ParamSpec("list", "long", [1], (-1,))])
    found = requests(ModelSignature(inputs=SALE, params=params))["oneOf"][0]
    row = found["properties"]["dataframe_records"]["items"]
    assert row["required"] == ["x", "at", "plan", "b", "emb", "o", "m"]
    assert row["properties"]["n"] == {"type": ["integer", "null"], "format": "int64"}
    assert row["properties"]["at"]["format"] == "date-time" and "UTC" in row["properties"]["at"]["description"]
    assert row["properties"]["emb"] == {"type": "array", "items": {"type": "number"}}
    assert row["properties"]["o"]["properties"] == {"a": {"type": "integer", "format": "int64"}}
    assert row["properties"]["m"]["additionalProperties"] == {"type": "string"} and row["properties"]["any"] == {}
    assert found["properties"]["params"]["properties"] == {
        "unknown": {"type": "number", "default": 99.0},
        "list": {"type": "array", "items": {"type": "integer", "format": "int64"}, "default": [1]},
    }
    chat = requests(
        ModelSignature(inputs=Schema([ColSpec(Array(Object([Property("role", DataType.string)])), "messages")]))
    )
    assert "messages" in chat["oneOf"][0]["properties"], "the body of a chat is the request itself"
    assert column(AnyType()) == {}


EXAMPLES: list[tuple[str, Schema | None, Any]] = [
    ("its own example", None, pd.DataFrame({"x": [1.5, 2.5], "plan": ["a", "b"]})),
    ("every type of column", SALE, None),
    ("a tensor", Schema([TensorSpec(np.dtype("float32"), (-1, 2))]), None),
    (
        "tensors by name",
        Schema([TensorSpec(np.dtype("float32"), (-1, 2), "a"), TensorSpec(np.dtype("int64"), (-1,), "b")]),
        None,
    ),
    ("a list", Schema([ColSpec("string")]), None),
]


@pytest.mark.parametrize(("schema", "example"), [each[1:] for each in EXAMPLES], ids=[each[0] for each in EXAMPLES])
def test_every_example_is_answered(tmp_path: Path, schema: Any, example: Any) -> None:
    model = saved(tmp_path / "m", Echo(), ModelSignature(inputs=schema) if schema else None, input_example=example)
    body = example_json(model)
    predict(json.dumps(body).encode(), JSON, model, 10**6)
    if example is not None:
        assert body["dataframe_split"]["data"] == example.values.tolist()
        _answered_alike(model)
    tensors = example_tensors("m", model)
    assert tensors is not None or schema is not None
    if tensors is not None:
        infer(json.dumps(tensors).encode(), None, "m", model)


def _answered_alike(model: LoadedModel) -> None:
    for text, kind in ((example_csv(model), "text/csv"), (example_lines(model), "application/jsonlines")):
        assert text is not None
        if kind == "text/csv":
            assert predict(text.encode(), kind, model, 10**6).answer["values"] == [["1.5", "a"], ["2.5", "b"]]
        else:
            assert [json.loads(line)["plan"] for line in text.splitlines()] == ["a", "b"]
