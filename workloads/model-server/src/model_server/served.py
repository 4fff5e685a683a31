"""A model that has answered before anyone asked."""

import time
from dataclasses import dataclass

from model_server.example import tried
from model_server.forks import ending_children
from model_server.loading import LoadedModel
from model_server.online_features import OnlineFeatures, online_features
from model_server.paths import Shortcut, find_shortcut
from model_server.settings import Settings


@dataclass(frozen=True)
class ServedModel:
    loaded: LoadedModel
    shortcut: Shortcut | None
    loaded_at: float
    features: OnlineFeatures | None = None

    @property
    def version(self) -> str:
        return self.loaded.version


def prepare(loaded: LoadedModel, settings: Settings) -> ServedModel:
    """Asks the model for its own input example. Raises CannotAnswer where it does not answer that, SettingsError for features."""
    with ending_children():
        shortcut = tried(loaded, find_shortcut(loaded, settings.max_batch_rows))
    return ServedModel(loaded, shortcut, time.time(), online_features(settings))
