"""Which files of a folder are tables. The same ones are passed over by every reader, and counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Literal

Kind = Literal["csv", "jsonl", "parquet"]
Reason = Literal["hidden", "empty", "foreign"]

KINDS: Mapping[str, Kind] = {
    ".csv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".parquet": "parquet",
}
#: For messages.
KINDS_SAID = ".csv, .jsonl, .ndjson or .json, each also .gz, or .parquet"


def is_hidden(key: str) -> bool:
    """As Hive, Spark and Athena have it: what begins with a dot or an underscore, or lies in such a folder, is no data.

    @param key path below the folder that is read, with slashes
    """
    return any(part.startswith((".", "_")) for part in PurePosixPath(key).parts)


def format_of(key: str) -> Kind | None:
    """By the ending of the name; None for hidden files and those that are no table."""
    return None if is_hidden(key) else _kind(key)


def why_passed_over(key: str, size: int) -> Reason | None:
    """None for a table that is to be read."""
    if is_hidden(key):
        return "hidden"
    if _kind(key) is None:
        return "foreign"
    return "empty" if size == 0 else None


class PassedOver(Counter[str]):
    """How many files were not read, by the reason."""

    def __str__(self) -> str:
        return ", ".join(f"{count} {reason}" for reason, count in sorted(self.items()))


def files_in(folder: Path, own: Collection[str] = ()) -> tuple[list[Path], PassedOver]:
    """The tables below a folder, in the order of their paths, and how many other files there are.

    @param own names of files that the platform itself has left there, and nobody needs to hear of
    """
    found, passed = [], PassedOver()
    for file in sorted(folder.rglob("*") if folder.is_dir() else []):
        if not file.is_file() or file.name in own:
            continue
        reason = why_passed_over(file.relative_to(folder).as_posix(), file.stat().st_size)
        if reason is None:
            found.append(file)
        else:
            passed[reason] += 1
    return found, passed


def tables_among(keys: Iterable[tuple[str, int]]) -> tuple[list[str], PassedOver]:
    """The same for objects of a bucket: keys below the prefix, and their sizes. Keys of folders are none."""
    found, passed = [], PassedOver()
    for key, size in keys:
        if not key or key.endswith("/"):
            continue
        reason = why_passed_over(key, size)
        if reason is None:
            found.append(key)
        else:
            passed[reason] += 1
    return found, passed


def _kind(key: str) -> Kind | None:
    path = PurePosixPath(key)
    packed = path.suffix.lower() == ".gz"
    found = KINDS.get(PurePosixPath(path.stem).suffix.lower() if packed else path.suffix.lower())
    return None if packed and found == "parquet" else found
