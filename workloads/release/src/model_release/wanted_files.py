"""Whether the files of the versions that are wanted are those that were recorded: looked at when one is wanted, and every few hours."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from mlflow.exceptions import MlflowException

from mlplatform.integrity import FilesChanged
from model_release.artifacts import Unpackable
from model_release.integrity import Integrity
from model_release.log import fields
from model_release.metrics import Metrics
from model_release.registry import ABSENT, RegistryAway
from model_release.version import Version

log = logging.getLogger(__name__)

# Every file is read each time; pods compare by themselves whenever they load.
EVERY_SECONDS = 6 * 3600.0


@contextmanager
def answered() -> Iterator[None]:
    """
    Passes over what the registry does not have.

    :raises RegistryAway: when it, or the store of its files, does not answer.
    """
    try:
        yield
    except MlflowException as error:
        if error.error_code not in ABSENT:
            raise RegistryAway(str(error)) from error
    except OSError as error:  # Of requests too, by which MLflow's client reads files.
        raise RegistryAway(str(error)) from error


class WantedFiles:
    def __init__(self, integrity: Integrity | None, metrics: Metrics, clock: Callable[[], float]) -> None:
        self._integrity, self._metrics, self._clock = integrity, metrics, clock
        # By uri: when it was registered, when it was looked at, and what is wrong with it.
        self._seen: dict[str, tuple[int | None, float, str | None]] = {}
        self._versions: dict[str, str] = {}
        self._looking: dict[str, threading.Lock] = {}

    def unchanged(self, model: str, version: Version) -> bool:
        """
        Whether nothing is known against the files of a registered version; they are recorded where they are not yet.

        :raises RegistryAway: when the registry does not answer.
        """
        if self._integrity is None or version.registered is None:
            return True
        # Two targets of one model ask for the same files.
        with self._looking.setdefault(version.uri, threading.Lock()):
            registered = self._registered(version)
            before, at, wrong = self._seen.get(version.uri, (None, None, None))
            if at is None or before != registered or self._clock() - at >= EVERY_SECONDS:
                wrong = self._look(version)
                if wrong is not None:
                    told = fields(model=model, version=version.key, reason=wrong)
                    log.error("a version is refused: its files have changed", extra=told)
                self._seen[version.uri] = (registered, self._clock(), wrong)
            self._tell(model, version.key, wrong)
        return wrong is None

    def forget_others(self, models: set[str]) -> None:
        """Of models that are configured no more, no alert stays."""
        for model in set(self._versions) - models:
            self._metrics.files_changed.remove(model, self._versions.pop(model))

    def _registered(self, version: Version) -> int | None:
        assert self._integrity is not None
        with answered():
            return self._integrity.registered_at(version.uri)
        return None

    def _look(self, version: Version) -> str | None:
        assert self._integrity is not None
        try:
            with answered():
                if self._integrity.recorded(version.uri):
                    self._integrity.verify(version.uri)
                else:
                    self._integrity.ensure(version.uri)
        except FilesChanged as error:
            return str(error)
        except Unpackable as error:
            # Pods refuse what nobody has recorded, and the release ends as that of any version that does not load.
            log.warning("the files of a version cannot be recorded", extra=fields(uri=version.uri, reason=str(error)))
        return None

    def _tell(self, model: str, version: str, wrong: str | None) -> None:
        before = self._versions.get(model)
        if before is not None and before != version:
            self._metrics.files_changed.remove(model, before)
        self._versions[model] = version
        self._metrics.files_changed.labels(model, version).set(0 if wrong is None else 1)
