"""A version that cannot answer its own input example is not served, and its reason is told; no model is asked for made-up rows."""

from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
import pytest
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, Schema

from conftest import Made, numbers
from model_server.errors import Refused
from model_server.example import CannotAnswer, tried
from model_server.loading import load
from model_server.paths import find_shortcut
from model_server.protocol import predict
from python_models import Echo, Fails, Refuses, saved
from server import Server

SIGNATURE = ModelSignature(inputs=Schema([ColSpec("double", "x")]))
EXAMPLE = pd.DataFrame({"x": [1.5]})


class Counts(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    def load_context(self, context):  # type: ignore[no-untyped-def]
        self.calls = 0

    def predict(self, context, model_input, params=None):  # type: ignore[no-untyped-def]
        self.calls += 1
        return [float(self.calls)] * len(model_input)


class OnlyInPython(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    def predict(self, context, model_input, params=None):  # type: ignore[no-untyped-def]
        assert isinstance(model_input, np.ndarray) and model_input.dtype == np.float32, "float32 is needed"
        return model_input.sum(axis=1)


def test_a_model_is_asked_for_its_example_once_and_for_nothing_else(tmp_path: Path) -> None:
    for place, (example, calls) in enumerate(((EXAMPLE, 1), (None, 0))):
        model = saved(tmp_path / str(place), Counts(), SIGNATURE, input_example=example)
        assert tried(model, find_shortcut(model, 128)) is None
        assert model.pyfunc.unwrap_python_model().calls == calls


def test_a_version_that_cannot_answer_its_example_is_refused_in_its_own_words(tmp_path: Path) -> None:
    model = saved(tmp_path / "m", Refuses(), SIGNATURE, input_example=EXAMPLE)
    with pytest.raises(
        CannotAnswer, match="its own input example: the model cannot take this input: the weights are missing"
    ):
        tried(model, find_shortcut(model, 128))


@pytest.mark.parametrize(("x", "words"), [(1.0, "MemoryError"), (-1.0, "Mute")])
def test_what_has_no_words_is_named_by_its_type(tmp_path: Path, x: float, words: str) -> None:
    model = saved(tmp_path / "m", Fails(), SIGNATURE)
    with pytest.raises(Refused, match=f"the model cannot take this input: {words}$"):
        predict(b'{"inputs":[{"x":%f}]}' % x, "application/json", model, 1000)


def test_an_example_that_is_no_request_is_asked_in_python(tmp_path: Path) -> None:
    model = saved(tmp_path / "m", OnlyInPython(), False, input_example=np.ones((1, 2), np.float32))
    object.__setattr__(
        model, "input_example", np.ones((1, 2), np.float32)
    )  # As MLflow gives it where there is a signature.
    assert tried(model, None) is None
    object.__setattr__(model, "serving_example", None)
    assert tried(model, None) is None
    object.__setattr__(model, "input_example", np.ones((1, 2), np.float64))
    with pytest.raises(CannotAnswer, match="float32 is needed"):
        tried(model, None)


def test_params_of_an_example_are_given_with_it(tmp_path: Path) -> None:
    model = saved(tmp_path / "m", Echo(), None, input_example=(EXAMPLE, {"plan": "pro"}))
    assert (
        model.example_params == {"plan": "pro"} and model.serving_example and '"plan": "pro"' in model.serving_example
    )
    tried(model, None)


def test_a_shortcut_that_answers_the_example_otherwise_is_not_taken(tmp_path: Path) -> None:
    from sklearn.linear_model import LinearRegression

    data = numbers(50, 0)
    estimator = LinearRegression().fit(data, data.sum(axis=1))
    mlflow.sklearn.save_model(estimator, str(tmp_path / "m"), input_example=data.head(3), serialization_format="cloudpickle",
                              pip_requirements=["mlflow-skinny"])  # fmt: skip
    model = load(str(tmp_path / "m"))
    shortcut = find_shortcut(model, 128)
    assert shortcut is not None and shortcut.seconds == 0
    timed = tried(model, shortcut)
    assert timed is not None and timed.seconds > 0

    def wrong(rows: Any) -> list[Any]:
        return [0.0] * len(rows)

    object.__setattr__(shortcut, "predict", wrong)
    assert tried(model, shortcut) is None


def test_the_reason_reaches_health_and_the_metrics(tmp_path: Path, models: dict[str, Made]) -> None:
    saved(tmp_path / "m", Refuses(), SIGNATURE, input_example=EXAMPLE)
    with Server(SOURCE=tmp_path / "m", VERSION="7", WORKERS=1) as server:
        server.until(lambda: b"the weights are missing" in server.get("/health/ready")[2])
        assert server.get("/health/ready")[0] == 503
        assert server.metric("model_server_model_load_failures_total", version="7") >= 1
        said = server.get("/metrics", server.metrics_port)[2].decode()
        (info,) = [line for line in said.splitlines() if line.startswith("model_server_model_load_failure_info{")]
        assert 'version="7"' in info and "the weights are missing" in info
