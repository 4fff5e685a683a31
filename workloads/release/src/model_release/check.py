"""Steps of a check: a version that somebody asks for is measured as a loop measures what it has trained itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from model_release import staging
from model_release.step import Failed, NothingAsked, Step

FOUND = "candidate.json"


class Check(Step):
    def actions(self) -> dict[str, Callable[[Mapping[str, Any]], None]]:
        return {**super().actions(), "candidate": self._candidate, "recordCheck": self._record_check}

    def _candidate(self, request: Mapping[str, Any]) -> None:
        """
        What is measured, and on which rows: those that the loop's last approved run has kept for it.

        :raises NothingAsked: when there is nothing to do.
        """
        found = self._ask(request, {"action": "candidate", "runId": self.run})
        if found["version"] is None:
            raise NothingAsked("nobody asks for a version")
        # From here on `recordCheck` tells how it ends.
        self._write(request, FOUND, found)
        if found["refused"]:
            raise Failed("CandidateRefused", f"Version {found['version']} is not measured: {found['refused']}")
        run, rows = found["approvedRun"], request["rows"]
        if run is None:
            raise Failed(
                "NoApprovedRun", "no run of the loop has gone live yet, so there are no rows to measure on: start one"
            )
        uri = rows["folder"] + (f"{run}/test/" if rows["ofRun"] else "test/")
        if not self._any(uri):
            raise Failed("NoTestRows", f"the rows of {run} are gone ({uri}): start the loop, and ask again")
        self._write(request, FOUND, {**found, "testUri": uri})

    def _any(self, uri: str) -> bool:
        bucket, key = staging.address(uri)
        return bool(self.s3.list_objects_v2(Bucket=bucket, Prefix=key, MaxKeys=1).get("Contents"))

    def _record_check(self, request: Mapping[str, Any]) -> None:
        """Keeps what was found, and says on the version whether it has passed; a check that did not end has not."""
        found = self._reports(request, "candidate", "champion", "evaluation", "verdict", "failure")
        candidate, verdict, failure = found["candidate"], found["verdict"] or {}, found.pop("failure")
        if candidate is None:
            raise Failed("CheckFailed", "the version that was asked for could not be found out")
        passed = verdict.get("passed") is True and not self._unfinished()
        cause = str(failure["cause"]) if failure else f"the check ended with {self._ended() or 'no verdict'}"
        outcome = {"outcome": "passed"} if passed else {"outcome": "failed", "cause": cause}
        reason = f"{candidate['by']} asked for version {candidate['version']}"
        self._put(request["record"], {**self._body(request, reason, found, outcome), "gate": verdict})
        told = {"version": candidate["version"], "passed": passed, "record": request["record"]}
        self._ask(request, {"action": "judged", "runId": self.run, **told, **({} if passed else {"reason": cause})})
        if not passed:
            raise Failed("CandidateRejected", f"Version {candidate['version']}: {json.dumps(cause)}")
