"""
Requests drawn at random, for models of every signature type and flavour, through all doors: what MLflow's own server app answers, this
server answers, to the last bit, on its long way and by its shortcut, alone and in a batch; what MLflow refuses, it refuses.

A sample; `python tests/test_random_requests.py 1000` asks so much of each model.
"""

import json
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import orjson
import pandas as pd
import pytest
from mlflow.pyfunc import scoring_server
from mlflow.types import DataType, Schema

import random_models
from doors import of_mlflow, of_the_shortcut, of_this_server
from model_server.answers import encode
from model_server.inference import JSON_LENGTH, infer
from model_server.json_columns import put_values, values_of
from model_server.loading import LoadedModel
from model_server.paths import Shortcut, find_shortcut, part_of
from random_requests import CSV, JSON, Request, chat_request, hinted_request, request_for

warnings.filterwarnings("ignore")

Draw = Callable[[Random], Request]
Made = tuple[LoadedModel, Draw]


def _signature(name: str) -> Callable[[Path], Made]:
    def make(path: Path) -> Made:
        signature = random_models.signatures()[name]
        model = random_models.saved(path, random_models.Tells(), signature)
        return model, _drawn_for(model)

    return make


def _drawn_for(model: LoadedModel) -> Draw:
    signature = model.signature
    params = (
        {each.name: each.default for each in signature.params} if signature is not None and signature.params else None
    )
    if params and "at" in params:
        params["at"] = str(params["at"])
    return lambda random: request_for(signature.inputs if signature is not None else None, params, random)


def _made(make: Callable[[Path], LoadedModel]) -> Callable[[Path], Made]:
    def whole(path: Path) -> Made:
        model = make(path)
        return model, _drawn_for(model)

    return whole


def _hinted(name: str) -> Callable[[Path], Made]:
    make, kind = random_models.HINTED[name]
    return lambda path: (random_models.saved(path, make(), None), lambda random: hinted_request(kind, random))


def _chatting(make: Any) -> Callable[[Path], Made]:
    return lambda path: (random_models.saved(path, make(), None), chat_request)


MODELS: dict[str, Callable[[Path], Made]] = {
    **{f"signature: {name}": _signature(name) for name in random_models.signatures()},
    **{f"scikit-learn: {name}": _made(lambda path, name=name: random_models.estimator(name, path)) for name in random_models.ESTIMATORS},  # type: ignore[misc]
    "xgboost": _made(random_models.xgboost), "xgboost, doubles": _made(lambda path: random_models.xgboost(path, random_models.NUMBERS)),
    "xgboost, a booster": _made(lambda path: random_models.xgboost(path, random_models.NUMBERS, bare=True)),
    "lightgbm": _made(random_models.lightgbm), "onnx": _made(random_models.onnx), "from code": _made(random_models.in_code),
    **{f"hint: {name}": _hinted(name) for name in random_models.HINTED},
    "a function": lambda path: (random_models.function(path), lambda random: hinted_request(DataType.string, random)),
    "chat model": _chatting(random_models.Chats), "chat agent": _chatting(random_models.Agent), "responses agent": _chatting(random_models.Responds),
}  # fmt: skip


def compare(name: str, path: Path, count: int) -> Counter[str]:
    """Asserts equality; how often which door answered."""
    model, draw = MODELS[name](path)
    app, random, shortcut = scoring_server.init(model.pyfunc), Random(name), find_shortcut(model, 128)
    found: Counter[str] = Counter()
    taken: list[tuple[Any, Any]] = []
    for _ in range(count):
        content, kind = draw(random)
        wanted = of_mlflow(app, content, kind)
        got = of_this_server(model, content, kind)
        quick = of_the_shortcut(model, content, kind)
        assert quick is None or repr(quick) == repr(wanted), content
        found["answered" if wanted[0] == 200 else "refused"] += 1
        if repr(got) != repr(wanted) and not (wanted[0] == 500 and got[0] == 400):
            _argued(app, model, content, kind, wanted, got)
            found["argued"] += 1
        if quick is not None and shortcut is not None:
            taken.append((shortcut.reader.read(orjson.loads(content)), quick[1]["predictions"]))
    found["quick"] = len(taken)
    if shortcut is not None:
        found["together"] = _compare_together(shortcut, taken, random)
    return found


def _compare_together(shortcut: Shortcut, taken: list[tuple[Any, Any]], random: Random) -> int:
    """Requests share calls as they may; each gets what it got alone. Returns how many."""
    if shortcut.together is None:
        return 0
    sharing = [each for each in taken if not shortcut.together_only_single or len(each[0]) == 1]
    random.shuffle(sharing)
    for start in range(0, len(sharing), 25):
        batch = sharing[start : start + 25]
        answer, place = shortcut.together([row for rows, _ in batch for row in rows]), 0
        for rows, alone in batch:
            part = part_of(answer, place, place + len(rows))
            assert repr(json.loads(encode(part))) == repr(alone), rows
            place += len(rows)
    return len(sharing)


