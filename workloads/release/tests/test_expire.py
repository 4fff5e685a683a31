"""What runs left on their way, deleted by the command itself from a bucket that moto's server plays."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto.core import DEFAULT_ACCOUNT_ID
from moto.s3.models import s3_backends

from model_release.command import main
from model_release.commands.exit_codes import MAY_WORK_LATER
from model_release.expire import Stopped, expire

NOW = datetime.now(UTC)
FOLDERS = ["--below", "s3://ml-data/data/extracts/", "--below", "s3://ml-data/data/outputs/"]


@pytest.fixture
def s3(aws: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", aws)
    client = boto3.client("s3", region_name="eu-west-1")
    client.create_bucket(Bucket="ml-data", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    yield client
    for key in keys(client):
        client.delete_object(Bucket="ml-data", Key=key)
    client.delete_bucket(Bucket="ml-data")


def put(s3: Any, key: str, days: float) -> None:
    s3.put_object(Bucket="ml-data", Key=key, Body=b"x")
    stored = s3_backends[DEFAULT_ACCOUNT_ID]["aws"].buckets["ml-data"].keys[key]
    stored.last_modified = NOW.replace(tzinfo=None) - timedelta(days=days)


def keys(s3: Any) -> list[str]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket="ml-data")
    return [found["Key"] for page in pages for found in page.get("Contents", [])]


def test_what_is_old_goes_from_the_folders_that_are_named_and_from_no_other(s3: Any) -> None:
    stays = [
        "data/extracts/churn/run-2/train/part-00000.csv",
        "data/extracts-of-somebody/a.csv",
        "data/models/churn/run-1/output/model.tar.gz",
        "data/metadata/churn/runs/run-1.json",
        "extracts/a.csv",
    ]
    for key in stays:
        put(s3, key, 89 if "run-2" in key else 400)
    for key in (
        "extracts/churn/run-1/train/part-00000.csv",
        "extracts/gone/run-1/a.csv",
        "outputs/churn/run-1/gate.json",
    ):
        put(s3, f"data/{key}", 91)
    assert main(["expire", *FOLDERS, "--days", "90"]) == 0
    assert keys(s3) == sorted(stays)
    assert main(["expire", *FOLDERS, "--days", "90"]) == 0, "nothing is left to do"


def test_more_than_a_page_goes_at_once(s3: Any) -> None:
    for number in range(1005):
        put(s3, f"data/outputs/churn/run-1/{number}.json", 40)
    put(s3, "data/outputs/churn/run-2/gate.json", 1)
    assert expire("s3://ml-data/data/outputs/", 30, s3) == 1005
    assert keys(s3) == ["data/outputs/churn/run-2/gate.json"]


@pytest.mark.parametrize("below", ["s3://ml-data", "s3://ml-data/", "s3://ml-data/data/extracts", "s3://ml-data//"])
def test_what_names_no_folder_is_refused(s3: Any, below: str) -> None:
    put(s3, "data/extracts-of-somebody/a.csv", 400)
    assert main(["expire", "--below", below, "--days", "30"]) == 1
    assert main(["expire", "--below", "s3://ml-data/data/extracts-of-somebody/", "--days", "0"]) == 1
    assert len(keys(s3)) == 1


def test_a_folder_that_cannot_be_looked_through_keeps_nothing_in_the_others(s3: Any) -> None:
    put(s3, "data/outputs/churn/run-1/gate.json", 91)
    assert main(["expire", "--below", "s3://gone/data/extracts/", *FOLDERS, "--days", "90"]) == MAY_WORK_LATER
    assert keys(s3) == []


def test_a_pod_that_has_to_end_leaves_the_rest_to_the_next(s3: Any) -> None:
    for number in range(3):
        put(s3, f"data/outputs/churn/run-1/{number}.json", 91)
    answers = iter([False, True])
    with pytest.raises(Stopped, match="1 objects were deleted"):
        expire("s3://ml-data/data/outputs/", 90, s3, stopping=lambda: next(answers))
    assert len(keys(s3)) == 2


def test_a_store_that_refuses_to_delete_says_so(s3: Any) -> None:
    class Refusing:
        def get_paginator(self, name: str) -> Any:
            return s3.get_paginator(name)

        def delete_object(self, **_: str) -> None:
            raise ClientError({"Error": {"Code": "AccessDenied"}}, "DeleteObject")

    put(s3, "data/outputs/churn/run-1/gate.json", 91)
    with pytest.raises(ClientError, match="AccessDenied"):
        expire("s3://ml-data/data/outputs/", 90, Refusing())
