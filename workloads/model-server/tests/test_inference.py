"""Open Inference Protocol v2: names, datatypes and forms of tensors in metadata, requests and answers; JSON and binary."""

import json
import struct
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
import pytest
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, DataType, Schema, TensorSpec
from mlflow.types.schema import Array, Map

from conftest import COLUMNS, Made
from model_server.errors import Refused
from model_server.inference import JSON_LENGTH, infer, metadata
from model_server.loading import LoadedModel
from python_models import Echo, saved
from server import Server


class Answers(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    """Answers what it was told to."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def predict(self, context, model_input, params=None):  # type: ignore[no-untyped-def]
        return self.answer


X = Schema([ColSpec("double", "x")])
ASKED = [{"name": "x", "shape": [2], "datatype": "FP64", "data": [1.0, 2.0]}]


def asked(model: LoadedModel, inputs: Any = ASKED, **others: Any) -> Any:
    return json.loads(infer(json.dumps({"inputs": inputs, **others}).encode(), None, "m", model).body())


def answering(path: Path, answer: Any, outputs: Schema | None) -> LoadedModel:
    return saved(path, Answers(answer), ModelSignature(inputs=X, outputs=outputs))


OUTPUTS: list[tuple[str, Any, Schema | None, list[tuple[str, str, list[int], Any]]]] = [
    ("an unnamed tensor", np.array([[0.5, 1], [2, 3]], np.float32), Schema([TensorSpec(np.dtype("float32"), (-1, 2))]),
     [("predictions", "FP32", [2, 2], [0.5, 1.0, 2.0, 3.0])]),
    ("one named column", np.array([1, 2]), Schema([ColSpec("long", "label")]), [("label", "INT64", [2], [1, 2])]),
    ("a frame", pd.DataFrame({"a": [1.5, 2.5], "b": ["x", "y"]}), Schema([ColSpec("double", "a"), ColSpec("string", "b")]),
     [("a", "FP64", [2], [1.5, 2.5]), ("b", "BYTES", [2], ["x", "y"])]),
    ("columns of an array", np.array([[1.0, 2], [3, 4]]), Schema([ColSpec("double", "a"), ColSpec("double", "b")]),
     [("a", "FP64", [2], [1.0, 3.0]), ("b", "FP64", [2], [2.0, 4.0])]),
    ("records", [{"a": 1, "b": None}, {"a": 2, "b": 0.5}], Schema([ColSpec("long", "a"), ColSpec("double", "b", required=False)]),
     [("a", "INT64", [2], [1, 2]), ("b", "FP64", [2], [None, 0.5])]),
    ("narrower than it says", np.array([1, 2], np.int32), Schema([ColSpec("long", "n")]), [("n", "INT64", [2], [1, 2])]),
    ("rows of unequal length", [[1, 2], [3]], None, [("predictions", "BYTES", [2], ["[1,2]", "[3]"])]),
    ("objects", [{"a": {"b": 1}}, {"a": None}], None, [("a", "BYTES", [2], ['{"b":1}', "null"])]),
    ("a long number beside none", [2**53 + 1, None], None, [("predictions", "BYTES", [2], ["9007199254740993", "null"])]),
    ("beyond 64 bits", [2**64, -1], None, [("predictions", "BYTES", [2], ["18446744073709551616", "-1"])]),
    ("one value", 0.5, None, [("predictions", "FP64", [], [0.5])]),
    ("half a surrogate pair", ["\ud800"], None, [("predictions", "BYTES", [1], ["\ud800"])]),
    ("tensors by name", {"s": np.ones((2, 1), np.float16)}, Schema([TensorSpec(np.dtype("float16"), (-1, 1), "s")]), [("s", "FP16", [2, 1], [1.0, 1.0])]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "outputs", "wanted"), [each[1:] for each in OUTPUTS], ids=[each[0] for each in OUTPUTS]
)
def test_an_answer_has_the_names_and_datatypes_that_the_metadata_tell(
    tmp_path: Path, answer: Any, outputs: Any, wanted: Any
) -> None:
    model = answering(tmp_path / "m", answer, outputs)
    reply = asked(model, id="7")
    got = [(each["name"], each["datatype"], each["shape"], each["data"]) for each in reply["outputs"]]
    assert json.dumps(got).replace("NaN", "null") == json.dumps(wanted) and reply["id"] == "7"
    if outputs is not None:
        told = [(each["name"], each["datatype"]) for each in metadata("m", model)["outputs"]]
        assert told == [(name, datatype) for name, datatype, _, _ in wanted]


def test_only_the_outputs_that_are_asked_for_are_answered(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [1.5], "b": ["é"]})
    model = answering(tmp_path / "m", frame, Schema([ColSpec("double", "a"), ColSpec("string", "b")]))
    assert [each["name"] for each in asked(model, outputs=[{"name": "b"}])["outputs"]] == ["b"]
    assert len(asked(model, outputs=[])["outputs"]) == 2
    for wrong in ([{"name": "c"}], [{"name": 1}], {"name": "a"}, ["a"], [{"name": "a", "parameters": 3}],
                  [{"name": "a", "parameters": {"classification": 2}}]):  # fmt: skip
        with pytest.raises(Refused) as refused:
            asked(model, outputs=wrong)
        assert refused.value.status == 400
    binary = infer(json.dumps({"inputs": ASKED, "outputs": [{"name": "b", "parameters": {"binary_data": True}}, {"name": "a"}]}).encode(),
                   None, "m", model)  # fmt: skip
    outputs = json.loads(binary.body())["outputs"]
    assert outputs[0] == {"name": "b", "datatype": "BYTES", "shape": [1], "parameters": {"binary_data_size": 6}}
    assert binary.binary == struct.pack("<I", 2) + "é".encode() and outputs[1]["data"] == [1.5]


WRONG: list[Any] = [
    None, [], {}, [1], [{}], [{**ASKED[0], "data": [1.0]}], [{**ASKED[0], "datatype": "FP128"}], [{**ASKED[0], "shape": [-2]}],
    [{**ASKED[0], "data": "ab"}], [{**ASKED[0], "data": ["1", "2"]}], [{**ASKED[0], "data": [True, False]}],
    [{**ASKED[0], "datatype": "INT64", "data": [1.5, 2]}], [{**ASKED[0], "datatype": "UINT8", "data": [300, 1]}],
    [{**ASKED[0], "datatype": "INT64", "data": [2**64, 1]}], [{**ASKED[0], "datatype": "BOOL", "data": [1, 0]}],
    [{**ASKED[0], "datatype": "BYTES", "data": [1, 2]}], [ASKED[0], ASKED[0]], [{**ASKED[0], "name": "y"}],
    [{**ASKED[0], "shape": [], "data": [1.0]}], [{**ASKED[0], "shape": [1, 1, 2]}],
    [{**ASKED[0], "parameters": {"binary_data_size": 16}}], [{"name": "x", "shape": [2], "datatype": "FP64", "parameters": {"binary_data_size": 17}}],
]  # fmt: skip


@pytest.mark.parametrize("place", range(len(WRONG)))
def test_what_is_no_tensor_is_refused(tmp_path_factory: pytest.TempPathFactory, place: int) -> None:
    model = _echo(tmp_path_factory)
    with pytest.raises(Refused) as refused:
        asked(model, WRONG[place])
    assert refused.value.status == 400


_kept: dict[str, LoadedModel] = {}


def _echo(tmp_path_factory: pytest.TempPathFactory) -> LoadedModel:
    if "echo" not in _kept:
        _kept["echo"] = saved(tmp_path_factory.mktemp("echo") / "m", Echo(), ModelSignature(inputs=X))
    return _kept["echo"]


def test_tensors_are_read_from_the_bytes_after_the_json(tmp_path: Path) -> None:
    columns = Schema([
        ColSpec("float", "f"), ColSpec("string", "s"), ColSpec("datetime", "at"), ColSpec(Array(DataType.double), "emb"),
        ColSpec(Map(DataType.long), "m"),
    ])  # fmt: skip
    model = saved(tmp_path / "m", Echo(), ModelSignature(inputs=columns))
    texts = b"".join(struct.pack("<I", len(each)) + each for each in ("é".encode(), b""))
    parts = [
        ({"name": "f", "shape": [2], "datatype": "FP32"}, np.array([0.5, -0.0], "<f4").tobytes()),
        ({"name": "s", "shape": [2, 1], "datatype": "BYTES"}, texts),
        ({"name": "emb", "shape": [2, 2], "datatype": "FP64"}, np.array([[1, 2], [3, 4]], "<f8").tobytes()),
    ]
    inputs = [head | {"parameters": {"binary_data_size": len(content)}} for head, content in parts]
    inputs.append({"name": "at", "shape": [2], "datatype": "BYTES", "data": ["2025-06-01T00:00:00Z", "2025-06-01"]})
    inputs.append({"name": "m", "shape": [2], "datatype": "BYTES", "data": ['{"a": 1}', "{}"]})
    text, binary = json.dumps({"inputs": inputs}).encode(), b"".join(content for _, content in parts)
    answer = infer(text + binary, str(len(text)), "m", model).answer
    assert answer["types"]["f"] == "float32" and answer["types"]["at"] == "datetime64[ns]"
    assert answer["values"] == [["0.5", "é", "2025-06-01 00:00:00", "[1.0, 2.0]", "{'a': np.int64(1)}"],
                                ["-0.0", "", "2025-06-01 00:00:00", "[3.0, 4.0]", "{}"]]  # fmt: skip
    for length, rest in (
        (str(len(text)), binary[:-1]),
        (str(len(text)), binary + b"x"),
        ("x", binary),
        ("99999", binary),
    ):
        with pytest.raises(Refused):
            infer(text + rest, length, "m", model)


def test_the_server_speaks_it(shared: Server, models: dict[str, Made]) -> None:
    made = models["sklearn_trees"]
    rows = made.rows.head(3)
    described = json.loads(shared.get("/v2/models/churn")[2])
    assert json.loads(shared.get("/v2")[2])["extensions"] == ["binary_tensor_data"]
    head = {"inputs": [{"name": "x", "shape": [3, 12], "datatype": "FP64", "parameters": {"binary_data_size": 288}}],
            "parameters": {"binary_data_output": True}}  # fmt: skip
    text = json.dumps(head).encode()
    status, headers, body = shared.ask(
        "POST", "/v2/models/churn/infer", text + rows.to_numpy("<f8").tobytes(), {JSON_LENGTH: str(len(text))}
    )
    length = int(headers[JSON_LENGTH.lower()])
    (output,) = json.loads(body[:length])["outputs"]
    assert status == 200 and headers["content-type"] == "application/octet-stream"
    assert [output["name"]] == [each["name"] for each in described["outputs"]] == ["predictions"]
    assert output["datatype"] == described["outputs"][0]["datatype"]
    assert np.frombuffer(body[length:], "<i8").tolist() == made.pyfunc.predict(rows).tolist()
    assert [each["name"] for each in described["inputs"]] == COLUMNS


@pytest.mark.parametrize(("path", "body"), [("models/churn/infer", b"{"), ("models/other/infer", b"{}"), ("models/other", None), ("nothing", None),
                                            ("models/churn/versions/99/infer", b"{}")])  # fmt: skip
def test_errors_are_the_protocols(shared: Server, path: str, body: bytes | None) -> None:
    status, _, answer = shared.ask("GET" if body is None else "POST", f"/v2/{path}", body)
    told = json.loads(answer)
    assert 400 <= status < 500 and list(told) == ["error"] and told["error"]
