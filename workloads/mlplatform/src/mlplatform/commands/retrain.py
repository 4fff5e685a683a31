"""Repeats a loop's training on the same commit, values and objects, and compares every metric."""

from __future__ import annotations

import argparse
import json
import math
import tempfile
from pathlib import Path
from typing import Any

from mlplatform.commands.refused import Refused

#: A metric is another one.
DIFFERS = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--run", required=True, help="MLflow's id of the run, the engine's, or MODEL/VERSION")
    parser.add_argument("--data", type=Path, help="folder with train/ and validation/; without one, the store is read")
    parser.add_argument("--code", type=Path, default=Path(), help="of the repository that the image was built from")
    parser.add_argument(
        "--tolerance", type=float, default=0.0, help="by which a metric may differ; 0: to the last digit"
    )
    parser.add_argument("--other-packages", action="store_true", help="though versions of packages are others")
    parser.add_argument("--json", action="store_true", help="for programs")


def run(given: argparse.Namespace) -> int:
    if not (math.isfinite(given.tolerance) and given.tolerance >= 0):
        raise Refused(f"--tolerance {given.tolerance}; allowed: a number from 0")
    if given.data is not None and not given.data.is_dir():
        raise Refused(f"--data {given.data}: there is no such folder")
    from mlflow import MlflowClient

    from mlplatform.history import retraining
    from mlplatform.history.evidence import store_client
    from mlplatform.history.versions import of_run, told

    client = MlflowClient()
    found = told(client, of_run(client, given.run))
    record = found.record
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        try:
            reasons = [*found.problems, *retraining.unlike(record, given.code, given.other_packages)]
            if not reasons:
                channels = root / "input" / "data"
                if given.data is not None:
                    reasons = retraining.from_folder(record, given.data, channels)
                else:
                    reasons = retraining.from_store(record, found.manifest, store_client(), channels)
            if reasons:
                raise Refused(f"{found.name} cannot be repeated here: {'; '.join(reasons)}")
            rows = retraining.compare(record, retraining.train(record, root))
        except retraining.NotRepeatable as error:
            raise Refused(f"{found.name}: {error}") from error
    return _tell(given, found.name, rows)


def _tell(given: argparse.Namespace, name: str, rows: list[Any]) -> int:
    equal = all(row.within(given.tolerance) for row in rows)
    if given.json:
        print(json.dumps({"version": name, "equal": equal, "metrics": [vars(row) for row in rows]}, indent=1))
    else:
        print(f"{'metric':<32}{'old':>24}{'new':>24}{'difference':>14}")
        for row in rows:
            both = row.old is not None and row.new is not None
            print(f"{row.metric:<32}{row.old!r:>24}{row.new!r:>24}{row.new - row.old if both else math.nan:>14.3g}")
        print(
            "equal" if equal and given.tolerance == 0 else f"{'within' if equal else 'not within'} {given.tolerance:g}"
        )
    return 0 if equal else DIFFERS
