"""Trains the churn model, measures it, and, where it is asked to, registers it and lets it go live."""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
from dataclasses import asdict, dataclass
from typing import Any, get_args

import mlflow
import numpy as np
import pandas as pd
from mlflow.models import infer_signature
from mlflow.models.model import ModelInfo
from sklearn.model_selection import train_test_split

from churn.data import INPUTS, TARGET, Shift, churn_probability, customers, shifted
from churn.features import churn_model
from mlplatform.baseline import Baseline
from mlplatform.evaluation import MeanByGroup, binary_metrics, gain_interval
from mlplatform.gate import Rule, Verdict, gate
from mlplatform.registry import incumbent, keep_baseline, promote, register

logger = logging.getLogger(__name__)

#: Beaten by less, it is not worth to be run; the log loss keeps the probabilities honest.
RULES = [
    Rule("roc_auc", beat_baseline_by=0.03, worse_than_champion_by=0.01),
    Rule("log_loss", worse_than_champion_by=0.01),
]
#: Beside scikit-learn's plain types the saved model holds these: boosted trees keep their nodes, and the check of their
#: input, in them. Loading takes no other; a file with these is as trustworthy as the registry that it comes from.
TRUSTED_TYPES = [
    "functools.partial",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.utils.validation.check_array",
]


@dataclass(frozen=True)
class Training:
    run_id: str
    model_uri: str
    metrics: dict[str, dict[str, float]]
    verdict: Verdict
    #: Of the registry; absent where the model was not registered.
    version: str | None = None
    promoted: bool = False


@dataclass(frozen=True)
class Fitted:
    """A logged model, and what it and the others reach on the rows that were kept apart."""

    model: ModelInfo
    metrics: dict[str, dict[str, float]]


def sample(rows: int, seed: int, shift: Shift = "none") -> pd.DataFrame:
    return shifted(customers(rows, seed), shift, seed)


