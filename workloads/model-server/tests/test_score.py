"""Batch scoring on directories and on moto's S3: what is written, what is refused, and what a crash leaves."""

import json
import subprocess
import sys
import threading
from pathlib import Path

import boto3
import mlflow
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from sklearn.linear_model import LogisticRegression

from model_server import score
from model_server.batch import commit, run
from model_server.batch.fitting import Column, fit
from model_server.batch.ledger import Lease, Ledger, staging
from model_server.batch.reading import format_of
from model_server.batch.results import as_list
from model_server.batch.run import Options, Run, ScoringFailed
from model_server.batch.stores import Item, Store, store_at

moto = pytest.importorskip("moto")

AGE = [Column("age", "double", True), Column("visits", "long", True)]


class Doubling:
    """Predicts twice the age; fails on rows of age 13, and wholly when told to."""

    version = "3"
    columns = AGE
    fills = False

    def __init__(self) -> None:
        self.rows = 0

    def predict(self, rows: pd.DataFrame) -> np.ndarray:
        if (rows["age"] == 13).any():
            raise ValueError("unlucky")
        self.rows += len(rows)
        return rows["age"].to_numpy() * 2


@pytest.fixture(params=["directory", "s3"])
def stores(request, tmp_path, monkeypatch):
    """Where rows lie and where results go, twice: on disk, and in a bucket."""
    if request.param == "directory":
        (tmp_path / "in").mkdir()
        yield store_at(str(tmp_path / "in")), store_at(str(tmp_path / "out"))
        return
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "made-up")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with moto.mock_aws():
        boto3.client("s3").create_bucket(Bucket="data")
        yield store_at("s3://data/incoming/churn/"), store_at("s3://data/predictions/churn")


def options(tmp_path: Path, name: str = "r1", **more) -> Options:
    return Options(model="churn", run=name, scratch=tmp_path / f"scratch-{name}", **{"lease_seconds": 60.0, **more})


def published(results: Store, tmp_path: Path) -> pd.DataFrame:
    """Everything that a query would see."""
    frames = []
    for item in list(results.items("date=")):
        file = tmp_path / "look.parquet"
        results.fetch(item, file)
        frames.append(pq.ParquetFile(file).read().to_pandas())
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


def keys(results: Store, prefix: str = "") -> list[str]:
    return [item.key for item in results.items(prefix)]


def test_csv_json_lines_and_parquet_are_scored_alike(stores, tmp_path):
    given, results = stores
    rows = pd.DataFrame({"id": ["a", "b"], "age": [20.5, 30.0], "visits": [1, 2]})
    given.write("one.csv", rows.to_csv(index=False).encode())
    given.write("two.jsonl", rows.to_json(orient="records", lines=True).encode())
    rows.to_parquet(tmp_path / "x")
    given.upload("deep/three.parquet", tmp_path / "x")
    given.write("readme.txt", b"no rows")
    given.write("_hidden.csv", b"age,visits\n1,1\n")
    manifest = Run(given, results, Doubling(), options(tmp_path, row_id="id", keep=["age"]))()
    seen = published(results, tmp_path)
    assert len(seen) == 6
    for _, part in seen.groupby("source"):
        assert part["prediction_number"].tolist() == [41.0, 60.0]
        assert part["row_id"].tolist() == ["a", "b"]
        assert [float(json.loads(text)["age"]) for text in part["inputs"]] == [20.5, 30.0]
        assert part["row"].tolist() == [0, 1]
    assert set(seen["model_version"]) == {"3"} and set(seen["run_id"]) == {"r1"} and set(seen["model"]) == {"churn"}
    noted = json.loads(results.read("_runs/r1/_SUCCESS")[0])
    assert noted == manifest
    assert (noted["rows"], noted["scored"], noted["rejected"]) == (6, 6, 0)
    assert sorted(source["key"] for source in noted["sources"]) == ["deep/three.parquet", "one.csv", "two.jsonl"]
    assert keys(results, "_staging/") == []


