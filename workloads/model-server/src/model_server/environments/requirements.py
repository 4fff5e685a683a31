"""What a model asks to have installed: its requirements.txt, or the pip part of its conda.yaml, and its Python."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import yaml
from packaging.requirements import InvalidRequirement, Requirement

# Options that change nothing here: wheels are preferred anyway, and resolution is uv's.
_IGNORED = ("--prefer-binary", "--use-feature", "--require-hashes", "--no-cache-dir")
_WITH_VALUE = ("--only-binary", "--no-binary", "--use-feature")
_REMOTE = re.compile(r"^(https?|file|git\+[a-z]+|hg\+[a-z]+|svn\+[a-z]+|bzr\+[a-z]+|ssh)://", re.IGNORECASE)
_ARCHIVES = (".whl", ".tar.gz", ".zip", ".tar.bz2")


class RequirementsError(Exception):
    """The model's requirements ask for what is not allowed here; the message says what, and what may be done."""


@dataclass(frozen=True)
class Entry:
    """One requirement. `parsed` is None where only uv can say what is wrong with the line."""

    line: str
    parsed: Requirement | None = None
    # Path of a wheel, or of source code, that came with the model.
    file: str | None = None
    hashes: tuple[str, ...] = ()

    @property
    def url(self) -> str | None:
        """Where it comes from, if that is no index."""
        if self.parsed is not None:
            return self.parsed.url
        return self.line if _REMOTE.match(self.line) else None


@dataclass(frozen=True)
class Requirements:
    entries: tuple[Entry, ...] = ()
    constraints: tuple[Entry, ...] = ()
    indexes: tuple[str, ...] = ()
    prereleases: bool = False
    # Python that the model was logged with, such as `3.11.7`.
    python: str | None = None
    # Packages that conda would bring, which are not installed here.
    conda: tuple[str, ...] = ()
    # Whether its Python function was pickled by value: such code runs on the Python that made it alone.
    pickled_code: bool = False


@dataclass
class _Read:
    entries: list[Entry] = field(default_factory=list)
    constraints: list[Entry] = field(default_factory=list)
    indexes: list[str] = field(default_factory=list)
    prereleases: bool = False


def read_requirements(folder: Path, fetch: Callable[[str], None] = lambda path: None) -> Requirements:
    """
    What the model in `folder` asks for. `fetch` brings a file of the model that a line names, where it is not there yet.

    Raises RequirementsError for what no index could serve: files outside the model, other hosts' secrets, editable code.
    """
    conda = _yaml(folder / "conda.yaml").get("dependencies") or []
    read = _Read()
    if (folder / "requirements.txt").is_file():
        _read_file(folder, "requirements.txt", False, read, fetch, ())
    else:
        items = [item for each in conda if isinstance(each, dict) for item in each.get("pip") or []]
        # An item of several lines must not bring one past what is checked of each line.
        lines = [line for item in items for line in str(item).splitlines()]
        _read_lines(folder, lines, "", False, read, fetch, ())
    python = _yaml(folder / "python_env.yaml").get("python") or _conda_python(conda)
    function = (_yaml(folder / "MLmodel").get("flavors") or {}).get("python_function") or {}
    return Requirements(
        entries=tuple(read.entries),
        constraints=tuple(read.constraints),
        indexes=tuple(dict.fromkeys(read.indexes)),
        prereleases=read.prereleases,
        python=str(python) if python else None,
        conda=tuple(each for each in conda if isinstance(each, str) and not _is_python(each)),
        pickled_code="python_model" in function and "model_code_path" not in function,
    )


def _read_file(
    folder: Path, name: str, constrains: bool, read: _Read, fetch: Callable[[str], None], within: tuple[str, ...]
) -> None:
    if name in within:
        raise RequirementsError(f"{name} includes itself")
    fetch(name)
    path = folder / name
    if not path.is_file():
        raise RequirementsError(f"{name} is named by the model's requirements, and the model has no such file")
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise RequirementsError(f"{name} is no text in UTF-8: {error}") from error
    _read_lines(folder, lines, str(PurePosixPath(name).parent), constrains, read, fetch, (*within, name))


