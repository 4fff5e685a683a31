"""Half-fitted models: spare capacity is taken away with two minutes' notice, and the job goes on elsewhere from what it has kept.

SageMaker copies the folder to S3 while the job runs, and back when it starts again.
https://docs.aws.amazon.com/sagemaker/latest/dg/model-checkpoints.html
"""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import skops.io

from training_template.logs import fields

log = logging.getLogger(__name__)

INDEX = "checkpoint.json"
#: Writing takes seconds where models are large. Notice is given, so this is only for machines that go without any.
EVERY_SECONDS = 60.0


class Interrupted(Exception):
    """The job has been told to end; what it has reached is kept."""


class Checkpoint:
    def __init__(
        self,
        folder: Path,
        fingerprint: str,
        stopping: Callable[[], bool] = lambda: False,
        every_seconds: float = EVERY_SECONDS,
    ) -> None:
        """
        @param fingerprint of data and hyperparameters: what was kept of others is passed over
        @param stopping whether the job has been told to end
        """
        self._folder = folder
        self._fingerprint = fingerprint
        self._stopping = stopping
        self._every_seconds = every_seconds
        self._kept_at = time.monotonic()

    def load(self, trusted: list[str]) -> tuple[Any, int]:
        """What was kept, and how far it had come; None and 0 where nothing can be used."""
        try:
            index = json.loads((self._folder / INDEX).read_text(encoding="utf-8"))
            if index["fingerprint"] != self._fingerprint:
                log.info("the checkpoint is of another training")
                return None, 0
            model = skops.io.load(self._folder / index["file"], trusted=trusted)
        except FileNotFoundError:
            return None, 0
        except Exception as error:
            log.warning("the checkpoint cannot be used", extra=fields(reason=str(error)))
            return None, 0
        log.info("going on from a checkpoint", extra=fields(done=index["done"]))
        return model, int(index["done"])

    def save(self, model: Any, done: int) -> None:
        """Keeps the model, if it is time to.

        @raises Interrupted when the job has been told to end; the model is kept then
        """
        stopping = self._stopping()
        if not stopping and time.monotonic() - self._kept_at < self._every_seconds:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        file = self._folder / f"{done}.skops"
        # The index names the file only when that is whole: the folder may be copied at any moment.
        skops.io.dump(model, self._folder / f".{file.name}")
        os.replace(self._folder / f".{file.name}", file)
        partial = self._folder / f".{INDEX}"
        index = {"fingerprint": self._fingerprint, "file": file.name, "done": done}
        partial.write_text(json.dumps(index), encoding="utf-8")
        os.replace(partial, self._folder / INDEX)
        # The one before stays: a copy may have the index of then.
        kept = sorted((each for each in self._folder.glob("[0-9]*.skops")), key=lambda each: int(each.stem))
        for old in kept[:-2]:
            old.unlink()
        self._kept_at = time.monotonic()
        if stopping:
            raise Interrupted(f"interrupted after {done} rounds")
