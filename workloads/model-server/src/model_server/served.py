"""A model that has answered before anyone asked."""

import time
from dataclasses import dataclass

from model_server.example import tried
from model_server.loading import LoadedModel
from model_server.paths import Shortcut, find_shortcut
from model_server.settings import Settings


@dataclass(frozen=True)
class ServedModel:
    loaded: LoadedModel
    shortcut: Shortcut | None
    loaded_at: float

    @property
    def version(self) -> str:
        return self.loaded.version


def prepare(loaded: LoadedModel, settings: Settings) -> ServedModel:
    """Asks the model for its own input example. Raises CannotAnswer where it does not answer that."""
    return ServedModel(loaded, tried(loaded, find_shortcut(loaded, settings.max_batch_rows)), time.time())
