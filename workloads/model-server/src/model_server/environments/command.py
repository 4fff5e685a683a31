"""`model-server environment`: builds the packages of one version, where this image has not what it asks for."""

import argparse
import json
import logging
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mlflow.exceptions import MlflowException

from model_server.environments.build import BuildFailed, BuildRefused
from model_server.environments.fit import Fit
from model_server.environments.provide import Impossible, provide
from model_server.environments.published import Published, put_text
from model_server.environments.requirements import RequirementsError
from model_server.settings import IndexSettings, SettingsError, load_index_settings

_log = logging.getLogger("model_server.environments")

# Exit code of what was no fault of the model: 1 is final.
MAY_WORK_LATER = 2
# Kubernetes keeps 4,096 bytes of what a container says at its end.
# https://kubernetes.io/docs/tasks/debug/debug-application/determine-reason-pod-failure/
_LONGEST_REASON = 1500
_MOST_LISTED = 8


def main(argv: list[str]) -> int:
    """Exit code: 0 where the version can be served, 1 where it is refused, 2 where another attempt may work."""
    given = _arguments().parse_args(argv)
    try:
        indexes = load_index_settings()
        with tempfile.TemporaryDirectory(prefix="model-") as scratch:
            folder = Path(scratch)
            verdict = decide(folder, fetcher(given.source, folder), Published(given.store), indexes)
    except SettingsError as error:
        _log.error(str(error))
        return 1
    except (BuildFailed, MlflowException, OSError) as error:
        verdict, code = {"outcome": "failed", "reason": str(error)[:_LONGEST_REASON]}, MAY_WORK_LATER
    except Exception as error:
        _log.exception("the environment was not built")
        verdict, code = {"outcome": "failed", "reason": repr(error)[:_LONGEST_REASON]}, MAY_WORK_LATER
    else:
        code = 1 if verdict["outcome"] == "refused" else 0
    said = {"model": given.model, "source": given.source, **verdict}
    (_log.info if code == 0 else _log.error)("the environment of a version", extra=said)
    for target in given.verdict:
        put_text(target, json.dumps(verdict))
    return code


def decide(folder: Path, fetch: Callable[[str], None], published: Published, indexes: IndexSettings) -> dict[str, Any]:
    """What becomes of the model in `folder`: `fits`, `reused`, `built` or `refused`, with why."""
    try:
        provided = provide(folder, published, indexes, fetch)
    except (Impossible, RequirementsError, BuildRefused) as error:
        return {"outcome": "refused", "reason": _short(str(error))}
    about = _about(provided.compared)
    made = {"outcome": provided.outcome, "image": provided.image}
    if provided.packages is None or provided.record is None:
        return {**made, **about}
    return {
        **made,
        "environment": asdict(provided.packages),
        "seconds": provided.record["seconds"],
        "mib": round(provided.record["bytes"] / 2**20, 1),
        **about,
    }


def _about(compared: Fit) -> dict[str, list[str]]:
    def listed(items: Any) -> list[str]:
        texts = [_short(str(item), 160) for item in items]
        return texts if len(texts) <= _MOST_LISTED else [*texts[:_MOST_LISTED], f"and {len(texts) - _MOST_LISTED} more"]

    found = {"mismatches": listed(compared.mismatches), "remarks": listed(compared.remarks)}
    return {key: value for key, value in found.items() if value}


def _short(text: str, longest: int = _LONGEST_REASON) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def fetcher(source: str, folder: Path) -> Callable[[str], None]:
    """Brings files of a model one by one: requirements are small, and weights are not read here."""
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

    repository = get_artifact_repository(source)
    here = {item.path for item in repository.list_artifacts(None) if not item.is_dir}
    for name in sorted(here):
        if name in ("MLmodel", "conda.yaml", "python_env.yaml") or name.endswith(".txt"):
            repository.download_artifacts(name, str(folder))

    def fetch(path: str) -> None:
        target = folder / path
        if target.exists():
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            repository.download_artifacts(path, str(folder))
        except (MlflowException, FileNotFoundError, NotADirectoryError):
            _log.warning("a file that the requirements name is not in the model", extra={"path": path})

    return fetch


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="model-server environment", description=__doc__)
    parser.add_argument("--model", required=True, help="name of the model, for the log")
    parser.add_argument("--from", dest="source", required=True, help="models:/…, runs:/…, s3://… or a directory")
    parser.add_argument("--store", required=True, help="s3://bucket/environments or a directory for what is built")
    parser.add_argument(
        "--verdict", action="append", default=[], help="file or s3:// address for what was decided, as JSON"
    )
    return parser