def test_new_only_scores_each_object_once_and_again_when_it_is_written_anew(stores, tmp_path):
    given, results = stores
    given.write("a.csv", b"age,visits\n1,1\n")
    assert Run(given, results, Doubling(), options(tmp_path, "r1", new_only=True))()["rows"] == 1
    assert Run(given, results, Doubling(), options(tmp_path, "r2", new_only=True))() is None
    given.write("b.csv", b"age,visits\n2,1\n")
    given.write("a.csv", b"age,visits\n7,1\n8,1\n")
    assert Run(given, results, Doubling(), options(tmp_path, "r3", new_only=True))()["rows"] == 3
    assert published(results, tmp_path)["prediction_number"].tolist().count(2.0) == 1


def test_overlapping_runs_score_each_object_once(stores, tmp_path):
    given, results = stores
    for number in range(12):
        given.write(f"{number}.csv", f"age,visits\n{number},1\n".encode())
    runs = [Run(given, results, Doubling(), options(tmp_path, f"r{n}", new_only=True)) for n in range(3)]
    failures = []

    def score_all(one):
        try:
            one()
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=score_all, args=(one,)) for one in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert sorted(published(results, tmp_path)["prediction_number"]) == [2.0 * n for n in range(12)]
    assert keys(results, "_staging/") == []


def test_without_new_only_everything_is_scored_again(stores, tmp_path):
    given, results = stores
    given.write("a.csv", b"age,visits\n1,1\n")
    for name in ("r1", "r2"):
        Run(given, results, Doubling(), options(tmp_path, name))()
    assert sorted(published(results, tmp_path)["run_id"]) == ["r1", "r2"]


def test_rows_that_do_not_fit_are_set_aside_with_the_reason(stores, tmp_path):
    given, results = stores
    given.write("a.csv", b'age,visits\n1,1\nold,1\n2,1.5\n3\n4,\n13,1\n5,"2"\n')
    given.write("b.jsonl", b'{"age": 1, "visits": 1}\nnot json\n[1]\n{"age": 2}\n{"age": "x", "visits": 1}\n')
    manifest = Run(given, results, Doubling(), options(tmp_path, max_rejected_percent=90))()
    assert (manifest["rows"], manifest["rejected"]) == (12, 9)
    [rejects] = keys(results, "_rejected/")
    reasons = {
        (Path(line["source"]).name, line["row"]): line["reason"]
        for line in map(json.loads, results.read(rejects)[0].splitlines())
    }
    assert reasons[("a.csv", 1)] == "column age is 'old', not a number"
    assert reasons[("a.csv", 2)] == "column visits is '1.5', not a whole number"
    assert reasons[("a.csv", 3)] == "has 1 fields where the header has 2"
    assert reasons[("a.csv", 4)] == "column visits is empty"
    assert reasons[("a.csv", 5)] == "the model refused it: unlucky"
    assert reasons[("b.jsonl", 1)].startswith("is no JSON")
    assert reasons[("b.jsonl", 2)] == "is list, not an object with columns"
    assert reasons[("b.jsonl", 3)] == "column visits is missing", "as it is where the row is alone"
    assert sorted(published(results, tmp_path)["prediction_number"]) == [2.0, 2.0, 10.0]


