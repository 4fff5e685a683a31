"""A training run, as the engine tells of it, and the tags that say so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

RUN_TAG = "mlplatform.run"
PACKAGE_TAG = "mlplatform.package"
# What MLflow takes as the value of a tag of a version, and of a parameter.
LONGEST_TAG = 5000


@dataclass(frozen=True)
class Trained:
    # Of the engine, not of MLflow.
    run_id: str
    package: str
    reason: str = ""
    # Where the training code came from: the image's digest.
    image: str = ""
    data: str = ""
    metrics: Mapping[str, float] = field(default_factory=dict)
    # Which engine, what ran there, and who asked for it.
    engine: str = ""
    source: str = ""
    asked_by: str = ""
    # Those that the stack fixes, by name.
    hyperparameters: Mapping[str, str] = field(default_factory=dict)

    def tags(self) -> dict[str, str]:
        given = {
            RUN_TAG: self.run_id,
            "mlplatform.reason": self.reason,
            "mlplatform.image": self.image,
            "mlplatform.data": self.data,
            PACKAGE_TAG: self.package,
        }
        return {key: value[:LONGEST_TAG] for key, value in given.items() if value}
