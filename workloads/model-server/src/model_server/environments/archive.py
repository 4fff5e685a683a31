"""Packages of a model's own in one file, and unpacked again where they are used."""

import gzip
import hashlib
import io
import json
import platform
import shutil
import sysconfig
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

# Folder of the packages, and file that says what they are for; in an archive, and below `environment/` of a packed model.
SITE = "site"
DESCRIPTION = "environment.json"
# Libraries hardly shrink further; a higher level only takes longer.
_COMPRESSION = 1


class ArchiveError(Exception):
    """The archive is not what was recorded, or not for this machine."""


@dataclass(frozen=True)
class Archive:
    sha256: str
    size: int


def describe(packages: tuple[str, ...]) -> dict[str, Any]:
    python = ".".join(platform.python_version_tuple()[:2])
    return {"python": python, "platform": sysconfig.get_platform(), "packages": list(packages)}


def write(site: Path, packages: tuple[str, ...], file: Path) -> Archive:
    """The same packages give the same bytes."""
    with (
        open(file, "wb") as raw,
        gzip.GzipFile(filename="", mode="wb", compresslevel=_COMPRESSION, fileobj=raw, mtime=0) as packed,
        tarfile.open(mode="w|", fileobj=packed, format=tarfile.PAX_FORMAT) as archive,
    ):
        text = json.dumps(describe(packages)).encode()
        _add(archive, DESCRIPTION, 0o644, io.BytesIO(text), len(text))
        for path, name in _files(site):
            with path.open("rb") as content:
                _add(archive, name, path.stat().st_mode & 0o755 | 0o644, content, path.stat().st_size)
    with open(file, "rb") as raw:
        return Archive(hashlib.file_digest(raw, "sha256").hexdigest(), file.stat().st_size)


def _files(site: Path) -> Iterator[tuple[Path, str]]:
    for path in sorted(site.rglob("*")):
        if path.is_file():
            yield path, f"{SITE}/{path.relative_to(site).as_posix()}"


def _add(archive: tarfile.TarFile, name: str, mode: int, content: BinaryIO, size: int) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, mode
    archive.addfile(info, content)


def unpack(source: BinaryIO, folder: Path, sha256: str) -> None:
    """
    Unpacks into `folder`, which is there afterwards only if the digest was right and the packages are for this machine.

    Raises ArchiveError.
    """
    partial = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    read = _Hashed(source)
    try:
        try:
            with tarfile.open(fileobj=read, mode="r|gz") as archive:
                archive.extractall(partial, filter="data")
            read.drain()
        except (tarfile.TarError, EOFError, gzip.BadGzipFile) as error:
            raise ArchiveError(f"the archive of its packages is damaged: {error}") from error
        if read.digest.hexdigest() != sha256:
            raise ArchiveError(
                f"the archive of its packages has the digest {read.digest.hexdigest()}, recorded is {sha256}"
            )
        check(partial)
        partial.rename(folder)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def check(folder: Path) -> dict[str, Any]:
    """What is in an unpacked archive. Raises ArchiveError where it is for another machine."""
    try:
        found: dict[str, Any] = json.loads((folder / DESCRIPTION).read_text())
        (folder / SITE).mkdir(exist_ok=True)
    except (OSError, ValueError) as error:
        raise ArchiveError(f"{DESCRIPTION} of its packages cannot be read: {error}") from error
    here = describe(())
    for key in ("python", "platform"):
        if found.get(key) != here[key]:
            raise ArchiveError(f"its packages are for {key} {found.get(key)}, this server has {here[key]}")
    return found


class _Hashed:
    """A stream that is digested as it is read."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._source.read(size)
        self.digest.update(data)
        return data

    def drain(self) -> None:
        while self.read(1 << 20):
            pass