def test_too_many_bad_rows_fail_the_run_which_publishes_nothing_but_them(stores, tmp_path):
    given, results = stores
    given.write("a.csv", b"age,visits\n1,1\nold,1\n")
    with pytest.raises(ScoringFailed, match="1 of 2 rows do not fit"):
        Run(given, results, Doubling(), options(tmp_path, new_only=True))()
    assert [key.split("/")[0] for key in keys(results)] == ["_rejected"]
    given.write("a.csv", b"age,visits\n1,1\n")
    assert Run(given, results, Doubling(), options(tmp_path, "r2", new_only=True))()["rows"] == 1


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.parquet", b"nonsense", "cannot be read"),
        ("a.csv.gz", b"nonsense", "cannot be read"),
        ("a.csv", b"age,age\n1,2\n", "same name"),
        ("a.csv", b"age,visits\n\xff\xfe,1\n", "UnicodeDecodeError"),
        ("a.jsonl", b"x" * (9 * 1024 * 1024), "longer than"),
    ],
)
def test_an_object_that_cannot_be_read_fails_the_run(stores, tmp_path, name, content, says):
    given, results = stores
    given.write(name, content)
    with pytest.raises(ScoringFailed, match=says):
        Run(given, results, Doubling(), options(tmp_path, new_only=True))()
    assert keys(results) == []


def test_a_model_that_refuses_row_after_row_fails_the_run(stores, tmp_path):
    given, results = stores
    given.write("a.csv", b"age,visits\n" + b"13,1\n" * 200)
    with pytest.raises(ScoringFailed, match="row after row"):
        Run(given, results, Doubling(), options(tmp_path, max_rejected_percent=100))()
    assert keys(results) == []


class Killed(BaseException):
    """Stands for kill -9: nothing of the run's own is done after it."""


def crash(monkeypatch, target, name: str, calls: int) -> None:
    """Makes the call after so many others never return, and cleaning up impossible."""
    real = getattr(target, name)
    left = calls

    def dying(*args, **kwargs):
        nonlocal left
        left -= 1
        if left < 0:
            raise Killed
        return real(*args, **kwargs)

    monkeypatch.setattr(target, name, dying)
    monkeypatch.setattr(Ledger, "give_back", lambda self, item: None)
    monkeypatch.setattr(run, "clear", lambda store, name: None)


def die(monkeypatch, stores, tmp_path, where, name, calls) -> None:
    given, results = stores
    with monkeypatch.context() as patched:
        crash(patched, where(results), name, calls)
        with pytest.raises(Killed):
            Run(given, results, Doubling(), options(tmp_path, "dead", new_only=True))()
    # Its lease runs out.
    results.write(f"{staging('dead')}lease.json", b'{"until": 0}')


@pytest.mark.parametrize("uploads", [0, 1, 2])
def test_a_run_that_dies_before_its_commit_leaves_nothing_and_the_next_scores_all(
    stores, tmp_path, monkeypatch, uploads
):
    given, results = stores
    for number in range(3):
        given.write(f"{number}.csv", f"age,visits\n{number},1\n".encode())
    die(monkeypatch, stores, tmp_path, type, "upload", uploads)
    assert keys(results, "date=") == []
    assert Run(given, results, Doubling(), options(tmp_path, "r2", new_only=True))()["rows"] == 3
    assert sorted(published(results, tmp_path)["prediction_number"]) == [0.0, 2.0, 4.0]
    assert set(published(results, tmp_path)["run_id"]) == {"r2"}
    assert keys(results, "_staging/") == []


@pytest.mark.parametrize(
    ("name", "calls"), [("write_over", 0), ("write_over", 2), ("copy", 0), ("copy", 2), ("delete", 1)]
)
def test_a_run_that_dies_after_its_commit_is_published_once_by_the_next(stores, tmp_path, monkeypatch, name, calls):
    given, results = stores
    for number in range(3):
        given.write(f"{number}.csv", f"age,visits\n{number},1\n".encode())
    die(monkeypatch, stores, tmp_path, type, name, calls)
    assert Run(given, results, Doubling(), options(tmp_path, "r2", new_only=True))() is None
    assert sorted(published(results, tmp_path)["prediction_number"]) == [0.0, 2.0, 4.0]
    assert set(published(results, tmp_path)["run_id"]) == {"dead"}
    assert json.loads(results.read("_runs/dead/_SUCCESS")[0])["scored"] == 3
    assert keys(results, "_staging/") == []


