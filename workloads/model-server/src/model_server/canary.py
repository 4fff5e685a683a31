"""Passes a share of the requests to the canary; whatever the canary does not answer well, the caller answers itself."""

import time
from dataclasses import dataclass

import urllib3

_PASSED_ON = (b"content-type", b"accept", b"content-encoding", b"x-amzn-sagemaker-custom-attributes")


@dataclass(frozen=True)
class CanaryAnswer:
    """`outcome` is ok, error or timeout; only an ok one has something for the client."""

    outcome: str
    status: int
    body: bytes
    content_type: str
    version: str
    seconds: float


class Canary:
    def __init__(self, url: str, connections: int) -> None:
        self._url = url.rstrip("/")
        self._pool = urllib3.PoolManager(num_pools=1, maxsize=connections, block=False, retries=False)
        self._owed = 0.0
        self.percent = 0.0
        self.version = ""

    def takes(self) -> bool:
        """True for exactly `percent` of a hundred calls, evenly spread."""
        if self.percent <= 0:
            return False
        self._owed += self.percent
        if self._owed < 100:
            return False
        self._owed -= 100
        return True

    def ask(
        self, target: str, headers: dict[bytes, bytes], request_id: str, body: bytes, seconds: float
    ) -> CanaryAnswer:
        passed = {name.decode("latin-1"): headers[name].decode("latin-1") for name in _PASSED_ON if name in headers}
        passed["x-request-id"] = request_id
        started = time.perf_counter()
        try:
            timeout = urllib3.Timeout(total=seconds)
            answer = self._pool.request("POST", self._url + target, body=body, headers=passed, timeout=timeout)
        except urllib3.exceptions.NewConnectionError:  # Which urllib3 takes for a kind of timeout.
            return self._failed("error", started)
        except urllib3.exceptions.TimeoutError:
            return self._failed("timeout", started)
        except urllib3.exceptions.HTTPError:
            return self._failed("error", started)
        if not 200 <= answer.status < 300:
            return self._failed("error", started, answer.status)
        content_type = answer.headers.get("Content-Type", "application/json")
        version = answer.headers.get("X-Model-Version", self.version)
        return CanaryAnswer("ok", answer.status, answer.data, content_type, version, time.perf_counter() - started)

    def _failed(self, outcome: str, started: float, status: int = 0) -> CanaryAnswer:
        return CanaryAnswer(outcome, status, b"", "", self.version, time.perf_counter() - started)
