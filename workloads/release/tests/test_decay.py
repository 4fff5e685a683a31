"""Whether the drift monitor asks for a training, on a bucket that moto simulates."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from model_release.decay import Decay
from model_release.step import NothingAsked

REQUEST = {
    "action": "decayed",
    "series": "s3://data/platform/drift/churn/quality.json",
    "answered": "s3://data/platform/models/churn/decay.json",
}


@pytest.fixture
def s3() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("s3", region_name="eu-west-1")
        client.create_bucket(Bucket="data", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        yield client


def asked(s3: Any, at: str | None) -> None:
    body = json.dumps({"decay": {"version": "3", "bad": 3, "asked": at}})
    s3.put_object(Bucket="data", Key="platform/drift/churn/quality.json", Body=body)


def starts(s3: Any, run: str) -> bool:
    step = Decay(s3, lambda _: pytest.fail("MLflow is not asked"), run, "", {}, {})
    try:
        step.do(REQUEST)
    except NothingAsked:
        return False
    return True


def test_nothing_is_started_before_the_monitor_asks(s3: Any) -> None:
    assert not starts(s3, "decay-churn-1")
    asked(s3, None)
    assert not starts(s3, "decay-churn-2")


def test_each_asking_starts_one_run(s3: Any) -> None:
    asked(s3, "2026-03-02T12:00:00+00:00")
    assert [starts(s3, f"decay-churn-{run}") for run in range(3)] == [True, False, False]
    asked(s3, None)
    assert not starts(s3, "decay-churn-3")
    asked(s3, "2026-03-09T12:00:00+00:00")
    assert [starts(s3, f"decay-churn-{run}") for run in (4, 5)] == [True, False]


def test_a_run_whose_pod_was_lost_after_its_note_goes_on_when_it_is_tried_again(s3: Any) -> None:
    asked(s3, "2026-03-02T12:00:00+00:00")
    assert [starts(s3, "decay-churn-1") for _ in range(2)] == [True, True]
    assert not starts(s3, "decay-churn-2")
