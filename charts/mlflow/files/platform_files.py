"""Files below MLflow's artifact store: those of a registered version do not change."""

import posixpath
import re
from urllib.parse import unquote

import platform_registry as registry
from flask import request
from platform_runs import model_of_others, run_of_others


def change_file(sender, asked):
    if request.path.endswith("/mlflow/upload-artifact"):
        run_id = request.args.get("run_uuid", "")
        path = f"{registry.experiment_of_run(run_id)}/{run_id}/artifacts/{request.args.get('path', '')}"
    else:
        # Uploads are answered by MLflow's other half, whose stand-in for a request is matched against the same rules.
        path = (request.view_args or {}).get("artifact_path", "")
        if "/mlflow-artifacts/mpu/" in request.path:
            # The store makes the file's name of the last part of this one.
            path = f"{path}/{posixpath.basename(asked.path)}"
    plain = _plain(path)
    if plain is None:
        return f"{path!r} is no plain path"
    deletes = request.method == "DELETE"
    if versions := registry.versions_at(plain, deletes):
        return f"{plain} belongs to {registry.named(versions)}, whose files do not change: register another version"
    if sender.releases or sender.role == "admin":
        return None
    parts = plain.split("/")
    if parts[1:2] == ["models"] and len(parts) > 2:
        return model_of_others(sender, parts[2])
    if len(parts) > 1:
        return run_of_others(sender, parts[1])
    return "a whole experiment's files are not deleted at once" if deletes else None


def _plain(path):
    """The path as a store keeps it; none where it could mean two places."""
    if unquote(path) != path or "\\" in path or not path.isprintable() or re.search(r"(^|/)\.{1,2}(/|$)", path):
        return None
    plain = posixpath.normpath(path).strip("/")
    return plain if plain not in ("", ".") else None
