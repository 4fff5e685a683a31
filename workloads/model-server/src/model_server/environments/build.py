"""Installs what a model asks for beside the packages of this image, by uv."""

import hashlib
import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from dataclasses import asdict, dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from model_server.environments.fit import MLFLOW, SAME_CODE, Installed, applies
from model_server.environments.requirements import Entry, Requirements
from model_server.settings import IndexSettings

# Changes when the same requirements are built into something else.
_FORMAT = 1
_INSTALLER = "model-server"
# What uv may know of its surroundings: no credential of a cloud is among them.
_PASSED_ON = ("PATH", "HOME", "TMPDIR", "NETRC", "SSL_CERT_FILE", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "LANG")


class BuildRefused(Exception):
    """The requirements cannot be met; the message is uv's own, or says which setting forbids them."""


class BuildFailed(Exception):
    """An index did not answer, or uv was stopped: another attempt may work. The message is uv's own."""


@dataclass(frozen=True)
class Built:
    """Packages in a folder that goes before those of the image."""

    site: Path
    packages: tuple[str, ...]
    seconds: float


def digest_of(asked: Requirements, folder: Path, indexes: IndexSettings, installed: Installed) -> str:
    """Equal for what is built alike: requirements, Python, platform, the image's packages, and where packages come from."""
    settings = asdict(indexes)
    del settings["timeout_seconds"], settings["max_mib"]
    content = {
        "format": _FORMAT,
        "requirements": sorted(_identity(entry, folder) for entry in asked.entries),
        "constraints": sorted(_identity(entry, folder) for entry in asked.constraints),
        "indexes": sorted(asked.indexes),
        "prereleases": asked.prereleases,
        "image": installed.image(),
        "settings": settings,
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:32]


def build(asked: Requirements, folder: Path, target: Path, indexes: IndexSettings, installed: Installed) -> Built:
    """
    Installs into `target`, which must not exist, what the image has not or has in another version.

    The server's own requirements are part of the resolution, and what is installed in the image is kept where it fits. Raises
    BuildRefused, or BuildFailed where another attempt may work.
    """
    _check(asked, indexes)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="environment-") as scratch:
        venv = Path(scratch) / "venv"
        _uv(["venv", "--quiet", "--no-config", "--no-project", "--python", sys.executable, str(venv)], scratch, 120)
        site = Path(next(iter(sorted((venv / "lib").glob("python*/site-packages")))))
        _show_installed(installed, site)
        wanted = Path(scratch) / "requirements.txt"
        wanted.write_text("\n".join(_wanted(asked, folder, installed)) + "\n")
        limits = Path(scratch) / "constraints.txt"
        limits.write_text("\n".join([*(each.line for each in asked.constraints), *_own_mlflow(installed)]) + "\n")
        command = ["pip", "install", "--python", str(venv / "bin" / "python"), "--link-mode", "hardlink"]
        command += ["--requirements", str(wanted), "--constraints", str(limits), *_where(asked, indexes)]
        _uv(command, scratch, indexes.timeout_seconds)
        _forget_installed(site)
        for left in ("_virtualenv.py", "_virtualenv.pth"):
            (site / left).unlink(missing_ok=True)
        size = sum(file.stat().st_size for file in site.rglob("*") if file.is_file() and not file.is_symlink())
        if size > indexes.max_mib * 1024 * 1024:
            raise BuildRefused(
                f"its packages take {size / 2**20:,.0f} MiB; at most {indexes.max_mib:,} MiB are allowed here (maxSizeMiB)"
            )
        _compile(site)
        packages = Installed(importlib.metadata.distributions(path=[str(site)])).pins()
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(str(site), str(target))
    return Built(target, tuple(packages), time.monotonic() - began)


def _identity(entry: Entry, folder: Path) -> str:
    """A wheel that came with the model counts by what is in it: another one may have the same name."""
    content = []
    if entry.file:
        path = folder / entry.file
        for file in [path] if path.is_file() else sorted(each for each in path.rglob("*") if each.is_file()):
            content.append(hashlib.sha256(file.read_bytes()).hexdigest())
    text = str(entry.parsed) if entry.parsed else entry.line
    return " ".join([text, *sorted(entry.hashes), *content])


def own_requirements() -> list[str]:
    """What the server itself needs, of which the image has pinned versions."""
    try:
        found = importlib.metadata.requires("model-server") or []
    except importlib.metadata.PackageNotFoundError:
        # Run from its source.
        text = (Path(__file__).parents[3] / "pyproject.toml").read_text()
        found = tomllib.loads(text)["project"]["dependencies"]
    return [each for each in found if "extra" not in each.partition(";")[2]]


def _check(asked: Requirements, indexes: IndexSettings) -> None:
    allowed = ", ".join(indexes.addresses)
    for index in asked.indexes:
        if index not in indexes.addresses:
            raise BuildRefused(f"it names the index {index}; allowed are {allowed} (environments.extraIndexUrls)")
    # uv takes the address of a package from a constraint too.
    for entry in (*asked.entries, *asked.constraints):
        url = entry.url
        if url and not any(
            url.startswith(f"{address}/") for address in indexes.addresses if address.startswith("http")
        ):
            raise BuildRefused(
                f"it names {url}, which is below no index that is allowed: {allowed} (environments.extraIndexUrls)"
            )
        name = entry.file or url
        if name and not name.split("#")[0].lower().endswith(".whl") and not indexes.source_builds:
            raise BuildRefused(
                f"{name} is no wheel, and packages are not built from source here (environments.sourceBuilds)"
            )