def _read_lines(
    folder: Path,
    lines: list[str],
    beside: str,
    constrains: bool,
    read: _Read,
    fetch: Callable[[str], None],
    within: tuple[str, ...],
) -> None:
    for line in _joined(lines):
        if "${" in line:
            raise RequirementsError(f"{line!r} names a variable of the environment; write its value")
        option, _, value = line.partition(" ")
        if option.startswith("--") and "=" in option:
            option, _, value = line.partition("=")
        value = value.strip().strip("'\"")
        if option in ("-r", "--requirement", "-c", "--constraint"):
            _read_file(folder, _inside(beside, value), option in ("-c", "--constraint"), read, fetch, within)
        elif option in ("-i", "--index-url", "--extra-index-url", "-f", "--find-links"):
            read.indexes.append(value.rstrip("/"))
        elif option == "--pre":
            read.prereleases = True
        elif option in _IGNORED or option in _WITH_VALUE:
            continue
        elif option in ("-e", "--editable"):
            raise RequirementsError(f"{line!r}: code in a working folder is nowhere else; log a wheel of it")
        elif line.startswith("-"):
            raise RequirementsError(f"{line!r}: this option is not taken from a model; the platform's settings have it")
        else:
            (read.constraints if constrains else read.entries).append(_entry(folder, line, beside, fetch))


def _joined(lines: list[str]) -> Iterator[str]:
    """Lines without comments; one that ends in a backslash goes on in the next."""
    held = ""
    for line in lines:
        text = held + re.sub(r"(^|\s)#.*$", "", line).strip()
        held = ""
        if text.endswith("\\"):
            held = text[:-1].rstrip() + " "
        elif text:
            yield text
    if held.strip():
        yield held.strip()


def _entry(folder: Path, line: str, beside: str, fetch: Callable[[str], None]) -> Entry:
    text, *options = re.split(r"\s+--hash[=\s]\s*", line)
    hashes = tuple(option.strip() for option in options)
    if not re.search(r"\s@\s|://", text) and (text.lower().endswith(_ARCHIVES) or text.startswith((".", "/"))):
        file = _inside(beside, text)
        fetch(file)
        if not (folder / file).exists():
            raise RequirementsError(f"{text} is named by the model's requirements, and the model has no such file")
        return Entry(text, None, file, hashes)
    if text.lower().startswith("file:"):
        raise RequirementsError(f"{text!r} names a file of another machine; log the wheel with the model")
    try:
        parsed = Requirement(text)
    except InvalidRequirement:
        return Entry(text, None, None, hashes)
    if parsed.url and not _REMOTE.match(parsed.url) or (parsed.url or "").lower().startswith("file:"):
        raise RequirementsError(f"{text!r} names a file of another machine; log the wheel with the model")
    return Entry(text, parsed, None, hashes)


def _inside(beside: str, name: str) -> str:
    """Path below the model of a file that stands in another one. Raises RequirementsError where it leads out of the model."""
    parts: list[str] = []
    for part in [*PurePosixPath(beside).parts, *PurePosixPath(name).parts]:
        if part == "/" or (part == ".." and not parts):
            raise RequirementsError(f"{name} is outside of the model; log the file with it")
        if part == "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


def _yaml(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise RequirementsError(f"{path.name} cannot be read: {error}") from error
    return found if isinstance(found, dict) else {}


def _is_python(dependency: str) -> bool:
    return re.split(r"[=<>! ]", dependency.strip(), maxsplit=1)[0] in ("python", "pip", "setuptools", "wheel")


def _conda_python(dependencies: list[Any]) -> str | None:
    found = [re.fullmatch(r"python\s*=+\s*([0-9.]+)", each.strip()) for each in dependencies if isinstance(each, str)]
    return next((match[1] for match in found if match), None)
