"""The command `training`, whose first argument is what SageMaker calls: train, serve; or validate, convert, evaluate, prepare, monitor."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import threading
import traceback
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from training_template.checkpoint import Interrupted
from training_template.hyperparameters import Unusable, load
from training_template.logs import fields, set_up
from training_template.paths import Paths

if TYPE_CHECKING:
    from training_template.checks import Checks

log = logging.getLogger(__name__)

#: As a shell tells that a process ended by SIGTERM: SageMaker sees an interruption, and there is no failure to read.
INTERRUPTED = 128 + signal.SIGTERM
#: What SageMaker reads of a failure.
LONGEST_REASON = 1024


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="training", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("train", help="fit the project's model on the channels train and validation")
    judging = commands.add_parser("validate", help="judge data before anything is trained on them")
    judging.add_argument("--rows", action="store_true", help="write them for SageMaker's own XGBoost too")
    judging.add_argument(
        "--max-drift", type=float, help="index of a column beside the live version's rows that is too much"
    )
    judging.add_argument("--min-drift", type=float, help="index that makes a training worth it")
    judging.add_argument("--drift-effect", choices=["block", "warn"], default="block")
    judging.add_argument("--ignore", action="append", default=[], help="a column of which no drift is measured")
    commands.add_parser("convert", help="make an MLflow model of what SageMaker's own XGBoost has trained")
    evaluating = commands.add_parser("evaluate", help="measure a candidate, and what is live, on the same rows")
    evaluating.add_argument("--ignore", action="append", default=[], help="a column of which no drift is measured")
    evaluating.add_argument(
        "--check", action="append", default=[], help="of the gate, such as kind=metric,metric=log_loss,atMost=0.5"
    )
    preparing = commands.add_parser("prepare", help="split raw tables into train, validation and test")
    preparing.add_argument("--input", required=True, help="s3://bucket/prefix, or a folder")
    preparing.add_argument("--output", required=True)
    preparing.add_argument("--drop", action="append", default=[], help="a column of which nothing is written")
    watching = commands.add_parser("monitor", help="compare live answers with the evaluation of their version")
    for name in ("bucket", "model", "labels"):
        watching.add_argument(f"--{name}", required=True)
    watching.add_argument(
        "--prefix", default="", help="folder of the bucket that the platform has, with a slash at its end"
    )
    watching.add_argument("--at", required=True, help="end of the window, before the delay of labels")
    watching.add_argument("--every-hours", type=float, required=True)
    watching.add_argument("--label-delay-hours", type=float, required=True)
    watching.add_argument("--metric", help="default: roc_auc, f1_macro or rmse, as the project's problem is")
    watching.add_argument("--max-drop-percent", type=float)
    watching.add_argument("--column", action="append", default=[])
    watching.add_argument("--max-bias-increase", type=float)
    watching.add_argument("--min-ndcg", type=float)
    watching.add_argument("--max-missing-increase", type=float, help="percentage points; asks for data quality")
    watching.add_argument("--max-unexpected", type=float, default=1.0, help="percent of the values of a column")
    commands.add_parser("serve", help="answer with the model in /opt/ml/model")
    given = parser.parse_args(arguments)
    if given.command == "serve":
        return serve(Paths())
    set_up()
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    paths = Paths()
    try:
        run(given, paths, stopping)
    except Interrupted as error:
        log.warning("interrupted", extra=fields(reason=str(error)))
        return INTERRUPTED
    except Unusable as error:
        return failed(paths, str(error))
    except Exception as error:
        log.exception("failed")
        return failed(paths, f"{type(error).__name__}: {error}\n{traceback.format_exc()}")
    return 0


def run(given: argparse.Namespace, paths: Paths, stopping: threading.Event) -> None:
    # Imported for the command that needs it: each brings its libraries.
    values = load(paths)
    match given.command:
        case "train":
            from training_template.train import train

            train(paths, values, stopping.is_set)
        case "validate":
            from training_template.new_data import Limits
            from training_template.validate import validate

            limits = Limits(given.max_drift, given.min_drift, given.drift_effect == "block", given.ignore)
            validate(paths, values, given.rows, limits)
        case "convert":
            from training_template.convert import convert

            convert(paths, values)
        case "evaluate":
            from training_template.evaluate import evaluate

            evaluate(paths, values, given.ignore, given.check)
        case "prepare":
            from training_template.prepare import prepare

            prepare(given.input, given.output, values, drop=given.drop)
        case "monitor":
            from training_template.monitor import monitor

            monitor(paths, checks(given), values)


def checks(given: argparse.Namespace) -> Checks:
    from training_template.checks import Checks
    from training_template.data_quality import Limits

    increase = given.max_missing_increase
    return Checks(
        model=given.model,
        bucket=given.bucket,
        prefix=given.prefix,
        at=datetime.fromisoformat(given.at.replace("Z", "+00:00")),
        every=timedelta(hours=given.every_hours),
        delay=timedelta(hours=given.label_delay_hours),
        labels=given.labels,
        metric=given.metric,
        max_drop_percent=given.max_drop_percent,
        columns=given.column,
        max_bias_increase=given.max_bias_increase,
        min_ndcg=given.min_ndcg,
        data=None if increase is None else Limits(increase, given.max_unexpected),
    )


def failed(paths: Paths, reason: str) -> int:
    """Leaves the reason where SageMaker reads it: it is what people see of the job first."""
    log.error("failed", extra=fields(reason=reason))
    for file in paths.failures:
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(reason[:LONGEST_REASON], encoding="utf-8")
        except OSError as error:
            log.warning("the reason cannot be left", extra=fields(file=file.name, reason=str(error)))
    return 1


def serve(paths: Paths) -> int:
    from model_server.__main__ import main as serve_model

    os.environ.setdefault("MODEL_SERVER_SOURCE", str(paths.model))
    sys.argv = ["serve"]
    serve_model()
    return 0