def split(frame: pd.DataFrame, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Three quarters to fit on and one to measure on; the same for the same frame and seed."""
    fitted_on, held_out = train_test_split(frame, test_size=0.25, random_state=seed, stratify=frame[TARGET])
    return fitted_on, held_out


def train(
    rows: int = 20000,
    seed: int = 7,
    max_iter: int = 120,
    learning_rate: float = 0.08,
    register_as: str | None = None,
    go_live: bool = False,
    shift: Shift = "none",
) -> Training:
    """One run. A quarter of the rows is kept apart: every metric is measured on them, for every model."""
    frame = sample(rows, seed, shift)
    with mlflow.start_run() as run:
        mlflow.log_params({"rows": rows, "seed": seed})
        track_data(frame, seed)
        fitted = fit(frame, seed, max_iter, learning_rate)
        verdict = judge(frame, seed, fitted.metrics, register_as)
        mlflow.log_dict(verdict.to_dict(), "gate.json")
        version = register(register_as, fitted.model) if register_as else None
    if version is not None and go_live and verdict.passed:
        promote(version, verdict)
    return Training(
        run_id=run.info.run_id,
        model_uri=fitted.model.model_uri,
        metrics=fitted.metrics,
        verdict=verdict,
        version=str(version.version) if version is not None else None,
        promoted=version is not None and go_live and verdict.passed,
    )


def track_data(frame: pd.DataFrame, seed: int) -> None:
    """Notes in the current run what a model is fitted on, by its digest."""
    fitted_on, _ = split(frame, seed)
    dataset = mlflow.data.from_pandas(fitted_on.astype({TARGET: float}), name="customers", targets=TARGET)
    mlflow.log_input(dataset, context="training")


def fit(frame: pd.DataFrame, seed: int, max_iter: int = 120, learning_rate: float = 0.08) -> Fitted:
    """Logs parameters, metrics, model and baseline to the current run."""
    fitted_on, held_out = split(frame, seed)
    mlflow.log_params({"max_iter": max_iter, "learning_rate": learning_rate})
    model = churn_model(max_iter, learning_rate, seed).fit(fitted_on[INPUTS], fitted_on[TARGET])
    probabilities = model.predict_proba(held_out[INPUTS])
    metrics = evaluate(fitted_on, held_out, probabilities[:, 1], seed)
    for name, measured in metrics.items():
        prefix = "" if name == "model" else f"{name}_"
        mlflow.log_metrics({f"{prefix}{metric}": value for metric, value in measured.items()})
    logged = mlflow.sklearn.log_model(
        model,
        name="model",
        signature=infer_signature(frame[INPUTS], probabilities),
        input_example=held_out[INPUTS].dropna().head(3).reset_index(drop=True),
        pyfunc_predict_fn="predict_proba",
        skops_trusted_types=TRUSTED_TYPES,
        pip_requirements=model_requirements(),
    )
    keep_baseline(logged, Baseline.of(fitted_on[INPUTS], probabilities).with_target(TARGET, fitted_on[TARGET]))
    return Fitted(logged, metrics)


def judge(frame: pd.DataFrame, seed: int, metrics: dict[str, dict[str, float]], name: str | None) -> Verdict:
    """Against the simple model and, where `name` has a version that is live, against that one on the same rows."""
    live = incumbent(name) if name else None
    held_out = split(frame, seed)[1]
    uri = live and f"models:/{live.name}/{live.version}"
    return gate(RULES, metrics["model"], metrics["simple"], uri and measure(uri, held_out))


def evaluate(
    fitted_on: pd.DataFrame, held_out: pd.DataFrame, probability: np.ndarray, seed: int
) -> dict[str, dict[str, float]]:
    """The model, the rate by contract that anyone could have looked up, and the truth that made the data."""
    truth = held_out[TARGET].to_numpy()
    simple = MeanByGroup("contract").fit(fitted_on, fitted_on[TARGET].to_numpy()).predict(held_out)
    gain = gain_interval(truth, probability, simple, seed)
    # The truth needs the usage that the meter lost: the rows without it are not asked.
    known = held_out["usage_gib"].notna().to_numpy()
    return {
        "model": binary_metrics(truth, probability),
        "simple": binary_metrics(truth, simple),
        "ceiling": binary_metrics(truth[known], churn_probability(held_out[known])),
        "gain": {"roc_auc_low": gain.low, "roc_auc_high": gain.high},
    }


def measure(model_uri: str, held_out: pd.DataFrame) -> dict[str, float]:
    """What another version reaches on the same rows."""
    probability = np.asarray(mlflow.pyfunc.load_model(model_uri).predict(held_out[INPUTS]))[:, 1]
    return binary_metrics(held_out[TARGET].to_numpy(), probability)


def model_requirements() -> list[str]:
    """What a server needs to load the model, in the versions that it was trained with."""
    import cloudpickle
    import pandas
    import sklearn
    import skops

    return [
        f"mlflow=={mlflow.__version__}",
        f"scikit-learn=={sklearn.__version__}",
        f"numpy=={np.__version__}",
        f"pandas=={pandas.__version__}",
        f"skops=={skops.__version__}",
        f"cloudpickle=={cloudpickle.__version__}",
    ]


def result(training: Training) -> dict[str, Any]:
    return asdict(training)


def main(arguments: list[str] | None = None) -> int:
    """Ends with 0; with 4 where the model was to go live and did not pass its gate."""
    parser = argparse.ArgumentParser(description="Trains the churn model and tells the outcome as JSON.")
    parser.add_argument("--rows", type=int, default=20000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--max-iter", type=int, default=120)
    parser.add_argument("--learning-rate", type=float, default=0.08)
    parser.add_argument("--experiment", default="churn")
    parser.add_argument("--register", default="", help="name in the registry; empty: it is only tracked")
    parser.add_argument("--promote", choices=["yes", "no"], default="no", help="move the alias `champion` if it passes")
    parser.add_argument("--shift", choices=get_args(Shift), default="none", help="train on a world that has moved on")
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    # `mlflow run` has chosen the experiment and the run already.
    if "MLFLOW_RUN_ID" not in os.environ:
        mlflow.set_experiment(given.experiment)
    training = train(
        given.rows,
        given.seed,
        given.max_iter,
        given.learning_rate,
        given.register or None,
        given.promote == "yes",
        given.shift,
    )
    json.dump(result(training), sys.stdout)
    sys.stdout.write("\n")
    return 4 if given.promote == "yes" and not training.verdict.passed else 0


if __name__ == "__main__":
    sys.exit(main())
