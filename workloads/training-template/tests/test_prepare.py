from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import md5, sha256
from pathlib import Path
from typing import Any

import boto3
import pandas as pd
import pytest
from botocore.exceptions import IncompleteReadError
from botocore.response import StreamingBody
from moto import mock_aws

from conftest import TABLES, Root
from training_template.hyperparameters import Unusable
from training_template.prepare import prepare
from training_template.splits import split_rows
from training_template.tables import read_text


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


def numbers_of(folder: Path, column: str = "row_number") -> dict[str, list[int]]:
    return {split: sorted(pd.read_csv(folder / split / "part-00000.csv")[column].astype(int))
            for split in ("train", "validation", "test")}  # fmt: skip


@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
def test_breaks_of_lines_in_texts_and_names_stay_in_their_cells(tmp_path: Path, kind: str) -> None:
    texts = ["a\rb", "\r", "c\r\nd", 'e"\r', "f\n", "g", None] * 9
    frame = pd.DataFrame({"c\rd": texts, "n": [None, *range(len(texts) - 1)]})
    (tmp_path / "raw").mkdir()
    if kind == "parquet":
        frame.to_parquet(tmp_path / "raw" / "a.parquet")
    else:
        frame.to_json(tmp_path / "raw" / "a.jsonl", orient="records", lines=True)
    prepare(str(tmp_path / "raw"), str(tmp_path / "out"), {})
    after = pd.concat([read_text(tmp_path / "out" / split) for split in ("train", "validation", "test")])
    assert sorted(after["c\rd"]) == sorted(text or "" for text in texts)
    assert sorted(after["n"]) == sorted(["", *map(str, range(len(texts) - 1))])


def test_a_column_may_have_any_name(tmp_path: Path) -> None:
    names = ["self", "index", "0", "by", "level_0", "row", "None", "a b", "x" * 200]
    put(tmp_path / "raw", parquet=pd.DataFrame({name: [0.5, 1.0, None] * 40 for name in names}))
    prepare(str(tmp_path / "raw"), str(tmp_path / "out"), {})
    after = pd.concat([read_text(tmp_path / "out" / split) for split in ("train", "validation", "test")])
    assert list(after) == names and (after["self"].value_counts() == 40).all()


def put(folder: Path, **files: pd.DataFrame) -> Path:
    folder.mkdir()
    for name, frame in files.items():
        if name.startswith("parquet"):
            frame.to_parquet(folder / f"{name}.parquet")
        else:
            frame.to_csv(folder / f"{name}.csv", index=False)
    return folder


def test_a_row_stays_in_its_split_whatever_the_rows_and_columns_around_it(tmp_path: Path) -> None:
    rows = TABLES["churn"](600, 5)
    rows["row_number"] = range(len(rows))
    months = rows["tenure_months"].astype(int)
    rows["tenure_months"] = months
    holes = rows.head(3).assign(tenure_months=[None, None, None], row_number=[900, 901, 902])
    given = {"project": "churn"}

    def splits(name: str, **files: pd.DataFrame) -> dict[str, list[int]]:
        prepare(str(put(tmp_path / f"{name}-raw", **files)), str(tmp_path / name), given)
        return {split: [n for n in found if n < 900] for split, found in numbers_of(tmp_path / name).items()}

    before = splits("before", a=rows)
    assert sum(map(len, before.values())) == 600
    assert splits("a-hole-in-whole-numbers", a=rows, b=holes) == before
    assert splits("written-as-5.0", a=rows.assign(tenure_months=months.astype(float))) == before
    assert splits("another-column", a=rows.assign(branch="north")) == before
    assert splits("another-order", a=rows[rows.columns[::-1]]) == before
    assert splits("parquet", parquet=rows) == before
    zeros = rows.assign(tenure_months=[*[0] * 60, *months[60:]])
    signed = zeros.assign(tenure_months=zeros["tenure_months"].map(lambda value: "-0.0" if value == 0 else str(value)))
    assert splits("a-sign-before-zero", a=signed) == splits("zeros", a=zeros)


def test_rows_of_one_customer_stay_together_where_a_column_says_whose_they_are(tmp_path: Path) -> None:
    rows = TABLES["churn"](300, 5)
    months = pd.concat([rows.assign(customer=range(300), tenure_months=month) for month in (1, 2, 3)])
    given = {"project": "churn", "split_by": "customer"}
    assert sum(prepare(str(put(tmp_path / "raw", a=months)), str(tmp_path / "out"), given).values()) == 900
    found = [set(customers) for customers in numbers_of(tmp_path / "out", "customer").values()]
    assert sum(map(len, found)) == 300


