"""Which version this server is to serve, and how much of the traffic goes to the canary."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model_server.environments.fit import this_image
from model_server.environments.published import NOT_BUILT, PENDING, Packages

# In place of an image, while a Job looks whether the version needs packages of its own.
_PENDING = "pending"


@dataclass(frozen=True)
class Version:
    version: str | None
    uri: str
    # Of its own, beside those of this image; none where the image has what the version asks for, or nobody has looked.
    packages: Packages | None = None

    def done_by(self, loaded: "Version") -> bool:
        """
        Whether what was loaded for `loaded` does for this too, so that nothing is loaded again.

        While packages are looked for, what there is of the version does. What was loaded meanwhile has all from this image, which had
        exactly what was asked for: so it does where the release says that, or names packages for other images only.
        """
        if (self.version, self.uri) != (loaded.version, loaded.uri):
            return False
        before_the_verdict = loaded.packages == PENDING and self.packages in (None, NOT_BUILT)
        return self.packages in (loaded.packages, PENDING) or before_the_verdict


@dataclass(frozen=True)
class Release:
    """What the release file says; `canary` is None at rest."""

    stable: Version | None
    canary: Version | None
    canary_percent: float

    def of_track(self, track: str) -> Version | None:
        return self.canary if track == "canary" else self.stable


NO_RELEASE = Release(None, None, 0)


class ReleaseFileError(Exception):
    """The release file is there and says nothing usable; the version that is served stays."""


def read_release(file: Path) -> Release:
    """An absent file means that there is no version yet. Raises ReleaseFileError for anything malformed."""
    try:
        text = file.read_text()
    except FileNotFoundError:
        return NO_RELEASE
    try:
        content = json.loads(text)
        canary = content.get("canary")
        percent = float(canary.get("percent", 0)) if canary else 0.0
        return Release(_version(content.get("stable")), _version(canary), min(max(percent, 0.0), 100.0))
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise ReleaseFileError(f"{file}: {error!r}") from error


def _version(entry: dict[str, Any] | None) -> Version | None:
    if not entry:
        return None
    return Version(str(entry["version"]), str(entry["uri"]), _packages(entry.get("environments") or []))


def _packages(environments: list[dict[str, Any]]) -> Packages | None:
    """Those for this image: while the server's image is changed, pods of both read the same file."""
    if not environments:
        return None
    own = next((each for each in environments if each["image"] == this_image()), None)
    if own is None:
        return PENDING if any(each["image"] == _PENDING for each in environments) else NOT_BUILT
    return Packages(str(own["uri"]), str(own["sha256"])) if "uri" in own else None
