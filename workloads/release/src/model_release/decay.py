"""Whether the drift monitor asks for a training, because labelled answers of a model have been too bad for some windows in a row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from model_release.check import Check
from model_release.step import NothingAsked


class Decay(Check):
    """Where nobody is told by an event: a DAG looks at what the monitor keeps of the model."""

    def actions(self) -> dict[str, Callable[[Mapping[str, Any]], None]]:
        return {**super().actions(), "decayed": self._decayed}

    def _decayed(self, request: Mapping[str, Any]) -> None:
        """Answers once for each time that the monitor asks: noted before anything is started, so that one never becomes two.

        A run that is tried again finds its own note, and goes on: whatever it starts has the same name.

        :raises NothingAsked: when it does not ask, or another run has answered this.
        """
        asked = ((self._read(request["series"]) or {}).get("decay") or {}).get("asked")
        answered = self._read(request["answered"]) or {}
        if asked is None or (answered.get("asked") == asked and answered.get("run") != self.run):
            raise NothingAsked("no training is asked for")
        self._put(request["answered"], {"asked": asked, "run": self.run})
