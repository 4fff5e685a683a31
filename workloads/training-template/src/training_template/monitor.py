"""`monitor`: what a live version's answers were worth in a window of time, beside its own evaluation.

Reads the model server's sampled log, labels that came since, and the evaluation that training kept for the version;
wherever the version answered, on Kubernetes or on SageMaker.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import logging
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from training_template import projects, quality
from training_template.hyperparameters import Unusable
from training_template.logs import fields
from training_template.paths import Paths
from training_template.projects import Project
from training_template.validate import write

log = logging.getLogger(__name__)

#: Rows that are read at most, the newest: every measure is settled long before.
MOST_ROWS = 500_000
#: Records of runs that are looked through for the one that made the version, the newest first.
MOST_RECORDS = 1_000
#: Between an answer and its line in the log.
WRITTEN_WITHIN = timedelta(hours=1)


@dataclass(frozen=True)
class Checks:
    """What is looked at; a check without its number is off."""

    model: str
    bucket: str
    at: datetime
    every: timedelta
    delay: timedelta
    labels: str
    metric: str = "roc_auc"
    max_drop_percent: float | None = None
    columns: list[str] = field(default_factory=list)
    max_bias_increase: float | None = None
    min_ndcg: float | None = None

    @property
    def begin(self) -> datetime:
        return self.end - self.every

    @property
    def end(self) -> datetime:
        """Answers that are younger have no labels yet."""
        return self.at - self.delay


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
    baseline = evaluation(s3, checks, version)
    answers = answered(own["prediction"].tolist())
    probability = project.probability(answers)
    violations = report["violations"]
    if checks.max_drop_percent is not None:
        truth = labelled(s3, checks, own)
        known = ~np.isnan(truth)
        report["modelQuality"], found = quality.model_quality(
            truth[known].astype(int), probability[known], checks.metric, checks.max_drop_percent, baseline
        )
        violations += found
    if checks.max_bias_increase is not None:
        report["bias"], found = quality.bias(
            pd.DataFrame(own["inputs"].tolist()), probability, checks.columns, checks.max_bias_increase, baseline
        )
        violations += found
    if checks.min_ndcg is not None:
        report["explainability"], found = quality.explainability(answers, checks.min_ndcg, baseline)
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


def sampled(s3: Any, checks: Checks) -> Iterator[dict[str, Any]]:
    """Lines of the window, of the newest file first. Rows of one request, which are in one file, are numbered in their order there.

    What is damaged is passed over.
    """
    day = (checks.end + WRITTEN_WITHIN).date()
    while day >= checks.begin.date():
        keys = [key for key, _ in listed(s3, checks.bucket, f"samples/{checks.model}/date={day}/")]
        # They begin with the time of day.
        for key in sorted(keys, reverse=True):
            counted: Counter[str] = Counter()
            for line in lines_of(s3, checks.bucket, key):
                moment = time_of(line)
                if moment is None or not checks.begin <= moment < checks.end:
                    continue
                request = str(line["request_id"])
                yield {**line, "ts": moment, "row": counted[request]}
                counted[request] += 1
        day -= timedelta(days=1)


def time_of(line: dict[str, Any]) -> datetime | None:
    if not {"request_id", "version", "inputs", "prediction"} <= line.keys():
        return None
    try:
        return datetime.fromisoformat(str(line.get("ts")).replace("Z", "+00:00"))
    except ValueError:
        return None


def labelled(s3: Any, checks: Checks, rows: pd.DataFrame) -> np.ndarray:
    """The label of each row, 1 or 0, or NaN where none came; the last one counts.

    @raises Unusable when a file of labels cannot be read as one
    """
    known: dict[tuple[str, int], float] = {}
    for key, changed in sorted(listed(s3, checks.bucket, checks.labels), key=lambda each: each[1]):
        if changed < checks.begin:
            continue
        try:
            for label in labels_of(key, content(s3, checks.bucket, key)):
                known[str(label["request_id"]), int(label.get("row") or 0)] = float(int(label["label"]))
        except (ValueError, KeyError, TypeError, OSError) as error:
            needed = "each needs request_id and label, 1 or 0, and row where requests have several"
            raise Unusable(f"labels {key}: {error!r}; {needed}") from error
    pairs = zip(rows["request_id"].astype(str), rows["row"], strict=True)
    return np.asarray([known.get((request, int(row)), np.nan) for request, row in pairs], dtype=float)


def labels_of(key: str, text: str) -> Iterator[dict[str, Any]]:
    if key.removesuffix(".gz").endswith(".csv"):
        yield from csv.DictReader(io.StringIO(text))
    else:
        yield from (json.loads(line) for line in text.splitlines() if line.strip())


def evaluation(s3: Any, checks: Checks, version: str) -> dict[str, Any]:
    """What training kept when it judged the version.

    @raises Unusable where no run of training registered it
    """
    runs = listed(s3, checks.bucket, f"metadata/{checks.model}/runs/")
    records = sorted(runs, key=lambda each: each[1], reverse=True)
    for key, _ in records[:MOST_RECORDS]:
        record = json.loads(content(s3, checks.bucket, key))
        if str((record.get("registered") or {}).get("version")) == version:
            kept = f"models/{checks.model}/{record['run']}/baseline/evaluation.json"
            found: dict[str, Any] = json.loads(content(s3, checks.bucket, kept))
            return found
    raise Unusable(f"version {version} of {checks.model} was registered by no run of training: nothing to compare with")


def listed(s3: Any, bucket: str, prefix: str) -> Iterator[tuple[str, datetime]]:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for each in page.get("Contents", []):
            if each["Size"] > 0:
                yield each["Key"], each["LastModified"].astimezone(UTC)


def content(s3: Any, bucket: str, key: str) -> str:
    try:
        body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    except s3.exceptions.NoSuchKey as error:
        raise Unusable(f"s3://{bucket}/{key} is not there") from error
    return (gzip.decompress(body) if key.endswith(".gz") else body).decode("utf-8")


def lines_of(s3: Any, bucket: str, key: str) -> Iterator[dict[str, Any]]:
    try:
        lines = content(s3, bucket, key).splitlines()
    except (OSError, EOFError, UnicodeDecodeError) as error:
        log.warning("file of samples is damaged", extra=fields(file=key, reason=str(error)))
        return
    for line in lines:
        try:
            found = json.loads(line)
        except ValueError:
            continue
        if isinstance(found, dict):
            yield found
