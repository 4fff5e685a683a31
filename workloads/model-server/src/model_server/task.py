"""What a version's process is started with."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

LIBRARY_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
# A library's threads do not survive a fork, so that none is started before.
ONE_THREAD = dict.fromkeys(LIBRARY_THREADS, "1")


@dataclass(frozen=True)
class Task:
    """
    `control`, `scoreboard` and `listeners` are open files; `library_threads` is for the workers. `fetched` is there once the files
    are; `shares` says that the workers may have their model in memory from one loading.
    """

    uri: str
    version: str | None
    control: int
    scoreboard: int
    places: int
    listeners: dict[str, int]
    library_threads: dict[str, str]
    # Of the version's own: `uri` and `sha256`.
    packages: dict[str, str] | None = None
    fetched: dict[str, Any] | None = None
    shares: bool = True


def command(python: str | Path, task: Task) -> list[str]:
    return [str(python), "-m", "model_server.version_process", orjson.dumps(asdict(task)).decode()]
