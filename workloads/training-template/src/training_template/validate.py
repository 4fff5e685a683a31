"""`validate`: whether data may be trained on. Reads all of it, changes nothing, and says everything that is wrong."""

from __future__ import annotations

import json
import logging
from typing import Any

import pandas as pd

from training_template import projects
from training_template.data_baseline import write_baseline
from training_template.hyperparameters import Unusable
from training_template.logs import fields
from training_template.new_data import Limits, compared_with_live
from training_template.paths import Paths
from training_template.tables import SPLITS, passed_over, read
from training_template.usable import FITTED, problems_of

log = logging.getLogger(__name__)

#: A report is read by people and by a state machine, which takes 256 KiB in all.
MOST_PROBLEMS = 30


def validate(
    paths: Paths, given: dict[str, str], rows_too: bool = False, limits: Limits | None = None
) -> dict[str, Any]:
    """The report, which is in `validation.json` too; of data that passed, what rows of `train` are like is in `baseline/`.

    @param rows_too write data that passed as SageMaker's own XGBoost reads them as well, see `rows.py`
    @param limits how far the rows of `train` may have moved from those of the live version; None: nobody asks
    @raises Unusable when the project is not known: data are judged by its columns
    """
    name, project = projects.find(given)
    problems: list[str] = []
    rows: dict[str, int] = {}
    others: dict[str, dict[str, int]] = {}
    frames: dict[str, pd.DataFrame] = {}
    for split in SPLITS:
        if found := passed_over(paths.processing("data") / split):
            others[split] = dict(found)
        try:
            frame = read(paths.processing("data") / split, project.schema)
        except Unusable as error:
            rows[split] = 0
            problems.append(str(error))
            continue
        rows[split] = len(frame)
        problems += problems_of(project.schema, split, frame, own_model=not rows_too)
        if not problems and (split == "train" or (rows_too and split in FITTED)):
            frames[split] = project.schema.typed(frame)
    if rows_too and not problems:
        from training_template.rows import write_rows  # It brings XGBoost.

        try:
            write_rows(project, frames, paths.processing("output"))
        except Unusable as error:
            problems.append(f"train/: {error}")
    if not problems:
        write_baseline(project.schema, frames["train"], paths.processing("output"))
    compared: dict[str, Any] = {}
    if limits is not None and limits.asked and not problems:
        compared = compared_with_live(paths, frames["train"], limits)
        problems += compared["drifted"] if limits.blocks else []
    rest = len(problems) - MOST_PROBLEMS
    if rest > 0:
        problems = [*problems[:MOST_PROBLEMS], f"and {rest} more"]
    passed = not problems
    report = {
        "passed": passed,
        "problems": problems,
        "rows": sum(rows.values()),
        "splits": rows,
        "passedOver": others,
        "baseline": passed,  # Who keeps it must know whether there is one.
        **compared,
    }
    write(paths, "validation.json", report)
    log.info("validated", extra=fields(project=name, **report))
    return report


def write(paths: Paths, name: str, report: dict[str, Any]) -> None:
    folder = paths.processing("output")
    folder.mkdir(parents=True, exist_ok=True)
    # NaN is no JSON, and whoever reads this must not guess.
    (folder / name).write_text(json.dumps(report, allow_nan=False), encoding="utf-8")