def test_a_column_to_split_by_that_is_not_there_is_refused(tmp_path: Path) -> None:
    raw = put(tmp_path / "raw", a=TABLES["churn"](50, 5))
    with pytest.raises(Unusable, match="columns are missing: client"):
        prepare(str(raw), str(tmp_path / "out"), {"project": "churn", "split_by": "client"})


def test_nothing_is_written_of_a_column_that_is_dropped_though_it_may_decide_the_split(
    tmp_path: Path, root: Root
) -> None:
    rows = TABLES["churn"](300, 5)
    months = pd.concat([rows.assign(number=range(300), tenure_months=month) for month in (1, 2)])
    months["e-mail address"] = [f"someone-{number}@example.org" for number in months["number"]]
    raw = put(tmp_path / "raw", a=months)
    root.environment.setenv("SM_HP_PROJECT", "churn")
    root.environment.setenv("SM_HP_SPLIT_BY", "e-mail address")
    command = ["prepare", "--input", str(raw), "--output"]
    assert root.run(*command, str(tmp_path / "kept")) == 0
    assert root.run(*command, str(tmp_path / "gone"), "--drop=e-mail address", "--drop=branch-of-nobody") == 1
    assert root.run(*command, str(tmp_path / "gone"), "--drop=e-mail address") == 0
    assert numbers_of(tmp_path / "gone", "number") == numbers_of(tmp_path / "kept", "number")
    written = [file.read_text() for file in (tmp_path / "gone").rglob("*") if file.is_file()]
    assert len(written) == 5 and not any("mail" in text or "someone" in text for text in written)
    kept = pd.read_csv(tmp_path / "kept" / "train" / "part-00000.csv")
    gone = pd.read_csv(tmp_path / "gone" / "train" / "part-00000.csv")
    pd.testing.assert_frame_equal(gone, kept.drop(columns="e-mail address"))


@pytest.mark.parametrize(
    ("column", "reason"),
    [
        ("tenure_months", "columns cannot be dropped, since the project churn needs them: tenure_months"),
        ("E-mail", "columns to drop are missing: E-mail"),
    ],
)
def test_a_column_that_is_needed_or_not_there_is_not_dropped_and_nothing_is_written(
    tmp_path: Path, root: Root, column: str, reason: str
) -> None:
    raw = put(tmp_path / "raw", a=TABLES["churn"](50, 5).assign(email="someone@example.org"))
    root.environment.setenv("SM_HP_PROJECT", "churn")
    given = ["prepare", "--input", str(raw), "--output", str(tmp_path / "out")]
    assert root.run(*given, "--drop=email", f"--drop={column}") == 1
    assert root.failure() == reason
    assert not (tmp_path / "out").exists()


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
    made_of, *parts = listed
    parts.remove("extracts/churn/run-1/train/_gaps.json")
    assert parts == [f"extracts/churn/run-1/{split}/part-00000.csv" for split in ("test", "train", "validation")]
    said = json.loads(s3.get_object(Bucket="data", Key=made_of)["Body"].read())["objects"]
    assert [each["uri"] for each in said] == [f"s3://data/raw/churn/day={part}/rows.csv" for part in range(3)]
    for each in said:
        content = s3.get_object(Bucket="data", Key=each["uri"].removeprefix("s3://data/"))["Body"].read()
        assert (each["bytes"], each["sha256"]) == (len(content), sha256(content).hexdigest())
        assert each["etag"] == md5(content).hexdigest()
    first = s3.get_object(Bucket="data", Key=parts[0])["Body"].read()
    prepare("s3://data/raw/churn", "s3://data/extracts/churn/run-1/", given, s3)
    assert s3.get_object(Bucket="data", Key=parts[0])["Body"].read() == first


