"""Clients of AWS, asked for where they are used: a monitor of folders needs no boto3."""

from __future__ import annotations

import os
from typing import Any


def client(service: str) -> Any:
    """One that is tried again, in the region of `AWS_REGION`."""
    import boto3
    from botocore.config import Config

    timeouts = Config(connect_timeout=10, read_timeout=30, retries={"mode": "standard", "max_attempts": 5})
    return boto3.client(service, region_name=os.environ.get("AWS_REGION"), config=timeouts)
