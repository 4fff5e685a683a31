"""Labels as people leave them in a folder."""

from __future__ import annotations

import gzip
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import boto3
import pandas as pd
import pytest
from moto import mock_aws

from training_template.checks import Checks
from training_template.hyperparameters import Unusable
from training_template.labels import labelled
from training_template.objects import lines_of
from training_template.problems import BINARY, MULTICLASS, REGRESSION, problem_of
from training_template.traffic import inputs_in

NOW = datetime.now(UTC)
CHECKS = Checks("m", "data", NOW + timedelta(hours=1), timedelta(days=2), timedelta(0), "labels/m/")
ROWS = pd.DataFrame({"request_id": ["a", "b", "c"], "row": [0, 0, 1]})


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "simulated")
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="data")
        yield client


def came(s3: Any, problem_type: str = BINARY, classes: tuple[str, ...] = (), **files: bytes | str) -> tuple[list, dict]:
    for name, body in files.items():
        s3.put_object(Bucket="data", Key=f"labels/m/{name.replace('__', '.')}", Body=body)
    found = labelled(s3, CHECKS, problem_of(problem_type, classes), ROWS)
    return found.labels.tolist(), found.report


def parquet() -> bytes:
    target = BytesIO()
    labels = pd.Series([1, None, 0], dtype="Int64")
    pd.DataFrame({"request_id": pd.Categorical(["a", "b", "c"]), "row": [0, 0, 1], "label": labels}).to_parquet(target)
    return target.getvalue()


@pytest.mark.parametrize(
    "files",
    [
        {"l__csv": "\ufeffrequest_id,row,label\na,0,1\nb,0,\nc,1,0\n"},
        {"l__csv": "request_id,row,label\na,,1.0\nb,0.0,\nc,1.0,0.0\n"},
        {"l__csv": "request_id,row,label\r\na,0,true\r\nb,0,NA\r\nc,1,False\r\n"},
        {"l__csv__gz": gzip.compress(b"label,request_id,row,who\n1,a,0,x\n,b,0,x\n0,c,1,x\n")},
        {"l__jsonl": '{"request_id":"a","label":1}\n\n{"request_id":"b","label":null}\n{"request_id":"c","row":1,"label":0.0}'},
        {"l__parquet": parquet()},
    ],
    ids=["a mark of UTF-8", "1.0", "words", "packed", "json lines", "parquet"],
)  # fmt: skip
def test_labels_are_read_however_they_are_written(s3: Any, files: dict[str, Any]) -> None:
    found, report = came(s3, **files)
    assert found == [1.0, None, 0.0]
    assert report == {"read": 2, "empty": 1, "passedOver": {}}


def test_what_lies_beside_labels_is_passed_over_and_counted(s3: Any) -> None:
    found, report = came(
        s3, l__csv="request_id,label\na,1\n", README__md="about", empty__csv="", _SUCCESS="",
        damaged__csv__gz=gzip.compress(b"request_id,label\nb,1\n")[:-6],
    )  # fmt: skip
    s3.put_object(Bucket="data", Key="labels/m/.ipynb_checkpoints/l.csv", Body="request_id,label\nb,1\n")
    found, report = came(s3)
    assert found == [1.0, None, None]
    assert report == {"read": 1, "empty": 0, "passedOver": {"hidden": 2, "foreign": 1, "empty": 1, "damaged": 1}}


def test_classes_and_numbers_are_read_too_and_a_class_may_be_called_none(s3: Any) -> None:
    text = "request_id,row,label\na,0,NA\nb,0,\nc,1,3.0\n"
    assert came(s3, MULTICLASS, ("NA", "3"), l__csv=text)[0] == ["NA", None, "3"]
    assert came(s3, REGRESSION, l__csv=text)[0] == [None, None, 3.0]


@pytest.mark.parametrize("text", ["request_id,label\na,2\n", "request_id,label\na,maybe\n", "id,label\na,1\n"])
def test_a_label_that_is_none_is_said(s3: Any, text: str) -> None:
    with pytest.raises(Unusable, match="each needs request_id and label, 1 or 0"):
        came(s3, l__csv=text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("request_id,label\na,maybe\n", "'maybe' is neither 1 nor 0"),
        ("request_id,row,label\na,x,1\n", "row 'x' is no whole number"),
        ("request_id,row,label\na,0.5,1\n", "row '0.5' is no whole number"),
        ("request_id,row,label\na,-1,1\n", "row -1 is below 0"),
        ("Request_ID,label\na,1\n", "column request_id is missing; there is 'Request_ID'"),
        ("request_id\na\n", "column label is missing"),
        ("request_id,label\na,1,2\n", "its row 0 has 3 fields where the header has 2"),
    ],
)
def test_what_is_wrong_with_labels_is_said_in_words(s3: Any, text: str, reason: str) -> None:
    with pytest.raises(Unusable, match=f"^labels labels/m/l.csv: {reason}; each needs "):
        came(s3, l__csv=text)


def test_no_damage_to_packed_samples_ends_a_look_at_them(s3: Any, tmp_path: Path) -> None:
    whole = gzip.compress(b"".join(b'{"inputs": {"x": %d}}\n' % place for place in range(3000)), mtime=0)
    dice = random.Random(7)
    for _ in range(60):
        damaged = bytearray(whole)
        for _ in range(dice.randint(1, 4)):
            damaged[dice.randrange(len(damaged))] = dice.randrange(256)
        body = bytes(damaged[: dice.randint(1, len(damaged))])
        s3.put_object(Bucket="data", Key="samples/a.jsonl.gz", Body=body)
        (tmp_path / "a.jsonl.gz").write_bytes(body)
        assert len(list(lines_of(s3, "data", "samples/a.jsonl.gz"))) <= 3000
        assert len(list(inputs_in(tmp_path))) <= 3000
