"""The same thousand rows through Kubernetes' path, SageMaker's path and mlflow.pyfunc in this process: equal to the last bit."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Made
from mlflow.pyfunc.scoring_server import infer_and_parse_data
from mlflow.utils.proto_json_utils import NumpyEncoder, _get_jsonable_obj
from server import Server

FLAVOURS = ["sklearn", "xgboost", "onnx", "mixed"]


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
    wanted = [bits(expected(made, each)) for each in singles]
    wanted_whole = bits(expected(made, whole))
    # 3 is what the release controller would have written; SageMaker's directory says nothing of it.
    kubernetes = Server(RELEASE_FILE=release(tmp_path, made.path), MAX_QUEUE=1000)
    sagemaker = Server("serve", SOURCE=made.path, MAX_QUEUE=1000)
    with kubernetes, sagemaker:
        for server in (kubernetes, sagemaker):
            server.ready()
            with ThreadPoolExecutor(24) as clients:  # Together, so that rows of several requests share a batch.
                answers = list(clients.map(lambda payload, to=server: to.predict(payload), singles))
            assert {status for status, _ in answers} == {200}
            got = [bits(body["predictions"]) for _, body in answers]
            assert [place for place in range(len(rows)) if got[place] != wanted[place]] == []
            assert bits(server.predict(whole)[1]["predictions"]) == wanted_whole
        assert kubernetes.predict(singles[0])[1] == sagemaker.predict(singles[0])[1]
        batches = kubernetes.metric("model_server_batch_rows_count")
        assert 0 < batches < kubernetes.metric("model_server_batch_rows_sum"), "requests shared batches"
        assert kubernetes.ask("GET", "/health/ready")[1]["x-model-version"] == "3"


def test_tensor_models_are_equal_bit_for_bit(models: dict[str, Made]) -> None:
    made = models["onnx_tensor"]
    rows = made.rows.head(200).to_numpy(np.float32)
    with Server(SOURCE=made.path) as server:
        server.ready()
        for key in ("inputs", "instances"):
            payloads = [{key: rows[place : place + 1].tolist()} for place in range(len(rows))]
            with ThreadPoolExecutor(16) as clients:
                answers = list(clients.map(server.predict, payloads))
            for payload, (status, body) in zip(payloads, answers):
                assert status == 200, body
                assert bits(body["predictions"]) == bits(expected(made, payload))


def test_several_rows_a_request_are_equal_bit_for_bit(models: dict[str, Made]) -> None:
    made = models["sklearn"]
    blocks = [made.rows.iloc[start : start + size] for size in (2, 3, 7, 33, 128, 129, 500) for start in (0, 250)]
    with Server(SOURCE=made.path) as server:
        server.ready()
        with ThreadPoolExecutor(14) as clients:
            answers = list(clients.map(lambda rows: server.predict(made.payload(rows)), blocks))
        for rows, (status, body) in zip(blocks, answers):
            assert status == 200, body
            assert bits(body["predictions"]) == bits(expected(made, made.payload(rows)))
