"""Packages of a model's own in one file, and unpacked again where they are used."""

import gzip
import hashlib
import io
import json
import shutil
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

# Folder of the packages, and file that says what they are for; in an archive, and below `environment/` of a packed model.
SITE = "site"
DESCRIPTION = "environment.json"
# Libraries hardly shrink further; a higher level only takes longer.
_COMPRESSION = 1


class ArchiveError(Exception):
    """The archive is not what was recorded, or not for this image."""


@dataclass(frozen=True)
class Archive:
    sha256: str
    size: int


def write(site: Path, packages: tuple[str, ...], image: str, file: Path) -> Archive:
    """The same packages give the same bytes."""
    with (
        open(file, "wb") as raw,
        gzip.GzipFile(filename="", mode="wb", compresslevel=_COMPRESSION, fileobj=raw, mtime=0) as packed,
        tarfile.open(mode="w|", fileobj=packed, format=tarfile.PAX_FORMAT) as archive,
    ):
        text = json.dumps({"image": image, "packages": list(packages)}).encode()
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


def unpack(source: BinaryIO, folder: Path, sha256: str, image: str) -> None:
    """
    Unpacks into `folder`, which is there afterwards only if the digest was right and the packages are for this image.

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
        check(partial, image)
        partial.rename(folder)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def is_one(folder: Path) -> bool:
    """Whether packages were unpacked here: a model may have a file of the same name that says something else."""
    try:
        found = json.loads((folder / DESCRIPTION).read_text())
    except (OSError, ValueError):
        return False
    return isinstance(found, dict) and isinstance(found.get("image"), str) and isinstance(found.get("packages"), list)


def check(folder: Path, image: str) -> None:
    """Raises ArchiveError where what was unpacked is for another image: what it lacks comes from there."""
    try:
        found = json.loads((folder / DESCRIPTION).read_text()).get("image")
        (folder / SITE).mkdir(exist_ok=True)
    except (OSError, ValueError, AttributeError) as error:
        raise ArchiveError(f"{DESCRIPTION} of its packages cannot be read: {error}") from error
    if found != image:
        raise ArchiveError(f"its packages were built for another image of the server ({found}; this one is {image})")


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
