"""The same thousand rows through Kubernetes' path, SageMaker's path and mlflow.pyfunc in this process: equal to the last bit."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Made
from mlflow.pyfunc.scoring_server import infer_and_parse_data
from mlflow.utils.proto_json_utils import NumpyEncoder, _get_jsonable_obj
from server import Server

# Of each, whether requests may share a call of the model.
FLAVOURS = {"sklearn": True, "xgboost": True, "onnx": False, "mixed": True}


def expected(made: Made, payload: dict[str, Any]) -> Any:
    """What MLflow's own functions answer in this process, after the journey through JSON."""
    schema = made.pyfunc.metadata.get_input_schema()
    raw = made.pyfunc.predict(infer_and_parse_data(json.loads(json.dumps(payload)), schema))
    return json.loads(json.dumps(_get_jsonable_obj(raw, pandas_orient="records"), cls=NumpyEncoder))


def bits(values: Any) -> Any:
    if isinstance(values, dict):
        return {key: bits(value) for key, value in values.items()}
    if isinstance(values, list):
        return [bits(value) for value in values]
    return values.hex() if isinstance(values, float) else (type(values).__name__, values)


def release(folder: Path, uri: str, version: str = "3") -> Path:
    file = folder / "release.json"
    file.write_text(json.dumps({"stable": {"version": version, "uri": uri}}))
    return file


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_a_thousand_rows_are_equal_bit_for_bit_on_both_paths(models: dict[str, Made], tmp_path: Path, flavour: str) -> None:
    made = models[flavour]
    rows = made.rows
    whole = made.payload(rows)
    singles = [made.payload(rows.iloc[place : place + 1]) for place in range(len(rows))]
    # 3 is what the release controller would have written; SageMaker's directory says nothing of it.
    kubernetes = Server(RELEASE_FILE=release(tmp_path, made.path), WORKERS=1, TIMEOUT_MILLIS=60_000)
    sagemaker = Server("serve", SOURCE=made.path, WORKERS=1, TIMEOUT_MILLIS=60_000)
    with kubernetes, sagemaker:
        wanted = [bits(expected(made, each)) for each in singles]
        wanted_whole = bits(expected(made, whole))
        for server in (kubernetes, sagemaker):
            server.ready(workers=1)
            answers = server.predict_together(singles)
            assert {status for status, _ in answers} == {200}
            got = [bits(body["predictions"]) for _, body in answers]
            assert [place for place in range(len(rows)) if got[place] != wanted[place]] == []
            assert bits(server.predict(whole)[1]["predictions"]) == wanted_whole
        assert kubernetes.predict(singles[0])[1] == sagemaker.predict(singles[0])[1]
        calls = kubernetes.metric("model_server_batch_rows_count")
        if FLAVOURS[flavour]:
            assert 0 < calls < len(rows) / 5, "requests shared calls"
        else:
            assert calls == len(rows) + 1
        assert kubernetes.ask("GET", "/health/ready")[1]["x-model-version"] == "3"


def test_tensor_models_are_equal_bit_for_bit(models: dict[str, Made]) -> None:
    made = models["onnx_tensor"]
    rows = made.rows.head(100).to_numpy(np.float32)
    payloads = [{key: rows[place : place + 1].tolist()} for place in range(len(rows)) for key in ("inputs", "instances")]
    with Server(SOURCE=made.path, WORKERS=1) as server:
        wanted = [bits(expected(made, each)) for each in payloads]
        server.ready(workers=1)
        for wish, (status, body) in zip(wanted, server.predict_together(payloads)):
            assert status == 200, body
            assert bits(body["predictions"]) == wish


@pytest.mark.parametrize("flavour", ["sklearn", "xgboost", "onnx"])
def test_several_rows_a_request_are_equal_bit_for_bit(models: dict[str, Made], flavour: str) -> None:
    made = models[flavour]
    # Rows of one, between them, so that what may share a call meets what may not.
    sizes = (2, 1, 3, 1, 7, 1, 33, 1, 128, 1, 129, 1, 500, 1)
    blocks = [made.rows.iloc[start : start + size] for size in sizes for start in (0, 250)]
    payloads = [made.payload(rows) for rows in blocks]
    with Server(SOURCE=made.path, WORKERS=1) as server:
        wanted = [bits(expected(made, each)) for each in payloads]
        server.ready(workers=1)
        for wish, (status, body) in zip(wanted, server.predict_together(payloads, at_once=14)):
            assert status == 200, body
            assert bits(body["predictions"]) == wish