def test_a_living_run_keeps_its_objects_and_a_silent_one_loses_them(stores):
    _, results = stores
    item = Item("a.csv", "1", 1)
    clock = [100.0]
    slow, other = Ledger(results, "slow"), Ledger(results, "other", lambda: clock[0])
    with Lease(results, "slow", 60.0, lambda: clock[0]):
        assert slow.claim(item) and slow.claim(item)
        assert not other.claim(item)
        clock[0] = 161.0
        assert other.claim(item)
    assert not slow.finish("a.csv", "1")
    assert other.finish("a.csv", "1") and other.finish("a.csv", "1")
    slow.give_back(item)
    assert not Ledger(results, "third").claim(item)


def test_what_a_slow_run_lost_is_not_published_by_it(stores, tmp_path):
    _, results = stores
    slow, fast = Ledger(results, "slow"), Ledger(results, "fast")
    mine, lost = Item("mine.csv", "1", 1), Item("lost.csv", "1", 1)
    assert slow.claim(mine) and slow.claim(lost)
    assert fast.claim(lost)  # The slow run has no lease.
    sources = []
    for item in (mine, lost):
        staged = f"_staging/slow/{item.key}.parquet"
        results.write(staged, b"rows")
        part = {"staged": staged, "final": f"date=2026-01-01/{item.key}.parquet", "rows": 1, "sha256": "x"}
        counts = {"rows": 1, "scored": 1, "rejected": 0}
        sources.append({"key": item.key, "etag": "1", "address": item.key, **counts, "parts": [part]})
    manifest = {"run": "slow", "newOnly": True, "sources": sources, "rejects": []}
    assert commit.publish(results, manifest)["rows"] == 1
    assert keys(results, "date=") == ["date=2026-01-01/mine.csv.parquet"]


def test_an_object_that_changes_while_it_is_scored_waits_for_the_next_run(stores, tmp_path):
    given, results = stores
    given.write("a.csv", b"age,visits\n1,1\n")
    [item] = list(given.items())
    given.write("a.csv", b"age,visits\n2,1\n3,1\n")

    class Stale:
        def __getattr__(self, name):
            return getattr(given, name)

        def items(self, prefix=""):
            return iter([item])

    assert Run(Stale(), results, Doubling(), options(tmp_path, "r1", new_only=True))() is None
    assert Run(given, results, Doubling(), options(tmp_path, "r2", new_only=True))()["rows"] == 2


def test_long_objects_become_several_files_with_every_row_once(stores, tmp_path):
    given, results = stores
    given.write("a.csv", b"age,visits\n" + b"".join(b"%d.5,1\n" % n for n in range(1000)))
    manifest = Run(given, results, Doubling(), options(tmp_path, chunk_rows=90, part_rows=300))()
    assert len(manifest["sources"][0]["parts"]) == 3
    assert sorted(published(results, tmp_path)["row"]) == list(range(1000))


def test_memory_does_not_grow_with_the_rows(tmp_path):
    """Ten times the rows may take a tenth more memory, not ten times as much."""

    def peak_mib(rows: int) -> int:
        folder = tmp_path / str(rows)
        (folder / "in").mkdir(parents=True)
        with open(folder / "in" / "a.csv", "w") as file:
            file.write("age,visits,text\n")
            file.writelines(f"{n % 90}.5,{n},{'x' * 100}\n" for n in range(rows))
        program = (
            "import resource, sys; sys.path[:0] = sys.argv[2:];"
            "from pathlib import Path; from test_score import Doubling;"
            "from model_server.batch.run import Options, Run; from model_server.batch.stores import store_at;"
            "folder = Path(sys.argv[1]);"
            "Run(store_at(str(folder / 'in')), store_at(str(folder / 'out')), Doubling(),"
            " Options(model='m', run='r', scratch=folder / 's', chunk_rows=5000, part_rows=50000))();"
            "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)"
        )
        paths = [str(Path(__file__).parent), *sys.path]
        done = subprocess.run(
            [sys.executable, "-c", program, str(folder), *paths], capture_output=True, text=True, check=True
        )
        return int(done.stdout.split()[-1])

    small, large = peak_mib(30_000), peak_mib(300_000)
    assert large < small * 1.1 + 10, (small, large)


