"""Runs, logged models and experiments: they are changed by whoever made them."""

import platform_owners as owners
import platform_registry as registry
import platform_tags as tags
from flask import request


def first(reasons):
    return next((reason for reason in reasons if reason), None)


def make_run(sender, asked):
    if asked is not None and (reason := tags.reserved(sender, asked.tags, tags.FREE_RUN_TAGS)):
        return reason
    owners.note(sender.name)
    return None


def change_run(sender, asked):
    ids = [value for field in ("run_id", "run_uuid") if (value := getattr(asked, field, ""))]
    name = type(asked).DESCRIPTOR.name
    # Metrics may name a model whose they are. To name one as an input says nothing about it.
    named = [*getattr(asked, "metrics", []), *(asked.models if name == "LogOutputs" else [])]
    models = [*(each.model_id for each in named), getattr(asked, "model_id", "")]
    if name == "CreatePresignedUploadUrl":
        return "files go to MLflow by its own address"
    written = [asked] if name in ("SetTag", "DeleteTag") else getattr(asked, "tags", [])
    return (
        first(run_of_others(sender, run_id, name) for run_id in ids)
        or first(model_of_others(sender, model_id) for model_id in models if model_id)
        or _another_author(sender, written, ids)
        or tags.reserved(sender, written, tags.FREE_RUN_TAGS)
    )


def _another_author(sender, written, ids):
    """Whom MLflow's pages name is whoever made the run, as it was noted then; nobody says who made one of which nothing was noted."""
    said = [getattr(tag, "value", None) for tag in written if tag.key == owners.USER_TAG]
    if not said or sender.releases:
        return None
    if ids and all(owners.owner_of_run(run_id) == value for run_id in ids for value in said):
        return None
    return f"the tag {owners.USER_TAG} says who made the run, and stays as it is"


def run_of_others(sender, run_id, act=""):
    """Why the sender may not change this run; none where it is the sender's own, or nobody's that matters."""
    if act in ("DeleteRun", "RestoreRun") and (versions := registry.versions_of_run(run_id)):
        return f"run {run_id} made {registry.named(versions)}: delete the version first"
    owner = owners.owner_of_run(run_id)
    if sender.releases or owner == sender.name:
        return None
    decides = registry.versions_of_run(run_id, sender.gated)
    if not decides and (owner is None or sender.role == "admin"):
        return None
    return f"run {run_id} belongs to {owner or 'nobody who is known, and a model with a gate was made of it'}"


def make_logged_model(sender, asked):
    reason = tags.reserved(sender, asked.tags, tags.FREE_RUN_TAGS)
    if reason is None and asked.source_run_id:
        reason = run_of_others(sender, asked.source_run_id)
    if reason is None:
        owners.note(sender.name)
    return reason


def change_logged_model(sender, asked):
    name, model_id = type(asked).DESCRIPTOR.name, request.view_args["model_id"]
    if getattr(asked, "model_id", "") not in ("", model_id):  # MLflow goes by the one here, and by the other there.
        return f"the address says {model_id}, and the request {asked.model_id}"
    if name == "DeleteLoggedModel" and (versions := registry.versions_of_logged_model(model_id)):
        return f"model {model_id} is {registry.named(versions)}: delete the version first"
    written = getattr(asked, "tags", []) if name == "SetLoggedModelTags" else []
    keys = [request.view_args["tag_key"]] if name == "DeleteLoggedModelTag" else [tag.key for tag in written]
    return model_of_others(sender, model_id) or tags.reserved_keys(sender, keys, tags.FREE_RUN_TAGS)


def model_of_others(sender, model_id):
    """As of a run, of a logged model."""
    owner = owners.owner_of_logged_model(model_id)
    if sender.releases or owner == sender.name:
        return None
    decides = registry.versions_of_logged_model(model_id, sender.gated)
    if not decides and (owner is None or sender.role == "admin"):
        return None
    return f"model {model_id} belongs to {owner or 'nobody who is known, and a model with a gate was made of it'}"


def change_experiment(sender, asked):
    name = type(asked).DESCRIPTOR.name
    if name == "CreateExperiment" and asked.artifact_location:
        return "experiments keep their files where the server puts them: leave artifact_location out"
    if name == "DeleteExperiment" and (versions := registry.versions_of_experiment(asked.experiment_id)):
        return f"experiment {asked.experiment_id} holds {registry.named(versions)}: delete the versions first"
    others = name == "UpdateExperiment" and not sender.releases and sender.role != "admin"
    if others and (decided := registry.versions_of_experiment(asked.experiment_id, sender.gated)):
        return f"experiment {asked.experiment_id} holds {registry.named(decided)}, and keeps its name"
    written = [asked] if name in ("SetExperimentTag", "DeleteExperimentTag") else getattr(asked, "tags", [])
    return tags.reserved(sender, written, ())
