"""The sampled prediction log in S3, simulated by moto, and what becomes of it when the store or the queue fails."""

import gzip
import json
import time
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from model_server import samples
from model_server.samples import Sampler
from model_server.settings import load_settings


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "made-up")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        client = boto3.client("s3")
        client.create_bucket(Bucket="predictions")
        yield client


def sampler(bucket: str, percent: int = 100) -> Sampler:
    address = f"s3://{bucket}/log/"
    return Sampler(load_settings({"MODEL_SERVER_NAME": "churn", "MODEL_SERVER_SAMPLE_PERCENT": str(percent),
                                  "MODEL_SERVER_SAMPLE_URI": address}))  # fmt: skip


def written(s3: Any) -> list[dict[str, Any]]:
    lines = []
    for each in s3.list_objects_v2(Bucket="predictions").get("Contents", []):
        body = s3.get_object(Bucket="predictions", Key=each["Key"])["Body"].read()
        lines += [json.loads(line) for line in gzip.decompress(body).splitlines()]
    return lines


def test_rows_and_their_predictions_go_to_the_bucket_by_day(s3: Any) -> None:
    log = sampler("predictions")
    log.name_columns(["age", "plan"])
    log.offer("id-1", "3", [[41.0, "pro"], [float("nan"), "basic"]], [0.5, float("inf")])
    log.close(60)
    (key,) = [each["Key"] for each in s3.list_objects_v2(Bucket="predictions")["Contents"]]
    assert key.startswith("log/churn/date=2") and key.endswith(".jsonl.gz")
    first, second = written(s3)
    moment = first.pop("ts")
    assert moment.endswith("Z") and key.split("date=")[1][:10] >= moment[:10]
    assert first == {"request_id": "id-1", "model": "churn", "version": "3", "track": "stable",
                     "inputs": {"age": 41.0, "plan": "pro"}, "prediction": 0.5}  # fmt: skip
    assert second["inputs"] == {"age": None, "plan": "basic"} and second["prediction"] is None, "JSON has no NaN"
    assert dict(log.take_counts()) == {"total": 2}


def test_of_a_large_request_some_rows_are_kept(s3: Any) -> None:
    log = sampler("predictions")
    log.name_columns(["age"])
    log.offer("id-1", "3", [[float(row)] for row in range(1000)], [float(row) for row in range(1000)])
    log.close(60)
    lines = written(s3)
    assert len(lines) == 100 and all(each["inputs"]["age"] == each["prediction"] for each in lines)


def test_a_store_that_fails_costs_the_log_and_nothing_else(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(samples.time, "sleep", pauses.append)
    log = sampler("no-such-bucket")
    log.offer("id-1", "3", [[1.0]], [0.5])
    log.close(60)
    assert dict(log.take_counts()) == {"dropped_total": 1}
    assert pauses == [1, 2, 4]


def test_an_offer_never_waits(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(samples, "_Writer", lambda address: None)
    monkeypatch.setattr(samples.Sampler, "_run", lambda self, writer: None)
    log = sampler("predictions")
    started = time.thread_time()
    for _ in range(2_100):
        log.offer("id", "3", [[1.0], [2.0]], [0.5, 0.5])
    assert time.thread_time() - started < 5
    assert dict(log.take_counts()) == {"dropped_total": 200}, "rows of the hundred requests that had no room"


def test_about_so_many_percent_are_kept(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    samples.random.seed(7)
    log = sampler("predictions", percent=10)
    log.name_columns(["age"])
    for _ in range(1_000):
        log.offer("id", "3", [[1.0]], [0.5])
    log.close(60)
    assert 60 < len(written(s3)) < 140