@pytest.mark.parametrize(
    ("column", "given", "wanted"),
    [
        (Column("x", "double", True), ["1.5", "", "nan", None], [1.5, np.nan, np.nan, np.nan]),
        (Column("x", "long", False), ["1", None], [1.0, np.nan]),
        (Column("x", "boolean", True), ["true", "0", True], [True, False, True]),
        (Column("x", "string", True), ["", "1", 2], ["", "1", "2"]),
        (Column("x", "datetime", True), ["2026-01-02"], [pd.Timestamp("2026-01-02")]),
        (Column("x", "float", True), ["0.1"], [np.float32(0.1)]),
    ],
)
def test_text_becomes_what_the_signature_says(column, given, wanted):
    rows, rejected = fit(pd.DataFrame({"x": pd.Series(given, dtype=object)}), [column])
    assert rejected == []
    for value, expected in zip(rows["x"], wanted, strict=True):
        assert value == expected or (pd.isna(value) and pd.isna(expected))


def test_a_required_column_that_is_missing_is_said_for_each_row():
    rows, rejected = fit(pd.DataFrame({"y": [1, 2]}), [Column("x", "double", True)])
    assert rows.empty and [each.reason for each in rejected] == ["column x is missing"] * 2


def test_what_is_scored_goes_by_the_name():
    kinds = ["csv", "jsonl", "jsonl", "jsonl", "csv", "parquet", None, None, None]
    names = [
        "a.csv",
        "a.jsonl",
        "a.json",
        "a.ndjson.gz",
        "a.CSV.gz",
        "b/a.parquet",
        "a.parquet.gz",
        "_b/a.csv",
        ".a.csv",
    ]
    assert [format_of(name) for name in names] == kinds


def test_an_answer_of_another_length_is_an_error():
    with pytest.raises(ValueError, match="answered 1 rows to 2"):
        as_list(np.array([1.0]), 2)
    assert as_list(pd.DataFrame({"a": [1], "b": [2]}), 1) == [{"a": 1, "b": 2}]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    rows = pd.DataFrame({"age": [20.0, 30.0, 60.0, 70.0], "visits": [1, 2, 30, 40]})
    model = LogisticRegression().fit(rows, [0, 0, 1, 1])
    folder = tmp_path_factory.mktemp("model") / "m"
    mlflow.sklearn.save_model(model, folder, signature=mlflow.models.infer_signature(rows, model.predict(rows)))
    return folder, rows


def test_the_command_predicts_as_mlflow_does(trained, tmp_path):
    folder, rows = trained
    (tmp_path / "in").mkdir()
    rows.to_csv(tmp_path / "in" / "a.csv", index=False)
    args = [
        "--model",
        "churn",
        "--from",
        str(folder),
        "--input",
        str(tmp_path / "in"),
        "--output",
        str(tmp_path / "out"),
    ]
    assert score.main([*args, "--new-only", "--run", "r1"]) == 0
    seen = published(store_at(str(tmp_path / "out")), tmp_path)
    assert seen["prediction_number"].tolist() == mlflow.pyfunc.load_model(str(folder)).predict(rows).tolist()
    (tmp_path / "in" / "b.csv").write_text("age\n1\n")
    assert score.main([*args, "--new-only"]) == 1


def test_before_the_first_version_nothing_is_scored_and_nothing_fails(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.csv").write_text("age\n1\n")
    args = ["--model", "churn", "--from", str(tmp_path / "none"), "--input", str(tmp_path / "in")]
    assert score.main([*args, "--output", str(tmp_path / "out")]) == 0
    assert not (tmp_path / "out").exists()
