"""Buckets copied by the command itself from one store to another, which one of moto's servers plays."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from moto.core import DEFAULT_ACCOUNT_ID
from moto.s3.models import s3_backends

from model_release.command import main
from model_release.commands.exit_codes import MAY_WORK_LATER
from model_release.copies import Copies, Emptied, Stopped

FOLDER = "s3://kept/mlplatform-dev/objects/"
CURRENT = "mlplatform-dev/objects/current/"
COMMAND = ["copy", "--from", "artifacts=s3://artifacts", "--from", "data=s3://shared/data/", "--to", FOLDER]
REGION = {"LocationConstraint": "eu-west-1"}
TODAY = datetime(2026, 12, 1, 5, 0, tzinfo=UTC)


@pytest.fixture
def s3(aws: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", aws)
    monkeypatch.setenv("COPIES_ENDPOINT_URL", aws)
    monkeypatch.setenv("COPIES_ACCESS_KEY_ID", "made-up")
    monkeypatch.setenv("COPIES_SECRET_ACCESS_KEY", "made-up")
    client = boto3.client("s3", region_name="eu-west-1")
    for bucket in ("artifacts", "shared", "kept"):
        client.create_bucket(Bucket=bucket, CreateBucketConfiguration=REGION)
    yield client
    for bucket in ("artifacts", "shared", "kept"):
        for key in below(client, bucket):
            client.delete_object(Bucket=bucket, Key=key)
        client.delete_bucket(Bucket=bucket)


def below(s3: Any, bucket: str, prefix: str = "") -> dict[str, bytes]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    keys = [each["Key"] for page in pages for each in page.get("Contents", [])]
    return {key[len(prefix) :]: s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}


def put(s3: Any, bucket: str, key: str, body: bytes, written: datetime | None = None) -> None:
    s3.put_object(Bucket=bucket, Key=key, Body=body, ContentType="text/plain", Metadata={"by": "ana"})
    if written is not None:
        stored = s3_backends[DEFAULT_ACCOUNT_ID]["aws"].buckets[bucket].keys[key]
        stored.last_modified = written.replace(tzinfo=None)


def test_every_source_is_copied_and_what_lies_beside_it_is_not(s3: Any) -> None:
    put(s3, "artifacts", "mlflow/1/run/model.pkl", b"model")
    put(s3, "shared", "data/churn/today.csv", b"a,b")
    put(s3, "shared", "logs/of-somebody.txt", b"log")
    put(s3, "kept", "mlplatform-prod/objects/current/artifacts/a", b"of another stack")
    assert main([*COMMAND, "--days", "30"]) == 0
    assert below(s3, "kept", CURRENT) == {"artifacts/mlflow/1/run/model.pkl": b"model", "data/churn/today.csv": b"a,b"}
    assert len(below(s3, "kept")) == 3
    said = s3.head_object(Bucket="kept", Key=f"{CURRENT}data/churn/today.csv")
    assert (said["ContentType"], said["Metadata"]["by"]) == ("text/plain", "ana")


def test_what_is_the_same_is_not_copied_again_and_what_was_just_written_is_not_taken_for_the_same(s3: Any) -> None:
    put(s3, "artifacts", "old", b"1", datetime.now(UTC) - timedelta(days=1))
    put(s3, "artifacts", "new", b"1")
    assert copies(s3).take("artifacts", s3, "s3://artifacts") == {"copied": 2}
    assert copies(s3).take("artifacts", s3, "s3://artifacts") == {"same": 2}
    # As long as before, and written by a clock that is behind that of the copies.
    put(s3, "artifacts", "new", b"2", datetime.now(UTC) - timedelta(minutes=50))
    assert copies(s3).take("artifacts", s3, "s3://artifacts") == {"changed": 1, "same": 1}
    assert below(s3, "kept", CURRENT) == {"artifacts/old": b"1", "artifacts/new": b"2"}


def test_an_older_object_of_the_same_size_is_not_taken_for_the_one_that_was_copied(s3: Any) -> None:
    put(s3, "artifacts", "restored", b"2")
    assert copies(s3).take("artifacts", s3, "s3://artifacts") == {"copied": 1}
    put(s3, "artifacts", "restored", b"1", datetime.now(UTC) - timedelta(days=3))
    assert copies(s3).take("artifacts", s3, "s3://artifacts") == {"changed": 1}
    assert below(s3, "kept", CURRENT) == {"artifacts/restored": b"1"}


def test_only_what_one_store_has_in_parts_is_asked_about_again(s3: Any) -> None:
    asked: list[str] = []
    put(s3, "artifacts", "small", b"1")
    put(s3, "artifacts", "large", b"1" * 9 * 1024**2)  # Copied in parts, so that its etag is another.
    assert copies(s3).take("artifacts", s3, "s3://artifacts") == {"copied": 2}
    s3.meta.events.register("before-call.s3.HeadObject", lambda params, **_: asked.append(params["url_path"]))
    assert copies(s3).take("artifacts", s3, "s3://artifacts") == {"same": 2}
    assert [path.rpartition("/")[2] for path in asked] == ["large"]


def test_what_was_changed_or_deleted_stays_for_days(s3: Any) -> None:
    put(s3, "artifacts", "changed", b"before")
    put(s3, "artifacts", "deleted", b"before")
    put(s3, "artifacts", "same", b"before")
    copies(s3).take("artifacts", s3, "s3://artifacts")
    put(s3, "artifacts", "changed", b"after it")
    s3.delete_object(Bucket="artifacts", Key="deleted")
    assert copies(s3).take("artifacts", s3, "s3://artifacts") == {"changed": 1, "deleted": 1, "same": 1}
    before = "mlplatform-dev/objects/before/2026-12-01T0500Z/artifacts/"
    assert below(s3, "kept", before) == {"changed": b"before", "deleted": b"before"}
    assert below(s3, "kept", CURRENT) == {"artifacts/changed": b"after it", "artifacts/same": b"before"}
    assert copies(s3, TODAY + timedelta(days=30)).forget(30) == 0
    assert copies(s3, TODAY + timedelta(days=31)).forget(30) == 2
    assert below(s3, "kept", CURRENT) == {"artifacts/changed": b"after it", "artifacts/same": b"before"}


def test_a_store_that_was_lost_is_not_copied_over_its_copy(s3: Any) -> None:
    put(s3, "artifacts", "model.pkl", b"model")
    put(s3, "shared", "data/a.csv", b"a")
    assert main([*COMMAND, "--days", "30"]) == 0
    s3.delete_object(Bucket="artifacts", Key="model.pkl")
    put(s3, "shared", "data/b.csv", b"b")
    put(s3, "kept", "mlplatform-dev/objects/before/2020-01-01T0500Z/artifacts/old.pkl", b"old")
    assert main([*COMMAND, "--days", "30"]) == 1
    assert below(s3, "kept", CURRENT) == {"artifacts/model.pkl": b"model", "data/a.csv": b"a", "data/b.csv": b"b"}
    assert below(s3, "kept", "mlplatform-dev/objects/before/"), "nothing is forgotten while something is wrong"
    with pytest.raises(Emptied, match="Bring them back, or delete s3://kept/mlplatform-dev/objects/current/artifacts/"):
        copies(s3).take("artifacts", s3, "s3://artifacts")


@pytest.mark.parametrize(("left", "copied"), [(5, True), (4, False), (1, False)])
def test_a_store_that_lost_most_is_not_copied_over_its_copy_either(s3: Any, left: int, copied: bool) -> None:
    for number in range(11 if left != 5 else 10):
        put(s3, "artifacts", f"{number}.pkl", b"model")
    copies(s3).take("artifacts", s3, "s3://artifacts")
    for number in range(left, 11):
        s3.delete_object(Bucket="artifacts", Key=f"{number}.pkl")
    put(s3, "artifacts", "new.csv", b"a loop goes on")
    if copied:
        assert copies(s3).take("artifacts", s3, "s3://artifacts")["deleted"] == 5
    else:
        with pytest.raises(Emptied, match=f"lacks {11 - left} of the 11 objects"):
            copies(s3).take("artifacts", s3, "s3://artifacts")
        assert "artifacts/10.pkl" in below(s3, "kept", CURRENT)


def test_an_object_that_cannot_be_read_keeps_none_of_the_others(s3: Any) -> None:
    for key in ("a", "b", "gone"):
        put(s3, "artifacts", key, key.encode())

    class Refusing:
        def get_paginator(self, name: str) -> Any:
            return s3.get_paginator(name)

        def get_object(self, Bucket: str, Key: str) -> Any:
            if Key == "gone":
                s3.delete_object(Bucket=Bucket, Key=Key)
            if Key == "a":
                raise ClientError({"Error": {"Code": "AccessDenied"}}, "GetObject")
            return s3.get_object(Bucket=Bucket, Key=Key)

    assert copies(s3).take("artifacts", Refusing(), "s3://artifacts") == {"copied": 1, "failed": 1}
    assert below(s3, "kept", CURRENT) == {"artifacts/b": b"b"}


def test_a_stream_that_breaks_off_and_metadata_without_room_keep_none_of_the_others(s3: Any) -> None:
    for key in ("a", "b", "c"):
        s3.put_object(
            Bucket="artifacts", Key=key, Body=key.encode(), Metadata={"long": "x" * (2030 if key == "c" else 3)}
        )

    class Breaking:
        def get_paginator(self, name: str) -> Any:
            return s3.get_paginator(name)

        def get_object(self, Bucket: str, Key: str) -> Any:
            if Key == "a":
                raise ReadTimeoutError(endpoint_url="http://store")
            return s3.get_object(Bucket=Bucket, Key=Key)

    assert copies(s3).take("artifacts", Breaking(), "s3://artifacts") == {"copied": 2, "failed": 1}
    assert below(s3, "kept", CURRENT) == {"artifacts/b": b"b", "artifacts/c": b"c"}


def test_more_than_a_page_is_copied_and_brought_back_by_any_client(s3: Any) -> None:
    class Short:
        """Answers pages of two."""

        def get_paginator(self, name: str) -> Any:
            whole = s3.get_paginator(name)
            return type("", (), {"paginate": lambda _, **of: whole.paginate(**of, PaginationConfig={"PageSize": 2})})()

        def __getattr__(self, name: str) -> Any:
            return getattr(s3, name)

    for number in range(5):
        put(s3, "artifacts", f"{number}", str(number).encode())
    assert Copies(Short(), FOLDER).take("artifacts", Short(), "s3://artifacts") == {"copied": 5}
    assert Copies(Short(), FOLDER).take("artifacts", Short(), "s3://artifacts") == {"same": 5}
    assert below(s3, "kept", f"{CURRENT}artifacts/") == below(s3, "artifacts")


def test_a_pod_that_has_to_end_leaves_the_rest_to_the_next(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("model_release.copies._BATCH", 2)
    for number in range(5):
        put(s3, "artifacts", f"{number}", b"x")
    answers = iter([False, True])
    with pytest.raises(Stopped, match="2 objects of s3://artifacts were copied"):
        Copies(s3, FOLDER, stopping=lambda: next(answers)).take("artifacts", s3, "s3://artifacts")
    assert copies(s3).take("artifacts", s3, "s3://artifacts") == {"same": 2, "copied": 3}


def test_what_cannot_be_meant_is_refused(s3: Any) -> None:
    put(s3, "artifacts", "a", b"a")
    for wrong in (["--to", "s3://kept/mlplatform-dev", "--days", "30"], ["--days", "0"]):
        assert main([*COMMAND, *wrong]) == 1
    assert main(["copy", "--from", "artifacts=s3://gone", "--to", FOLDER, "--days", "30"]) == MAY_WORK_LATER


def copies(s3: Any, now: datetime = TODAY) -> Copies:
    return Copies(s3, FOLDER, now)
