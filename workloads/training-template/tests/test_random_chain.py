"""
Random tables through prepare, validate, train, evaluate, the drift check and batch scoring. What validation takes is trained on, judged and
scored, each row as alone; what it refuses has the column and the reason, and training refuses it in the same words; nobody sees a stack
trace; and rows that nothing has happened to do not drift.

A sample; `python tests/test_random_chain.py 100` draws so many, from the seed on that may follow.
"""

from __future__ import annotations

import gzip
import json
import logging
import shutil
import sys
import tempfile
import traceback
import warnings
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pandas as pd
import pytest

from conftest import Root
from drift.check import check
from drift.configuration import Watched
from drift.store import Folder
from mlplatform.baseline import FILE_NAME, Baseline
from model_server import score
from model_server.batch.fitting import alike, alone, fit
from model_server.batch.reading import pieces
from model_server.loading import load
from model_server.protocol import predict
from random_columns import Drawn, drawn, put
from random_faults import spoil
from training_template.paths import Paths
from training_template.projects import drawn as chosen  # type: ignore[attr-defined]
from training_template.tables import read_typed

ROWS = 900
SCORED = 25
NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def run(seed: int, root: Root) -> list[str]:
    """@returns columns that were told as drift"""
    random = Random(seed)
    table = drawn(random, ROWS)
    if random.random() < 0.4:
        spoil(table, random)
    chosen.project.schema = table.schema
    raw, data = root.paths.root / "raw", root.paths.processing("data")
    cuts = sorted(random.sample(range(1, len(table.rows)), random.randint(0, 2)))
    for place, (begin, end) in enumerate(zip([0, *cuts], [*cuts, len(table.rows)], strict=True)):
        put(raw, table, table.rows[begin:end], random, f"part-{place}")
    for name in ("README.md", ".ipynb_checkpoints/part-0-checkpoint.csv", "_SUCCESS", "empty.csv"):
        (raw / name).parent.mkdir(exist_ok=True)
        (raw / name).write_text("" if name in ("_SUCCESS", "empty.csv") else "x\n1\n")
    root.told(project="drawn")
    if root.run("prepare", "--input", str(raw), "--output", str(data)) != 0:
        refused(table, root.failure())
        return []
    assert root.run("validate") == 0, root.failure()
    report = root.report("validation.json")
    (root.paths.root / "input" / "data").symlink_to(data)
    code = root.run("train")
    if not report["passed"]:
        refused(table, "; ".join(report["problems"]))
        if not all(problem.startswith("test/") for problem in report["problems"]):
            assert code == 1
            refused(table, root.failure(), within=report["problems"])
        return []
    assert table.fault is None, f"nobody saw {table.fault}"
    assert code == 0, root.failure()
    shutil.copytree(root.paths.model, root.paths.processing("candidate"))
    shutil.copytree(data / "test", root.paths.processing("test"))
    test = read_typed(data / "test", table.schema)
    lines = sampled(test[table.schema.inputs], load(str(root.paths.model)))
    samples = root.paths.processing("samples")
    samples.mkdir()
    (samples / "000000.jsonl.gz").write_bytes(gzip.compress(lines))
    assert root.run("evaluate") == 0, root.failure()
    told = root.report("evaluation.json")
    gated = [name for name, psi in told["drift"].items() if psi > max(0.2, told["drift_by_chance"][name])]
    assert told["candidate"] and told["rows"] == len(test)
    score_alike(table, root, random)
    return sorted({*gated, *drifted(root, lines)})


def refused(table: Drawn, said: str, within: list[str] | None = None) -> None:
    assert table.fault is not None, said
    column, reason = table.fault
    assert "Traceback" not in said
    assert column in said and reason in said, (table.fault, said)
    if within is not None:
        assert any(problem in said or said.startswith(problem[:200]) for problem in within), (said, within)


