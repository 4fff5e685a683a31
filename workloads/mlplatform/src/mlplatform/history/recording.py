"""Takes down what a training does while it does it: when, with what, on which files, and how its metrics went."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from mlplatform.history.record import Hyperparameters, ReadFile, TrainingRecord, finite

#: Of an image: the commit that it was built from. `delivery/images.sh` of a model's repository sets it.
COMMIT_VARIABLE = "GIT_COMMIT"
#: What decides about the last digit of a model, where it is installed.
PACKAGES = (
    *("mlflow", "mlflow-skinny", "mlplatform", "training-template", "numpy", "pandas", "pyarrow", "scipy"),
    *("scikit-learn", "xgboost", "lightgbm", "torch", "onnx"),
)

_current: ContextVar[Recording | None] = ContextVar("recording", default=None)


def log_step(name: str, value: float, step: int) -> None:
    """Notes how a metric stands after a step, such as a round or an epoch. Where nothing is recorded, or the value is no finite number, it does nothing.

    @param name such as `train/log_loss`, as MLflow is to show it
    """
    recording = _current.get()
    if recording is not None and finite({name: value}):
        recording.history.setdefault(name, []).append((step, float(value), int(time.time() * 1000)))


@dataclass
class Recording:
    started_at: str
    history: dict[str, list[tuple[int, float, int]]] = field(default_factory=dict)

    def done(
        self,
        *,
        project: str,
        metrics: Mapping[str, Mapping[str, float]],
        given: Mapping[str, str] | None = None,
        used: Mapping[str, Any] | None = None,
        files: Iterable[ReadFile] = (),
        folder: Path | None = None,
        **more: Any,
    ) -> TrainingRecord:
        """What is known now that it is over.

        @param given hyperparameters as they were told, and `used` as they were used
        @param folder of the code, whose repository says the commit; without one, the environment alone does
        @param more fields of the record, such as `engine` and `source`
        """
        used = dict(used or {})
        commit, changed, why = commit_of(folder)
        return TrainingRecord(
            project=project,
            hyperparameters=Hyperparameters(given=dict(given or {}), used=used),
            seeds={name: value for name, value in used.items() if "seed" in name and isinstance(value, int)},
            started_at=self.started_at,
            ended_at=now(),
            metrics={split: finite(named) for split, named in metrics.items()},
            history=self.history,
            packages=installed(),
            files=list(files),
            commit=commit,
            changed=changed,
            unknown={"commit": why} if why else {},
            **more,
        )


@contextmanager
def recording() -> Iterator[Recording]:
    """Within it, `log_step` is heard."""
    begun = Recording(now())
    token = _current.set(begun)
    try:
        yield begun
    finally:
        _current.reset(token)


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def files_below(folder: Path, *parts: str) -> list[ReadFile]:
    """Every file of these folders below `folder`, with its digest."""
    found = []
    for path in sorted(each for part in parts for each in (folder / part).rglob("*")):
        if path.is_file():
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            found.append(ReadFile(path.relative_to(folder).as_posix(), path.stat().st_size, digest))
    return found


def installed() -> dict[str, str]:
    """Versions of Python and of what decides about a model."""
    found = {"python": platform.python_version(), "machine": platform.machine()}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def commit_of(folder: Path | None) -> tuple[str, bool, str]:
    """Commit of the code, whether files differ from it, and why it is not known, if it is not."""
    built = os.environ.get(COMMIT_VARIABLE, "")
    if built:
        return built, False, ""
    if folder is None:
        return "", False, f"the image does not say it: build it with {COMMIT_VARIABLE}, as delivery/images.sh does"
    try:
        commit = _git(folder, "rev-parse", "HEAD")
        return commit, _git(folder, "status", "--porcelain", "--untracked-files=no") != "", ""
    except (OSError, subprocess.SubprocessError):
        return "", False, f"{folder.name} is in no Git repository with a commit, or there is no git"


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=True, timeout=30
    )
    return done.stdout.strip()