def _wanted(asked: Requirements, folder: Path, installed: Installed) -> list[str]:
    # What is run from its source is not installed, and on no index.
    lines = [each for each in own_requirements() if installed.find(Requirement(each).name)]
    for entry in asked.entries:
        hashes = "".join(f" --hash={each}" for each in entry.hashes)
        if entry.file:
            lines.append(f"{(folder / entry.file).resolve()}{hashes}")
        elif entry.parsed is None:
            lines.append(entry.line)
        elif canonicalize_name(entry.parsed.name) in MLFLOW:
            extras = f"[{','.join(sorted(entry.parsed.extras))}]" if entry.parsed.extras else ""
            lines.append(f"mlflow-skinny{extras}")
        else:
            lines.append(_as_installed(entry, installed) + hashes)
    return lines


def _as_installed(entry: Entry, installed: Installed) -> str:
    """By the name under which the image has the very same version."""
    assert entry.parsed is not None
    other = SAME_CODE.get(canonicalize_name(entry.parsed.name))
    found = installed.by_name.get(other) if other else None
    if other is None or found is None or not applies(entry.parsed):
        return entry.line
    same = entry.parsed.specifier.contains(found.version, prereleases=True)
    return f"{other}{entry.parsed.specifier}" if same else entry.line


def _own_mlflow(installed: Installed) -> list[str]:
    """A package of the model that asks for MLflow gets the server's version."""
    found = installed.find("mlflow-skinny")
    return [f"{name}=={found.version}" for name in sorted(MLFLOW)] if found else []


def _where(asked: Requirements, indexes: IndexSettings) -> list[str]:
    options = ["--no-config", "--no-progress", "--color", "never", "--no-python-downloads", "--no-cache"]
    options += ["--default-index", indexes.index_url] if indexes.index_url else ["--no-index"]
    for address in indexes.extra_index_urls if indexes.index_url else ():
        options += ["--index", address]
    for address in indexes.find_links:
        options += ["--find-links", address]
    if indexes.extra_index_urls:
        # uv asks extra indexes first. What one of them has is taken from nowhere else: nobody can put a package of the same name
        # into the public index and be installed instead.
        options += ["--index-strategy", "first-index"]
    if asked.prereleases:
        options += ["--prerelease", "allow"]
    return options if indexes.source_builds else [*options, "--only-binary", ":all:"]


def _show_installed(installed: Installed, site: Path) -> None:
    """uv keeps what it finds: the metadata of each package of the image is enough for that, and there is nothing else to replace."""
    for name, each in installed.by_name.items():
        folder = site / f"{name.replace('-', '_')}-{each.version}.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(each.read_text("METADATA") or each.read_text("PKG-INFO") or "")
        (folder / "INSTALLER").write_text(_INSTALLER)
        (folder / "RECORD").write_text(
            "".join(f"{folder.name}/{file},,\n" for file in ("METADATA", "INSTALLER", "RECORD"))
        )


def _forget_installed(site: Path) -> None:
    for folder in site.glob("*.dist-info"):
        if (folder / "INSTALLER").is_file() and (folder / "INSTALLER").read_text() == _INSTALLER:
            shutil.rmtree(folder)


def _compile(site: Path) -> None:
    """Once here, instead of at each start. Not by time of the source: files have none in the archive, whose digest vouches for them."""
    options = ["-q", "-q", "-j", "0", "--invalidation-mode", "unchecked-hash"]
    # Files that are no Python of this version, such as templates, fail and are none the worse.
    subprocess.run([sys.executable, "-m", "compileall", *options, str(site)], capture_output=True, timeout=1800)


def _uv(command: list[str], scratch: str, timeout_seconds: float) -> None:
    environment = {key: os.environ[key] for key in _PASSED_ON if key in os.environ}
    authority = os.environ.get("MODEL_SERVER_INDEX_CA_FILE", "")
    if authority and Path(authority).is_file():
        environment["SSL_CERT_FILE"] = authority
    environment |= {"HOME": scratch, "UV_CACHE_DIR": f"{scratch}/cache", "UV_NO_CONFIG": "1"}
    try:
        done = subprocess.run(
            [_uv_program(), *command],
            cwd=scratch,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout_seconds,
        )
    except subprocess.TimeoutExpired as error:
        raise BuildFailed(f"uv was not done after {timeout_seconds:g} seconds (environments.timeoutMinutes)") from error
    if done.returncode != 0:
        words = said(done.stderr).replace(f"{scratch}/", "")
        raise (BuildFailed if "Failed to fetch" in words else BuildRefused)(words)


def said(output: str) -> str:
    """uv's own words, less what it was doing before."""
    lines = [line.rstrip() for line in output.splitlines() if line.strip()]
    first = next((i for i, line in enumerate(lines) if line.lower().startswith("error")), 0)
    return "\n".join(lines[first:]) or "uv failed without a word"


def _uv_program() -> str:
    beside = Path(sys.executable).with_name("uv")
    found = str(beside) if beside.exists() else shutil.which("uv")
    if found is None:
        raise BuildRefused("there is no uv in this image, so that packages of a model cannot be installed")
    return found
