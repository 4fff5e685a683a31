"""Where the files of a version come from: MLflow's own places, written in one way, and no place that somebody else still writes to."""

import os
import re

import platform_owners as owners
import platform_registry as registry
from mlflow.exceptions import MlflowException

# Where MLflow keeps files itself, written so that one place has one name.
_KEPT = re.compile(r"^(mlflow-artifacts:|runs:)(/(?!\.{1,2}(/|$))[^/%?#\\]+)+/?$")
_RESOLVED = re.compile(r"^models:/[^/].*$")
# Other spellings of such a place.
_SERVED = (
    "mlflow-artifacts:",
    "runs:",
    "http:",
    "https:",
    (os.environ.get("MLFLOW_ARTIFACTS_DESTINATION") or "mlflow-artifacts:").lower(),
)


def source_refused(sender, asked):
    """Why a version may not be registered of its source; none where it may, or where MLflow itself refuses it."""
    inside = _KEPT.match(asked.source) or _RESOLVED.match(asked.source)
    if inside:
        return _place_refused(sender, asked)
    if asked.name in sender.gated or asked.source.lower().startswith(_SERVED):
        return f"{asked.source!r} is no plain place of MLflow's own: log the model, and register that"
    return None


def _place_refused(sender, asked):
    try:
        place = registry.place_of(asked.source)
    except MlflowException:
        return None
    if _KEPT.match(place) is None:
        # A copy of a version whose files anybody may change.
        if asked.name in sender.gated or place.lower().startswith(_SERVED):
            return f"the files of {asked.source} are at {place!r}, which is no plain place of MLflow's own"
        return None
    return _holder_refused(sender, asked, place)


def _holder_refused(sender, asked, place):
    """Of the run or logged model that the files belong to: the version is to say so, and nobody writes there any more."""
    if sender.releases:
        return None
    scheme, path = place.split(":/", 1)
    parts = path.strip("/").split("/")
    if scheme != "runs" and parts[1:2] == ["models"] and len(parts) > 2:
        if (found := registry.logged_model(parts[2])) is None:
            return None
        owner, (made_by, complete) = owners.owner_of_logged_model(parts[2]), found
        # Who looks at a version is shown its run: metrics, commit and data are to be those of its files.
        if asked.run_id not in ("", made_by or ""):
            return f"model {parts[2]} is of {f'run {made_by}' if made_by else 'no run'}, not of run {asked.run_id}"
    else:
        run_id, *inner = parts if scheme == "runs" else (parts[1] if len(parts) > 1 else "", *parts[3:])
        # A whole run is no model, and somebody may still add to it.
        owner, complete = owners.owner_of_run(run_id), bool(inner) and registry.run_is_over(run_id)
    if complete or owner in (None, sender.name):
        return None
    return f"{place} belongs to {owner}, who is not done with it"
