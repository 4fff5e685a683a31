"""Which interpreter and variables a model's processes run with."""

import sys
from dataclasses import dataclass
from pathlib import Path

from model_server.settings import Settings


@dataclass(frozen=True)
class Environment:
    """`variables` are set beside those of the server."""

    python: Path
    variables: dict[str, str]


def environment_for(folder: Path, settings: Settings) -> Environment:
    """The environment for the model in `folder`. Called in a process of its own, so it may take minutes. What it raises is told
    as the reason why the version is not served."""
    return Environment(Path(sys.executable), {})
