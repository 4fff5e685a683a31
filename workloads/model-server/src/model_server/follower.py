"""Loads the version that is wanted, beside the one that is served, and hands it over when it has been tried."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from model_server.example import tried
from model_server.loading import LoadedModel, NoModelThere, load
from model_server.paths import Shortcut, find_shortcut
from model_server.release import NO_RELEASE, Release, ReleaseFileError, Version, read_release
from model_server.settings import Settings

_log = logging.getLogger("model_server.follower")

_POLL_SECONDS = 0.5
_BACKOFF_SECONDS = (2.0, 60.0)


@dataclass(frozen=True)
class ServedModel:
    """A model that has answered before anyone asked."""

    loaded: LoadedModel
    shortcut: Shortcut | None
    first_seconds: float
    loaded_at: float

    @property
    def version(self) -> str:
        return self.loaded.version


@dataclass(frozen=True)
class Events:
    """What the follower tells, from its own thread."""

    ready: Callable[[ServedModel], None]
    failed: Callable[[str, str], None]
    release: Callable[[Release], None]
    nothing_there: Callable[[str], None]


class Follower(threading.Thread):
    def __init__(self, settings: Settings, events: Events) -> None:
        super().__init__(name="follower", daemon=True)
        self._settings = settings
        self._events = events
        self._served: Version | None = None
        self._release = NO_RELEASE
        self._pause = _BACKOFF_SECONDS[0]

    def run(self) -> None:
        while True:
            wanted = self._wanted()
            if wanted is None:
                self._events.nothing_there("no version yet")
                time.sleep(_POLL_SECONDS)
            elif wanted == self._served:
                if self._settings.release_file is None:
                    return
                time.sleep(_POLL_SECONDS)
            else:
                self._serve(wanted)

    def _wanted(self) -> Version | None:
        file = self._settings.release_file
        if file is None:
            return Version(self._settings.version, self._settings.source or "")
        try:
            release = read_release(file)
        except ReleaseFileError as error:
            _log.error("the release file is not usable; the version stays", extra={"error": str(error)})
            time.sleep(_BACKOFF_SECONDS[0])
            return self._served
        if release != self._release:
            self._release = release
            self._events.release(release)
        # A canary that is over keeps what it has until it is scaled away.
        return release.of_track(self._settings.track) or self._served

    def _serve(self, wanted: Version) -> None:
        try:
            served = prepare(wanted, self._settings)
        except NoModelThere as error:
            self._events.nothing_there(f"no version yet: {error}")
            time.sleep(_POLL_SECONDS)
            return
        except Exception as error:  # A version that cannot be loaded must never take down the one that is served.
            name = wanted.version or "unknown"
            _log.exception("the version cannot be loaded", extra={"version": name, "uri": wanted.uri})
            self._events.failed(name, f"version {name} cannot be loaded: {error}")
            time.sleep(self._pause)
            self._pause = min(self._pause * 2, _BACKOFF_SECONDS[1])
            return
        self._served = wanted
        self._pause = _BACKOFF_SECONDS[0]
        self._events.ready(served)


def prepare(wanted: Version, settings: Settings) -> ServedModel:
    """Loads, and asks the model for its own input example. Raises CannotAnswer where it does not answer that."""
    loaded = load(wanted.uri, wanted.version, settings.scratch)
    shortcut = tried(loaded, find_shortcut(loaded, settings.max_batch_rows))
    return ServedModel(loaded, shortcut, shortcut.seconds if shortcut else 0.0, time.time())
