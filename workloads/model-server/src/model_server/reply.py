"""The answer to a request before it is written."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Reply:
    """`outcome`, `reason` and `predicted` are for the metrics and the prediction log; what a probe is told is no line of the log."""

    status: int
    body: bytes
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    outcome: str = ""
    reason: str = ""
    predicted: Any = None
    to_probe: bool = False
