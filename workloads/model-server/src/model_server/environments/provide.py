"""Decides where the packages of a model come from: this image, what was built before, or a build."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model_server.environments import archive
from model_server.environments.build import build, digest_of
from model_server.environments.fit import Fit, Installed, fit
from model_server.environments.published import Packages, Published
from model_server.environments.requirements import read_requirements
from model_server.settings import IndexSettings


class Impossible(Exception):
    """The model cannot run on this Python, whatever its packages; the message says why, and what may be done."""


@dataclass(frozen=True)
class Provided:
    """`outcome` is `fits`, where the image has what is asked for, or `reused` or `built`."""

    outcome: str
    compared: Fit
    # Which image it fits, or its packages are for.
    image: str
    packages: Packages | None = None
    record: dict[str, Any] | None = None


def provide(
    folder: Path,
    published: Published,
    indexes: IndexSettings,
    fetch: Callable[[str], None] = lambda path: None,
    others: Published | None = None,
) -> Provided:
    """
    Finds the packages of the model in `folder`, or makes them: once for all models that ask for the same. `others`: where somebody else
    may have put them already.

    Raises Impossible, RequirementsError, BuildRefused, or BuildFailed where another attempt may work.
    """
    installed = Installed()
    asked = read_requirements(folder, fetch)
    compared = fit(asked, installed)
    image = installed.image()
    if compared.impossible:
        raise Impossible(compared.impossible)
    if not compared.mismatches:
        return Provided("fits", compared, image)
    digest = digest_of(asked, folder, indexes, installed)
    for place in (others, published):
        found = place.find(digest) if place else None
        if place and found is not None:
            return Provided("reused", compared, image, place.packages(digest, found), found)
    with tempfile.TemporaryDirectory(prefix="packages-") as scratch:
        built = build(asked, folder, Path(scratch) / "site", indexes, installed)
        file = Path(scratch) / "packages.tar.gz"
        made = archive.write(built.site, built.packages, image, file)
        about = {
            "packages": list(built.packages),
            "seconds": round(built.seconds, 1),
            "mismatches": [str(each) for each in compared.mismatches],
        }
        packages = published.add(digest, file, made, about)
    return Provided("built", compared, image, packages, {"sha256": made.sha256, "bytes": made.size, **about})