def test_an_object_that_changes_while_it_is_read_is_refused(
    s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = TABLES["churn"](50, 5).to_csv(index=False).encode()
    s3.put_object(Bucket="data", Key="raw/rows.csv", Body=body)
    download = s3.download_file

    def overwritten(*asked: Any) -> None:
        download(*asked)
        s3.put_object(Bucket="data", Key="raw/rows.csv", Body=body.upper())

    monkeypatch.setattr(s3, "download_file", overwritten)
    with pytest.raises(Unusable, match=r"^s3://data/raw/rows\.csv changed while it was read"):
        prepare("s3://data/raw/", "s3://data/out/", {"project": "churn"}, s3)
    assert s3.list_objects_v2(Bucket="data", Prefix="out/")["KeyCount"] == 0


def test_a_transfer_that_breaks_off_is_taken_up_again(s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    body = TABLES["churn"](50, 5).to_csv(index=False).encode()
    s3.put_object(Bucket="data", Key="raw/rows.csv", Body=body)
    read, broken = StreamingBody.read, []

    def breaks_off_once(stream: StreamingBody, amt: int | None = None) -> bytes:
        if not broken:
            broken.append(True)
            raise IncompleteReadError(actual_bytes=0, expected_bytes=len(body))
        return bytes(read(stream, amt))

    monkeypatch.setattr(StreamingBody, "read", breaks_off_once)
    assert sum(prepare("s3://data/raw/", str(tmp_path / "out"), {"project": "churn"}, s3).values()) == 50
    assert broken


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
    ("body", "reason"),
    [(None, "there is no .csv"), ("a,b\n1,2\n", "columns are missing: tenure_months")],
)
def test_what_cannot_be_split_is_refused(s3: Any, root: Root, body: str | None, reason: str) -> None:
    if body is not None:
        s3.put_object(Bucket="data", Key="raw/rows.csv", Body=body)
    root.environment.setenv("SM_HP_PROJECT", "churn")
    root.environment.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    assert root.run("prepare", "--input", "s3://data/raw/", "--output", "s3://data/out/") == 1
    assert reason in root.failure()
    assert s3.list_objects_v2(Bucket="data", Prefix="out/")["KeyCount"] == 0


def test_a_category_of_whole_numbers_is_written_as_they_are_though_one_is_missing(tmp_path: Path) -> None:
    frame = TABLES["churn"](600, 5)
    codes = pd.Series([float(place % 4) for place in range(len(frame))]).where(frame.index != 9)
    source = put(tmp_path / "raw", parquet=frame.assign(plan=codes))
    prepare(str(source), str(tmp_path / "out"), {"project": "churn"})
    for split in ("train", "validation", "test"):
        written = pd.read_csv(tmp_path / "out" / split / "part-00000.csv", dtype=str)["plan"]
        assert set(written.dropna()) == {"0", "1", "2", "3"}
    before = split_rows(frame.assign(plan=codes), ["plan", *(name for name in frame if name != "plan")])
    assert {split: len(rows) for split, rows in before.items()} == {
        split: len(pd.read_csv(tmp_path / "out" / split / "part-00000.csv")) for split in before
    }


HOURS = pd.date_range("2026-01-01", periods=500, freq="h")


@pytest.mark.parametrize(
    "times",
    [HOURS.strftime("%Y-%m-%dT%H:%M:%SZ"), HOURS.strftime("%Y-%m-%d"), [float(place // 7) for place in range(500)]],
    ids=["moments", "days", "numbers"],
)
def test_rows_of_a_forecast_are_split_by_their_time(tmp_path: Path, times: Any) -> None:
    frame = TABLES["delivery"](500, 5).assign(at=times).sample(frac=1, random_state=1)
    source = put(tmp_path / "raw", a=frame.head(200), b=frame.tail(300))
    rows = prepare(str(source), str(tmp_path / "out"), {"project": "delivery", "split_time": "at"}, drop=["at"])
    assert sum(rows.values()) == 500
    assert rows["train"] == pytest.approx(300, abs=24) and rows["test"] == pytest.approx(100, abs=24)
    prepare(str(source), str(tmp_path / "kept"), {"split_time": "at"})
    found = {split: pd.read_csv(tmp_path / "kept" / split / "part-00000.csv")["at"] for split in rows}
    assert found["train"].max() < found["validation"].min() and found["validation"].max() < found["test"].min()
    assert {split: len(each) for split, each in found.items()} == rows
    assert "at" not in pd.read_csv(tmp_path / "out" / "train" / "part-00000.csv")


@pytest.mark.parametrize(
    ("at", "more", "reason"),
    [
        (["2026-01-01"] * 299 + ["soon"], {}, "at is neither a number nor a time in 1 rows, first 'soon'"),
        (["2026-01-01"] * 299 + [None], {}, "at is neither a number nor a time in 1 rows"),
        (["2026-01-01"] * 150 + ["2026-01-02"] * 150, {}, "at has 2 different times, split_time needs at least 3"),
        (["2026-01-01"] * 300, {"split_by": "vehicle"}, "split_by and split_time: allowed is one of them"),
    ],
)
def test_rows_that_have_no_time_are_refused(tmp_path: Path, at: Any, more: dict[str, str], reason: str) -> None:
    source = put(tmp_path / "raw", a=TABLES["delivery"](300, 5).assign(at=at))
    with pytest.raises(Unusable, match=reason):
        prepare(str(source), str(tmp_path / "out"), {"project": "delivery", "split_time": "at", **more})
    assert not (tmp_path / "out").exists()