def sampled(inputs: pd.DataFrame, model: Any) -> bytes:
    """As the server writes what it was asked."""
    rows = json.loads(inputs.to_json(orient="records", double_precision=15))
    answers = model.pyfunc.predict(inputs).tolist()
    at = NOW - timedelta(hours=1)
    return "\n".join(
        json.dumps({"ts": at.isoformat(), "request_id": str(place), "model": "m", "version": "1", "track": "stable", "inputs": row, "prediction": answer})
        for place, (row, answer) in enumerate(zip(rows, answers, strict=True))
    ).encode()  # fmt: skip


class Kept:
    def __init__(self, root: Root) -> None:
        self.baseline = Baseline.from_json((root.paths.model / FILE_NAME).read_text())

    def of(self, model: str, source: str, version: str) -> Baseline:
        return self.baseline


def drifted(root: Root, lines: bytes) -> list[str]:
    at = NOW - timedelta(hours=1)
    store = Folder(root.paths.root / "log")
    store.write(f"m/date={at:%Y-%m-%d}/{at:%H%M%S}-pod-1-0.jsonl.gz", gzip.compress(lines))
    body = check(
        Watched("m", "models:/m@champion", 0.2, timedelta(days=1)), store, Kept(root), NOW - timedelta(days=1), NOW
    ).body
    assert body["verdict"] in ("stable", "drift"), body
    return body["drifted"]


def score_alike(table: Drawn, root: Root, random: Random) -> None:
    model = load(str(root.paths.model))
    # Those with gaps among them, however rare these are.
    gapped = [row for row in table.rows if None in row.values()]
    rows = [*random.sample(gapped, min(len(gapped), SCORED // 2)), *random.sample(table.rows, SCORED)][:SCORED]
    file = put(root.paths.root / "scored", table, rows, random, "rows")
    scorer = score._ModelScorer(model)
    size = random.choice((1, 7, 1000))
    answers: dict[int, Any] = {}
    for piece in pieces(file, file.name, size):
        assert piece.rejected == []
        for group in alone(piece, scorer.columns, scorer.fills):
            fitted, unfit = fit(group, scorer.columns)
            assert unfit == [], (unfit, file.name, scorer.columns)
            for part in alike(fitted, scorer.columns):
                answers.update(zip(part.index, json.loads(json.dumps(scorer.predict(part).tolist())), strict=True))
    asked = [{name: row[name] for name in table.schema.inputs} for row in rows]
    typed = table.schema.asked(pd.DataFrame(asked, dtype=object))
    for place, row in enumerate(asked):
        said = {
            **row,
            **{
                name: None if pd.isna(value) else value
                for name in table.schema.categories
                if (value := typed[name].iloc[place]) is not row[name]
            },
        }
        body = predict(json.dumps(said).encode() + b"\n", "application/jsonlines", model, 10**8).body()
        assert json.loads(body)["prediction"] == answers[place], (said, file.name, size)


@pytest.mark.parametrize("seed", range(6))
def test_what_is_valid_goes_all_the_way_and_what_is_not_is_said(seed: int, root: Root) -> None:
    assert run(seed, root) == []


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    logging.disable(logging.CRITICAL)
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    alarms: Counter[str] = Counter()
    failed = 0
    for each in range(first, first + int(sys.argv[1])):
        with tempfile.TemporaryDirectory() as scratch, pytest.MonkeyPatch.context() as environment:
            try:
                found = run(each, Root(Paths(Path(scratch) / "ml"), environment))
                alarms.update(found)
                if found:
                    print(f"seed {each}: drift of {found}", flush=True)
            except (Exception, pytest.fail.Exception) as error:
                failed += 1
                place = traceback.extract_tb(error.__traceback__)[-1]
                print(
                    f"seed {each}: {place.filename}:{place.lineno}: {type(error).__name__}: {str(error)[:1500]}",
                    flush=True,
                )
    print(f"{sys.argv[1]} tables, {failed} failed, {sum(alarms.values())} alarms")
    sys.exit(failed > 0)
