"""Processor time and memory of 500,000 rows of churn from raw tables to a check of drift, beside pandas alone reading the same file.

    cd workloads && PYTHONPATH=training-template/src:examples:mlplatform/src:drift/src:model-server/src python ../bench/training.py

with the packages of requirements/training.txt. Another number of rows may be given. Each command runs in a process of its own; what it takes is
what the system counts for that process, so that a busy machine changes little. Prints a line for each: seconds, how many times pandas' own, MiB.
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from churn.data import INPUTS, customers

ROWS = int(sys.argv[1]) if len(sys.argv) > 1 else 500_000
#: Of a file of samples, as a model server closes them.
FILE_ROWS = 5_000
PANDAS = "import sys, pandas; assert len(pandas.read_csv(sys.argv[1])) == int(sys.argv[2])"
DRIFT = """
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from drift.check import check
from drift.configuration import Watched
from drift.store import Folder
from mlplatform.baseline import FILE_NAME, Baseline

class One:
    def of(self, *_):
        return Baseline.from_json(Path(sys.argv[2], FILE_NAME).read_text())

until = datetime.now(UTC)
body = check(Watched("churn", "models:/churn@champion", 0.2, timedelta(days=1)), Folder(Path(sys.argv[1])), One(), until - timedelta(days=1), until).body
assert body["rows"] == int(sys.argv[3]), body
"""


def measured(name: str, *command: str, times: float | None = None) -> float:
    """Seconds of processor. @raises RuntimeError where it fails"""
    sys.stdout.flush()
    process = os.spawnv(os.P_NOWAIT, sys.executable, [sys.executable, *command])
    _, status, used = os.wait4(process, 0)
    if status != 0:
        raise RuntimeError(f"{name} failed")
    seconds = used.ru_utime + used.ru_stime
    ratio = "" if times is None else f", {seconds / times:.1f} times pandas"
    print(f"{name}: {seconds:.1f} s{ratio}, {used.ru_maxrss // 1024} MiB")
    return seconds


def samples(folder: Path) -> None:
    day = datetime.now(UTC) - timedelta(minutes=10)
    target = folder / "churn" / f"date={day:%Y-%m-%d}"
    target.mkdir(parents=True)
    about = {"ts": (day - timedelta(minutes=1)).isoformat(), "model": "churn", "version": "1", "track": "stable", "prediction": [0.7, 0.3]}  # fmt: skip
    rows = json.loads(customers(ROWS, 8)[INPUTS].to_json(orient="records"))
    for begin in range(0, ROWS, FILE_ROWS):
        lines = [json.dumps({**about, "request_id": str(at), "inputs": row}) for at, row in enumerate(rows[begin : begin + FILE_ROWS])]  # fmt: skip
        name = f"{day:%H%M%S}-pod-1-{begin // FILE_ROWS}.jsonl.gz"
        (target / name).write_bytes(gzip.compress("\n".join(lines).encode(), 1))


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        raw, data = root / "raw", root / "processing" / "data"
        raw.mkdir()
        customers(ROWS, 7).to_csv(raw / "a.csv", index=False)
        samples(root / "samples")
        os.environ |= {"TRAINING_ROOT": str(root), "MLFLOW_DISABLE_TELEMETRY": "true", "OMP_NUM_THREADS": "1", "SM_HP_PROJECT": "churn", "SM_HP_MAX_ITER": "20"}  # fmt: skip
        command = ("-m", "training_template")
        alone = measured("pandas.read_csv", "-c", PANDAS, str(raw / "a.csv"), str(ROWS))
        asked = ["--input", str(raw), "--output", str(data)]
        measured("prepare", *command, "prepare", *asked, times=alone)
        measured("validate", *command, "validate", times=alone)
        (root / "input").mkdir()
        (root / "input" / "data").symlink_to(data)
        measured("train, 20 trees", *command, "train", times=alone)
        shutil.copytree(root / "model", root / "processing" / "candidate")
        (root / "processing" / "test").symlink_to(data / "test")
        measured("evaluate", *command, "evaluate", times=alone)
        measured("drift", "-c", DRIFT, str(root / "samples"), str(root / "model"), str(ROWS), times=alone)


if __name__ == "__main__":
    main()
