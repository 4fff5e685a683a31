"""`monitor`: what a live version was asked in a window of time, and what its answers were worth, beside its own baseline.

Reads the model server's sampled log, labels that came since, and what training kept for the version: its evaluation, and
what the rows were like that it was trained on; wherever the version answered, on Kubernetes or on SageMaker.
"""

from __future__ import annotations

import json
import logging
from typing import Any

import numpy as np
import pandas as pd

from mlplatform.problems import USUAL_METRIC
from training_template import data_baseline, projects, quality
from training_template.checks import Checks
from training_template.data_quality import Limits, data_quality
from training_template.hyperparameters import Unusable
from training_template.labels import labelled
from training_template.logs import fields
from training_template.objects import content, listed
from training_template.paths import Paths
from training_template.projects import Project
from training_template.samples import sampled
from training_template.validate import write

log = logging.getLogger(__name__)

#: Rows that are read at most, the newest: every measure is settled long before.
MOST_ROWS = 500_000
#: Records of runs that are looked through for the one that made the version, the newest first.
MOST_RECORDS = 1_000


def monitor(paths: Paths, checks: Checks, given: dict[str, str], s3: Any = None) -> dict[str, Any]:
    """The report, which is in `monitor.json` too. What is wrong is no failure, and told as Model Monitor does.

    @raises Unusable when the project is not known, or nothing is known of the version that answered
    """
    if s3 is None:
        import boto3

        s3 = boto3.client("s3")
    _, project = projects.find(given)
    lines = list(zip(range(MOST_ROWS), sampled(s3, checks), strict=False))
    rows = pd.DataFrame([line for _, line in lines])
    report: dict[str, Any] = {
        "model": checks.model,
        "begin": checks.begin.isoformat(),
        "end": checks.end.isoformat(),
        "rows": len(rows),
        "violations": [],
    }
    if len(rows) >= quality.MIN_ROWS:
        judge(s3, checks, project, rows, report)
    write(paths, "monitor.json", report)
    leave(paths, report)
    log.info("monitored", extra=fields(rows=report["rows"], violations=report["violations"]))
    return report


def judge(s3: Any, checks: Checks, project: Project, rows: pd.DataFrame, report: dict[str, Any]) -> None:
    version = str(rows.sort_values("ts")["version"].iloc[-1])
    own = rows[rows["version"].astype(str) == version].reset_index(drop=True)
    report |= {"version": version, "rows": len(own)}
    if len(own) < quality.MIN_ROWS:
        return
    baseline = kept_by(s3, checks, version)
    requests = project.schema.asked(pd.DataFrame(own["inputs"].tolist(), dtype=object))
    if checks.data is not None:
        judge_requests(s3, checks, checks.data, baseline, requests, report)
    if checks.judges_answers:
        evaluation: dict[str, Any] = json.loads(content(s3, checks.bucket, f"{baseline}evaluation.json"))
        judge_answers(s3, checks, project, evaluation, own, requests, report)


def judge_requests(
    s3: Any, checks: Checks, limits: Limits, baseline: str, requests: pd.DataFrame, report: dict[str, Any]
) -> None:
    try:
        constraints = json.loads(content(s3, checks.bucket, f"{baseline}{data_baseline.CONSTRAINTS}"))
    except Unusable as error:
        report["violations"].append(f"data quality was not judged: {error}")
        return
    report["dataQuality"], found = data_quality(requests, constraints, limits)
    report["violations"] += found


def judge_answers(
    s3: Any,
    checks: Checks,
    project: Project,
    evaluation: dict[str, Any],
    own: pd.DataFrame,
    requests: pd.DataFrame,
    report: dict[str, Any],
) -> None:
    answers = answered(own["prediction"].tolist())
    problem, predicted = project.schema.problem, project.predicted(answers)
    violations = report["violations"]
    reason = problem.refused(predicted, len(own))
    if reason is not None:
        violations.append(f"answers were not judged: {reason}")
        return
    labels = None
    if checks.max_drop_percent is not None:
        came = labelled(s3, checks, problem, own)
        labels, report["labels"] = came.labels, came.report
        known = labels.notna().to_numpy()
        truth = problem.typed(labels[known]).to_numpy()
        metric = checks.metric or USUAL_METRIC[problem.problem_type]
        report["modelQuality"], found = quality.model_quality(
            problem, truth, predicted[known], metric, checks.max_drop_percent, evaluation
        )
        violations += found
    if checks.max_bias_increase is not None:
        against = checks.columns, checks.max_bias_increase, evaluation
        report["bias"], found = quality.bias(problem, requests, predicted, *against)
        violations += found
        if labels is not None:
            report["errors"], found = quality.errors(problem, requests[known], truth, predicted[known], *against)
            violations += found
    if checks.min_ndcg is not None:
        report["explainability"], found = quality.explainability(answers, checks.min_ndcg, evaluation)
        violations += found


def answered(predictions: list[Any]) -> np.ndarray | pd.DataFrame:
    return pd.DataFrame(predictions) if isinstance(predictions[0], dict) else np.asarray(predictions)


def leave(paths: Paths, report: dict[str, Any]) -> None:
    """https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-interpreting-results.html"""
    wrong = report["violations"]
    right = f"Completed: {report['rows']} rows, nothing wrong"
    message = f"CompletedWithViolations: {'; '.join(wrong)}" if wrong else right
    _, file = paths.failures
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(message[:1024], encoding="utf-8")


def kept_by(s3: Any, checks: Checks, version: str) -> str:
    """Beginning of what training kept of the version when it judged it.

    @raises Unusable where no run of training registered it
    """
    runs = listed(s3, checks.bucket, f"{checks.prefix}metadata/{checks.model}/runs/")
    records = sorted(runs, key=lambda each: each[1], reverse=True)
    for key, _ in records[:MOST_RECORDS]:
        record = json.loads(content(s3, checks.bucket, key))
        if str((record.get("registered") or {}).get("version")) == version:
            return f"{checks.prefix}models/{checks.model}/{record['run']}/{data_baseline.FOLDER}/"
    raise Unusable(f"version {version} of {checks.model} was registered by no run of training: nothing to compare with")