def _argued(
    app: Any, model: LoadedModel, content: bytes, kind: str, wanted: tuple[int, Any], got: tuple[int, Any]
) -> None:
    """Asserts that the difference is one that docs/model-server.md argues, "Where it takes more than MLflow"."""
    schema = model.signature.inputs if model.signature is not None else None
    assert schema is not None and not schema.is_tensor_spec(), (content, wanted, got)
    kinds = {each.name: each.type for each in schema.inputs}
    gaps = [each.name for each in schema.inputs if not each.required and each.type in (DataType.long, DataType.integer)]
    moments = [name for name, each in kinds.items() if each == DataType.datetime]
    if kind.startswith(CSV):
        texts = [
            name
            for name, each in kinds.items()
            if not isinstance(each, DataType) or each in (DataType.string, DataType.binary)
        ]
        assert (gaps or moments or texts) and (wanted[0], got[0]) in ((400, 200), (200, 200), (200, 400)), (
            content,
            wanted,
            got,
        )
        return
    assert gaps or moments, (content, wanted, got)
    payload = json.loads(content)
    if got[0] == 400:
        texts = [each for name in moments for each in values_of(payload, name) or [] if isinstance(each, str)]
        assert any(not 1677 < int(each[:4]) < 2262 for each in texts if each[:4].isdigit()), (content, wanted, got)
        return
    _plain(payload, gaps, moments)
    plain = of_mlflow(app, json.dumps(payload).encode(), JSON)
    assert plain[0] == 200, (content, got)
    theirs, ours = (_told_columns(each, gaps) for each in (plain, got))
    assert repr(theirs) == repr(ours), content


def _plain(payload: dict[str, Any], gaps: list[str], moments: list[str]) -> None:
    """Says the same as MLflow's server understands it: moments in UTC and one form; a whole number in place of each gap."""
    records = payload.get("dataframe_records", payload.get("instances", payload.get("inputs")))
    for record in records if isinstance(records, list) else ():
        for name in gaps:
            if any(name in each for each in records):
                record.setdefault(name, None)
    for name in gaps:
        if values := values_of(payload, name):
            put_values(payload, name, [0 if each is None else each for each in values])
    for name in moments:
        if values := values_of(payload, name):
            put_values(payload, name, [_utc(each) for each in values])


def _utc(text: str | None) -> str | None:
    if text is None:
        return None
    moment = pd.Timestamp(text)
    naive = moment if moment.tz is None else moment.tz_convert("UTC").tz_localize(None)
    return str(np.datetime_as_string(naive.to_datetime64().astype("datetime64[ns]")))


def _told_columns(answer: tuple[int, Any], without: list[str]) -> Any:
    """What the model told of its table, without types and values of these columns."""
    _, names, dtypes, index, cells = answer[1]["predictions"][0]
    kept = [place for place, (_, name) in enumerate(names) if name not in without]
    return names, index, [(dtypes[place], cells[place]) for place in kept]


@pytest.mark.parametrize("name", MODELS)
def test_a_sample_of_random_requests_is_answered_as_by_mlflow(tmp_path: Path, name: str) -> None:
    found = compare(name, tmp_path / "m", 24)
    assert found["answered"] + found["refused"] == 24 and found["answered"]


TENSORS = {DataType.double: "FP64", DataType.float: "FP32", DataType.long: "INT64", DataType.integer: "INT32", DataType.boolean: "BOOL",
           DataType.string: "BYTES"}  # fmt: skip


def compare_inference(path: Path, count: int) -> int:
    """Tables by the Open Inference Protocol, in JSON and as bytes: what MLflow answers to the same table."""
    schema = Schema([each for each in random_models.signatures()["all"].inputs if each.type in TENSORS])  # type: ignore[union-attr]
    signature = random_models.ModelSignature(inputs=schema)
    model, random = random_models.saved(path, random_models.Tells(), signature), Random("inference")
    for _ in range(count):
        rows = random.randint(1, 4)
        table = pd.DataFrame({each.name: random_models.column(each.type, rows, random) for each in schema.inputs})
        wanted = json.loads(json.dumps(model.predict(table)))
        for binary in (False, True):
            content, length = _inference_request(table, schema, binary)
            got = infer(content, length, "m", model)
            assert repr(json.loads(json.dumps(got.answer))) == repr(wanted), (binary, table)
    return count


def _inference_request(table: pd.DataFrame, schema: Schema, binary: bool) -> tuple[bytes, str | None]:
    described, tail = [], b""
    for each in schema.inputs:
        head: dict[str, Any] = {"name": each.name, "shape": [len(table)], "datatype": TENSORS[each.type]}
        values = table[each.name]
        if not binary:
            described.append(head | {"data": values.tolist()})
            continue
        texts = [text.encode() for text in values] if each.type == DataType.string else []
        part = b"".join(len(text).to_bytes(4, "little") + text for text in texts) or values.to_numpy().tobytes()
        described.append(head | {"parameters": {"binary_data_size": len(part)}})
        tail += part
    text = json.dumps({"inputs": described}).encode()
    return text + tail, str(len(text)) if binary else None


def test_a_sample_of_tables_by_the_open_inference_protocol_is_answered_as_by_mlflow(tmp_path: Path) -> None:
    assert JSON_LENGTH and compare_inference(tmp_path / "m", 24) == 24


if __name__ == "__main__":
    each_count, *chosen = sys.argv[1:]
    for each in chosen or MODELS:
        print(each, dict(compare(each, Path(tempfile.mkdtemp()) / "m", int(each_count))), flush=True)
    print("open inference protocol", compare_inference(Path(tempfile.mkdtemp()) / "m", int(each_count)))
