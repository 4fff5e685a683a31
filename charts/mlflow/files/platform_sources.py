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
    of_model = scheme != "runs" and parts[1:2] == ["models"]
    if of_model:
        holder = "".join(parts[2:3])
        run_id, complete, root = registry.logged_model(holder) or (None, False, None)
        owner = owners.owner_of_logged_model(holder)
    else:
        holder, inner = (parts[0], parts[1:]) if scheme == "runs" else ("".join(parts[1:2]), parts[3:])
        run_id, root = holder, registry.place_of_run(holder)
        # A whole run is no model, and somebody may still add to it.
        owner, complete = owners.owner_of_run(holder), bool(inner) and registry.run_is_over(holder)
    if root is None and _RESOLVED.match(asked.source):
        # A copy of a version whose run is gone: MLflow itself holds it to what that version says.
        return None
    # More than what one of them has would be fixed for everybody who writes beside it.
    if root is None or (scheme != "runs" and not f"{place.rstrip('/')}/".startswith(f"{root.rstrip('/')}/")):
        return f"{place} is not among the files of a run or of a logged model that is there"
    if reason := _another_named(asked, run_id, holder if of_model else None):
        return reason
    if complete or owner in (None, sender.name):
        return None
    return f"{place} belongs to {owner}, who is not done with it"


def _another_named(asked, run_id, model_id):
    """Who looks at a version is shown its run: metrics, commit and data are to be those of its files."""
    if asked.run_id not in ("", run_id or ""):
        return f"the files are of {f'run {run_id}' if run_id else 'no run'}, not of run {asked.run_id}"
    if asked.model_id in ("", model_id or ""):
        return None
    if model_id is None and (registry.logged_model(asked.model_id) or (None,))[0] == run_id:
        return None
    return f"the files are of {f'model {model_id}' if model_id else f'run {run_id}'}, not of model {asked.model_id}"
