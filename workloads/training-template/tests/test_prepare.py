from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pandas as pd
import pytest
from conftest import TABLES, Root
from moto import mock_aws

from training_template.prepare import prepare, split_rows


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "made-up")
    with mock_aws():
        client = boto3.client("s3", region_name="eu-west-1")
        client.create_bucket(Bucket="data", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        yield client


def test_a_row_stays_in_its_split_when_data_are_added_and_equal_rows_are_together() -> None:
    frame = TABLES["churn"](2000, 5)
    before = split_rows(frame)
    after = split_rows(pd.concat([TABLES["churn"](1000, 6), frame, frame], ignore_index=True))
    for split, rows in before.items():
        assert rows.merge(after[split], how="left", indicator=True)["_merge"].eq("both").all()
    assert sum(map(len, before.values())) == 2000
    assert [round(len(rows) / 2000, 1) for rows in before.values()] == [0.6, 0.2, 0.2]


def test_tables_in_a_bucket_are_split_and_a_second_time_gives_the_same(s3: Any, tmp_path: Path) -> None:
    for part in range(3):
        body = TABLES["churn"](200, part).to_csv(index=False)
        s3.put_object(Bucket="data", Key=f"raw/churn/day={part}/rows.csv", Body=body)
    s3.put_object(Bucket="data", Key="raw/churn/_SUCCESS", Body=b"")
    s3.put_object(Bucket="data", Key="raw/churn-eu/rows.csv", Body=b"no,table\n")
    given = {"project": "churn"}
    rows = prepare("s3://data/raw/churn", "s3://data/extracts/churn/run-1/", given, s3)
    assert sum(rows.values()) == 600
    listed = [found["Key"] for found in s3.list_objects_v2(Bucket="data", Prefix="extracts/")["Contents"]]
    assert listed == [f"extracts/churn/run-1/{split}/part-00000.csv" for split in ("test", "train", "validation")]
    first = s3.get_object(Bucket="data", Key=listed[0])["Body"].read()
    prepare("s3://data/raw/churn", "s3://data/extracts/churn/run-1/", given, s3)
    assert s3.get_object(Bucket="data", Key=listed[0])["Body"].read() == first


def test_what_it_writes_is_what_the_other_commands_read(root: Root, tmp_path: Path) -> None:
    root.put(tmp_path / "raw", TABLES["attrition"](2000, 5))
    root.environment.setenv("SM_HP_PROJECT", "attrition")
    assert root.run("prepare", "--input", str(tmp_path / "raw"), "--output", str(root.paths.processing("data"))) == 0
    assert root.run("validate") == 0
    assert root.report("validation.json")["passed"] is True


def test_rows_are_split_alike_where_the_project_is_not_known(tmp_path: Path, root: Root) -> None:
    root.put(tmp_path / "raw", TABLES["attrition"](500, 5))
    splits = [prepare(str(tmp_path / "raw"), str(tmp_path / name), given) for name, given in
              [("a", {}), ("b", {"project": "attrition"})]]  # fmt: skip
    assert splits[0] == splits[1] and sum(splits[0].values()) == 500


@pytest.mark.parametrize(
    ("body", "reason"), [(None, "there is no .csv"), ("a,b\n1,2\n", "columns are missing: tenure_months")]
)
def test_what_cannot_be_split_is_refused(s3: Any, root: Root, body: str | None, reason: str) -> None:
    if body is not None:
        s3.put_object(Bucket="data", Key="raw/rows.csv", Body=body)
    root.environment.setenv("SM_HP_PROJECT", "churn")
    root.environment.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    assert root.run("prepare", "--input", "s3://data/raw/", "--output", "s3://data/out/") == 1
    assert reason in root.failure()
    assert s3.list_objects_v2(Bucket="data", Prefix="out/")["KeyCount"] == 0
