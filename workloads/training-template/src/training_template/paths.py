"""Where SageMaker puts what a container reads, and takes what it writes.

https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-running-container.html
https://docs.aws.amazon.com/sagemaker/latest/dg/build-your-own-processing-container.html
"""

from __future__ import annotations

import os
from pathlib import Path


class Paths:
    """Below /opt/ml, or below `TRAINING_ROOT` where there is no SageMaker."""

    def __init__(self, root: Path | None = None) -> None:
        self.root = root or Path(os.environ.get("TRAINING_ROOT", "/opt/ml"))

    @property
    def hyperparameters(self) -> Path:
        return self.root / "input" / "config" / "hyperparameters.json"

    @property
    def channels(self) -> Path:
        return self.root / "input" / "data"

    def channel(self, name: str) -> Path:
        return self.channels / name

    @property
    def model(self) -> Path:
        return self.root / "model"

    @property
    def checkpoints(self) -> Path:
        return self.root / "checkpoints"

    def processing(self, name: str) -> Path:
        return self.root / "processing" / name

    @property
    def failures(self) -> tuple[Path, Path]:
        """Of a training job, and of a processing job, which reads its exit message."""
        return self.root / "output" / "failure", self.root / "output" / "message"
