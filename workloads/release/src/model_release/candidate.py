"""A version that somebody asks for, as a loop sees it: which one, on whose rows, and whether reading it runs code of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion

from mlplatform.registry import quoted
from model_release.approval import CANDIDATE, PASSED, gate_tag, said, stood
from model_release.decisions import ASKED, rejected
from model_release.registrar_config import TrainedModel
from model_release.registry import version_at
from model_release.trained import PACKAGE_TAG

# What models of scikit-learn hold beside what skops always takes: types that hold numbers, and what trees over categories call. What is
# named here is made when the file is read, and may be called when the model answers.
PLAIN_TYPES = frozenset(
    {
        "functools.partial",
        "sklearn.calibration._CalibratedClassifier",
        "sklearn.calibration._SigmoidCalibration",
        "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
        "sklearn.metrics._dist_metrics.EuclideanDistance64",
        "sklearn.neighbors._kd_tree.KDTree",
        "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
        "sklearn.tree._tree.Tree",
        "sklearn.utils.validation.check_array",
    }
)
# What mlflow.sklearn writes into `MLmodel`.
FUNCTION_KEYS = frozenset({"code", "env", "loader_module", "model_path", "predict_fn", "python_version"})
SKLEARN_KEYS = frozenset({"code", "pickled_model", "serialization_format", "sklearn_version", "skops_trusted_types"})


# An attempt at reading a version is given up after 30 minutes, and a check after its jobs and two days of waiting for a slot.
READING = timedelta(minutes=45)
CHECKING = timedelta(days=3)


def checked_tag(stack: str) -> str:
    """On a version: which run has taken it up."""
    return f"mlplatform.{stack}.checked"


@dataclass(frozen=True)
class Taken:
    """Which run has taken a version up, after which asking, and until when it has to say more; empty once it has said all."""

    asking: str
    run: str
    due: str = ""

    @staticmethod
    def of(version: ModelVersion, stack: str) -> Taken:
        asked, run, due, *_ = [*version.tags.get(checked_tag(stack), "").split("@"), "", ""]
        return Taken(asked, run, due)

    def note(self, client: MlflowClient, version: ModelVersion, stack: str, within: timedelta | None = None) -> None:
        due = f"@{(datetime.now(UTC) + within).isoformat()}" if within else ""
        client.set_model_version_tag(
            version.name, version.version, checked_tag(stack), f"{self.asking}@{self.run}{due}"
        )

    @property
    def given_up(self) -> bool:
        """It was to say more, and has not."""
        return bool(self.due) and datetime.fromisoformat(self.due) < datetime.now(UTC)


def asked_for(client: MlflowClient, model: TrainedModel, stack: str, run: str) -> ModelVersion | None:
    """
    The version with the alias `candidate`, unless the gate has passed it, somebody rejected it, or another run has taken it up since
    and has not given up.
    """
    found = version_at(client, model.registered, CANDIDATE)
    if found is None:
        return None
    taken = Taken.of(found, stack)
    if found.tags.get(gate_tag(stack)) == PASSED or rejected(said(found)):
        return None
    others = taken.run not in ("", run) and taken.asking == asking(found)
    return None if others and not taken.given_up else found


def asking(version: ModelVersion) -> str:
    """Name of the last asking; empty where the release path itself has set the alias."""
    made = [each for each in said(version) if each.what == ASKED]
    return made[-1].key if made else ""


def asker(version: ModelVersion) -> str:
    made = [each for each in said(version) if each.what == ASKED]
    return made[-1].by if made else "the release path"


def approved_run(client: MlflowClient, model: TrainedModel, stack: str, packages: str) -> str | None:
    """The loop's last run whose version went live and was neither rejected nor rolled back: on its rows others are measured."""
    below = f"{packages}/{model.name}/"
    found = client.search_model_versions(f"name = {quoted(model.registered)}")
    live = [each for each in found if each.tags.get(PACKAGE_TAG, "").startswith(below) and stood(each, stack)]
    if not live:
        return None
    newest = max(live, key=lambda each: int(each.version))
    return newest.tags[PACKAGE_TAG].removeprefix(below).split("/")[0]


def runs_code(described: Mapping[str, Any]) -> str | None:
    """
    Why reading a model would run code that its author chose; none where it would not. A check that runs such code could be told
    what to find.

    :param described: the model's file `MLmodel`.
    """
    flavors = described.get("flavors")
    if not isinstance(flavors, Mapping) or set(flavors) != {"python_function", "sklearn"}:
        return "it is no model that mlflow.sklearn has saved, and nothing else"
    function, own = flavors["python_function"], flavors["sklearn"]
    if not isinstance(function, Mapping) or not isinstance(own, Mapping):
        return "its MLmodel cannot be read"
    if function.get("loader_module") != "mlflow.sklearn":
        return f"it is read by {function.get('loader_module')}, not by mlflow.sklearn"
    # `data` would lead to a second MLmodel, which says something else.
    if unknown := sorted({str(each) for each in function} - FUNCTION_KEYS | {str(each) for each in own} - SKLEARN_KEYS):
        return f"its MLmodel has keys that mlflow.sklearn does not write: {', '.join(unknown)}"
    if "/" in str(function.get("model_path")) or function.get("model_path") != own.get("pickled_model"):
        return f"its file is {function.get('model_path')!r}, which is not where mlflow.sklearn writes it"
    if function.get("code") or own.get("code"):
        return "it brings code of its own (code_paths)"
    if own.get("serialization_format") != "skops":
        return f"it is saved as {own.get('serialization_format')}, which can hold any code: save it as skops"
    types = own.get("skops_trusted_types") or []
    others = sorted({str(each) for each in types} - PLAIN_TYPES) if isinstance(types, list) else [str(types)]
    return f"it holds types that are not known to be plain: {', '.join(others)}" if others else None
