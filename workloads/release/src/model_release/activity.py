"""An activity of AWS Step Functions: asks for work, says that it goes on, and answers."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError
from mlflow.exceptions import MlflowException
from prometheus_client import Counter

from model_release.artifacts import Unpackable
from model_release.log import fields
from model_release.pack import Stopped
from model_release.promotion import Gone
from model_release.registrar import ACTIONS, Refused
from model_release.registry import ABSENT, FORBIDDEN

log = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 20.0
# What Step Functions says where the task has ended without us.
ENDED = ("TaskTimedOut", "TaskDoesNotExist", "InvalidToken")
# Errors that a state machine sees: the first is final, after the second it is worth to try again.
REFUSED, UNAVAILABLE = "Refused", "Unavailable"
LONGEST_CAUSE = 32_768
# A poll takes a minute; whoever has not polled for this long is stuck.
SILENT_SECONDS = 300.0

Answer = Callable[[Any, Callable[[], bool], Callable[[float], object]], dict[str, Any]]


class Worker:
    """Does one task at a time; several of them share an activity, since a release is waited for for hours."""

    def __init__(
        self,
        client: Any,
        activity_arn: str,
        name: str,
        answer: Answer,
        tasks: Counter,
        heartbeat_seconds: float = HEARTBEAT_SECONDS,
    ) -> None:
        """
        :param tasks: counts them, by action and outcome.
        """
        self._tasks = tasks
        self._client = client
        self._activity_arn = activity_arn
        self._name = name
        self._answer = answer
        self._heartbeat_seconds = heartbeat_seconds
        self._seen = time.monotonic()
        self.busy = False

    @property
    def alive(self) -> bool:
        """Whether it has asked for work lately, or said that the work it has goes on."""
        return time.monotonic() - self._seen < SILENT_SECONDS

    def run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            self._seen = time.monotonic()
            try:
                task = self._client.get_activity_task(activityArn=self._activity_arn, workerName=self._name)
            except Exception as error:
                log.warning("no answer to the question for work", extra=fields(reason=str(error)))
                stop.wait(10)
                continue
            if task.get("taskToken"):
                self.busy = True
                self._do(task["taskToken"], task.get("input", ""), stop)
                self.busy = False

    def _do(self, token: str, given: str, stop: threading.Event) -> None:
        ended = threading.Event()
        lost = threading.Event()
        beating = threading.Thread(target=self._beat, args=(token, ended, lost), daemon=True)
        beating.start()
        try:
            send, said = self._attempt(given, lambda: lost.is_set() or stop.is_set(), stop)
        finally:
            ended.set()
            beating.join()
        if send is None or lost.is_set():
            # Left alone, the task is given to somebody else when its heartbeat has been missing for long enough.
            log.warning(
                "nothing is answered", extra=fields(reason="stopped" if stop.is_set() else "the task has ended")
            )
            return
        try:
            send(taskToken=token, **said)
        except Exception as error:
            if isinstance(error, ClientError) and error.response["Error"]["Code"] in ENDED:
                log.warning("the answer came too late", extra=fields(reason=str(error)))
                return
            # The task is tried again, and what has been done is found then.
            log.error("the answer was not taken", extra=fields(reason=str(error)))

    def _attempt(self, given: str, gone: Callable[[], bool], stop: threading.Event) -> tuple[Any, dict[str, str]]:
        request: Any = given
        begun = time.monotonic()
        try:
            request = json.loads(given)
            answer = self._answer(request, gone, stop.wait)
        except (Gone, Stopped):
            self._count(request, "abandoned")
            return None, {}
        except (Refused, Unpackable, ValueError) as error:
            return self._failed(REFUSED, error, request)
        except Exception as error:
            final = isinstance(error, MlflowException) and error.error_code in (*ABSENT, *FORBIDDEN)
            return self._failed(REFUSED if final else UNAVAILABLE, error, request)
        self._count(request, "answered")
        took = round(time.monotonic() - begun, 1)
        log.info("answered", extra=fields(request=request, answer=answer, seconds=took))
        return self._client.send_task_success, {"output": json.dumps(answer)}

    def _failed(self, kind: str, error: Exception, request: Any) -> tuple[Any, dict[str, str]]:
        self._count(request, kind.lower())
        told = fields(request=request, kind=kind, reason=str(error))
        log.error("failed", extra=told, exc_info=error if kind == UNAVAILABLE else None)
        cause = str(error) or type(error).__name__
        return self._client.send_task_failure, {"error": kind, "cause": cause[:LONGEST_CAUSE]}

    def _count(self, request: Any, outcome: str) -> None:
        action = request.get("action") if isinstance(request, dict) else None
        self._tasks.labels(action if action in ACTIONS else "unknown", outcome).inc()

    def _beat(self, token: str, ended: threading.Event, lost: threading.Event) -> None:
        while not ended.wait(self._heartbeat_seconds):
            self._seen = time.monotonic()
            try:
                self._client.send_task_heartbeat(taskToken=token)
            except ClientError as error:
                if error.response["Error"]["Code"] in ENDED:
                    lost.set()
                    return
                log.warning("no heartbeat", extra=fields(reason=str(error)))
            except Exception as error:
                log.warning("no heartbeat", extra=fields(reason=str(error)))
