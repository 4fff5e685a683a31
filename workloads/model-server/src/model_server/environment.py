"""With which Python, and with which packages, a version of a model is run."""

import fcntl
import hashlib
import logging
import os
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from model_server.environments import archive
from model_server.environments.fit import Installed, fit
from model_server.environments.provide import Impossible, provide
from model_server.environments.published import NOT_BUILT, PENDING, Packages, Published, open_archive
from model_server.environments.requirements import RequirementsError, read_requirements
from model_server.settings import Settings

_log = logging.getLogger("model_server.environment")

# Folder of a packed model, beside MLmodel, with packages of its own: `release pack` puts it there.
PACKED = "environment"
# Nobody runs with what has been unpacked just now, and somebody is about to.
_FRESH_SECONDS = 120
_FOLDERS = ("site-packages", "dist-packages")


class BeingLookedFor(Exception):
    """It is known soon with which packages the version is served: it is no fault of the version that it is not loaded yet."""

    def __init__(self) -> None:
        super().__init__("its packages are being looked for")


@dataclass(frozen=True)
class Environment:
    """`variables` go beside those that the server has itself."""

    python: Path
    variables: dict[str, str]
    # What the model asks for and does not get: it is served all the same, and its answers may differ.
    mismatches: tuple[str, ...] = ()


def environment_for(folder: Path, settings: Settings, packages: Packages | None = None) -> Environment:
    """
    What runs the model in `folder`: this image's own Python, before whose packages go those that were built for the model.

    Called in a process of its own, so it may take minutes; what it raises is told as the reason why the version is not served.

    :param packages: what the release names; without it those that came with the model, and where neither is there the image's own
    alone, unless the settings let the server build.

    Raises Impossible, RequirementsError, ArchiveError, BuildRefused or BuildFailed: the version cannot be served. BeingLookedFor: not yet.
    """
    if packages == PENDING:
        return Environment(Path(sys.executable), {}, _fitting(folder))
    if packages is not None:
        if packages == NOT_BUILT:
            raise archive.ArchiveError("no packages of its own were built for this image of the server yet")
        return _beside(_unpacked(packages, settings.scratch), settings.scratch)
    packed = folder / PACKED
    if archive.is_one(packed):  # Else a folder of the model's own has this name.
        archive.check(packed, Installed().image())
        return _beside(packed, settings.scratch)
    if settings.packages == "build":
        others = Published(settings.environments) if settings.environments else None
        provided = provide(folder, Published(str(settings.scratch / "built")), settings.indexes, others=others)
        if provided.packages is not None:
            return environment_for(folder, settings, provided.packages)
    return Environment(Path(sys.executable), {}, _differences(folder))


def _fitting(folder: Path) -> tuple[str, ...]:
    """Where this image has exactly what the model asks for: what no package would mend. Elsewhere it is not for the server to say."""
    try:
        compared = fit(read_requirements(folder), Installed())
    except RequirementsError as error:
        raise BeingLookedFor from error
    if compared.impossible or compared.mismatches:
        raise BeingLookedFor
    return tuple(str(each) for each in compared.remarks)


def _differences(folder: Path) -> tuple[str, ...]:
    try:
        compared = fit(read_requirements(folder), Installed())
    except RequirementsError as error:
        # Served with the image's packages it does not matter what else could not be installed.
        return (str(error),)
    if compared.impossible:
        raise Impossible(compared.impossible)
    return tuple(str(each) for each in (*compared.mismatches, *compared.remarks))


def _unpacked(packages: Packages, scratch: Path) -> Path:
    """The archive's folder, unpacked once for all processes that share the scratch folder."""
    kept = scratch / "environments"
    kept.mkdir(parents=True, exist_ok=True)
    folder = kept / packages.sha256[:16]
    with open(kept / f"{folder.name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            _forget_unused(kept)
            with open_archive(packages) as stream:
                archive.unpack(stream, folder, packages.sha256, Installed().image())
            _log.info("packages of a model's own", extra={"uri": packages.uri, "folder": str(folder)})
        os.utime(folder)
    return folder


def _beside(packages: Path, scratch: Path) -> Environment:
    """A virtual environment whose packages are those in the folder, and then those of this image."""
    venv = scratch / "environments" / f"venv-{hashlib.sha256(str(packages.resolve()).encode()).hexdigest()[:16]}"
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    base = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
    if not (venv / "pyvenv.cfg").exists():
        partial = venv.with_name(f"{venv.name}.{os.getpid()}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        site = partial / "lib" / version / "site-packages"
        site.mkdir(parents=True)
        (partial / "bin").mkdir()
        (partial / "bin" / "python").symlink_to(base)
        folders = [packages / archive.SITE, *(Path(each) for each in sys.path if Path(each).name in _FOLDERS)]
        # Each line is run; files of the folders themselves that add to the path are read too.
        lines = [f"import site; site.addsitedir({str(each.resolve())!r})" for each in folders]
        (site / "packages.pth").write_text("\n".join(lines) + "\n")
        (partial / "pyvenv.cfg").write_text(f"home = {base.parent}\ninclude-system-site-packages = false\n")
        try:
            partial.rename(venv)
        except OSError:  # Another process was first.
            shutil.rmtree(partial, ignore_errors=True)
    return Environment(venv / "bin" / "python", {"VIRTUAL_ENV": str(venv), "MODEL_SERVER_SITE": str(packages)})


def _forget_unused(kept: Path) -> None:
    """Packages that no process of this container runs with take the space of those to come."""
    used = _in_use()
    for folder in kept.iterdir():
        if not folder.is_dir() or folder.name.startswith("venv-") or str(folder) in used:
            continue
        if time.time() - folder.stat().st_mtime > _FRESH_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)


def _in_use() -> set[str]:
    found = set()
    for process in Path("/proc").glob("[0-9]*/environ"):
        try:
            variables = process.read_bytes().split(b"\0")
        except OSError:  # It has ended, or is somebody else's.
            continue
        found |= {os.fsdecode(each[18:]) for each in variables if each.startswith(b"MODEL_SERVER_SITE=")}
    return found
