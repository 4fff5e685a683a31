"""The same thousand rows through Kubernetes' path, SageMaker's path and mlflow.pyfunc in this process: equal to the last bit."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mlflow.pyfunc.scoring_server import infer_and_parse_data
from mlflow.utils.proto_json_utils import NumpyEncoder, _get_jsonable_obj

from conftest import Made
from server import Server

# Of each, whether requests may share a call of the model, and how many rows are asked for one by one.
FLAVOURS = {"sklearn": (True, 1000), "xgboost": (True, 1000), "onnx": (False, 1000), "mixed": (True, 300)}


def expected(made: Made, payload: dict[str, Any]) -> Any:
    """What MLflow's own server would write, from mlflow.pyfunc in this process."""
    data = infer_and_parse_data(payload, made.pyfunc.metadata.get_input_schema())
    answer = _get_jsonable_obj(made.pyfunc.predict(data), pandas_orient="records")
    return json.loads(json.dumps(answer, cls=NumpyEncoder))


def bits(value: Any) -> Any:
    """Floats as their bits, so that 0.0 and -0.0 differ and NaN equals itself."""
    if isinstance(value, dict):
        return {key: bits(each) for key, each in value.items()}
    if isinstance(value, list):
        return [bits(each) for each in value]
    return value.hex() if isinstance(value, float) else value


def release(folder: Path, path: str, version: str = "3", *environments: dict[str, str]) -> Path:
    file = folder / "release.json"
    partial = folder / ".release.json"
    told = {"environments": environments} if environments else {}
    partial.write_text(json.dumps({"stable": {"version": version, "uri": path, **told}}))
    partial.replace(file)
    return file


@dataclass(frozen=True)
class Paths:
    flavour: str
    made: Made
    kubernetes: Server
    sagemaker: Server


@pytest.fixture(scope="module", params=FLAVOURS)
def paths(
    request: pytest.FixtureRequest, models: dict[str, Made], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Paths]:
    made = models[request.param]
    # 3 is what the release controller would have written; SageMaker's directory says nothing of it.
    file = release(tmp_path_factory.mktemp("release"), made.path)
    kubernetes = Server(RELEASE_FILE=file, WORKERS=1, TIMEOUT_MILLIS=120_000)
    sagemaker = Server("serve", SOURCE=made.path, WORKERS=1, TIMEOUT_MILLIS=120_000)
    with kubernetes, sagemaker:
        yield Paths(request.param, made, kubernetes.ready(workers=1), sagemaker.ready(workers=1))


def test_a_thousand_rows_are_equal_bit_for_bit_on_both_paths(paths: Paths) -> None:
    made = paths.made
    shares, count = FLAVOURS[paths.flavour]
    rows = made.rows.head(count)
    whole = made.payload(made.rows)
    singles = [made.payload(rows.iloc[place : place + 1]) for place in range(len(rows))]
    wanted = [bits(expected(made, each)) for each in singles]
    wanted_whole = bits(expected(made, whole))
    for server in (paths.kubernetes, paths.sagemaker):
        before = server.metric("model_server_batch_rows_count")
        answers = server.predict_together(singles)
        assert {status for status, _ in answers} == {200}
        got = [bits(body["predictions"]) for _, body in answers]
        assert [place for place in range(len(rows)) if got[place] != wanted[place]] == []
        calls = server.metric("model_server_batch_rows_count") - before
        assert calls < len(rows) / 5 if shares else calls == len(rows), "requests share calls where they may"
        assert bits(server.predict(whole)[1]["predictions"]) == wanted_whole
    assert paths.kubernetes.predict(singles[0])[1] == paths.sagemaker.predict(singles[0])[1]
    assert paths.kubernetes.ask("GET", "/health/ready")[1]["x-model-version"] == "3"


def test_several_rows_a_request_are_equal_bit_for_bit(paths: Paths) -> None:
    made = paths.made
    # Rows of one, between them, so that what may share a call meets what may not.
    sizes = (2, 1, 3, 1, 7, 1, 33, 1, 128, 1, 129, 1, 500, 1)
    blocks = [made.rows.iloc[start : start + size] for size in sizes for start in (0, 250)]
    payloads = [made.payload(rows) for rows in blocks]
    wanted = [bits(expected(made, each)) for each in payloads]
    for wish, (status, body) in zip(wanted, paths.kubernetes.predict_together(payloads, at_once=14)):
        assert status == 200, body
        assert bits(body["predictions"]) == wish


def test_tensor_models_are_equal_bit_for_bit(models: dict[str, Made]) -> None:
    made = models["onnx_tensor"]
    rows = made.rows.head(100).to_numpy(np.float32)
    payloads = [
        {key: rows[place : place + 1].tolist()} for place in range(len(rows)) for key in ("inputs", "instances")
    ]
    wanted = [bits(expected(made, each)) for each in payloads]
    with Server(SOURCE=made.path, WORKERS=1, TIMEOUT_MILLIS=120_000) as server:
        server.ready(workers=1)
        for wish, (status, body) in zip(wanted, server.predict_together(payloads)):
            assert status == 200, body
            assert bits(body["predictions"]) == wish
