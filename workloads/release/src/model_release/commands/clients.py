"""Clients of AWS and of stores that speak as S3 does."""

from __future__ import annotations

from typing import Any

import boto3
from botocore.config import Config


def aws(service: str, region: str | None, connections: int = 10, **given: Any) -> Any:
    retries = {"mode": "standard", "max_attempts": 4}
    # An activity's question for work is answered after a minute at the latest.
    patient = Config(retries=retries, connect_timeout=10, read_timeout=70, max_pool_connections=connections)
    return boto3.client(service, region_name=region, config=patient, **given)
