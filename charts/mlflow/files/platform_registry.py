"""What the rules look up in MLflow's own stores."""

from functools import lru_cache
from urllib.parse import quote

from mlflow.entities import LoggedModelTag, RunTag
from mlflow.entities.model_registry import ModelVersionTag
from mlflow.entities.model_registry.model_version_stages import STAGE_DELETED_INTERNAL
from mlflow.exceptions import MlflowException
from mlflow.server import handlers
from mlflow.store.model_registry.dbmodels.models import SqlModelVersion
from mlflow.store.tracking.dbmodels.models import SqlLoggedModel, SqlLoggedModelTag, SqlRun, SqlTag
from sqlalchemy import or_

OWNER_TAG = "mlplatform.owner"
_SCHEME = "mlflow-artifacts:/"


class NotYet(Exception):
    """Nobody owns it so far: such an answer is not to be remembered."""


def owner_of_run(run_id):
    """None where it was made before owners were noted, or is not there."""
    return _owner(SqlTag.run_uuid, SqlTag.key, SqlTag.value, run_id)


def owner_of_logged_model(model_id):
    return _owner(SqlLoggedModelTag.model_id, SqlLoggedModelTag.tag_key, SqlLoggedModelTag.tag_value, model_id)


def _owner(*query):
    try:
        return _known_owner(*query)
    except NotYet:
        return None


@lru_cache(maxsize=20_000)  # Owners never change, and a training asks for every metric.
def _known_owner(of, key, value, wanted):
    with handlers._get_tracking_store().ManagedSessionMaker() as session:
        found = session.query(value).filter(of == wanted, key == OWNER_TAG).scalar()
    if found is None:
        raise NotYet
    return found


def note_run_owner(run_id, name):
    store = handlers._get_tracking_store()
    store.set_tag(run_id, RunTag(OWNER_TAG, name))
    # Whom MLflow's pages name; a client may send any name.
    store.set_tag(run_id, RunTag("mlflow.user", name))


def note_logged_model_owner(model_id, name):
    handlers._get_tracking_store().set_logged_model_tags(model_id, [LoggedModelTag(OWNER_TAG, name)])


def note_version(name, version, tags):
    store = handlers._get_model_registry_store()
    for key, value in tags.items():
        store.set_model_version_tag(name, version, ModelVersionTag(key, value))


def experiment_of_run(run_id):
    with handlers._get_tracking_store().ManagedSessionMaker() as session:
        found = session.query(SqlRun.experiment_id).filter(SqlRun.run_uuid == run_id).scalar()
    return None if found is None else str(found)


def version(name, number):
    """None where it is not there."""
    try:
        return handlers._get_model_registry_store().get_model_version(name, number)
    except MlflowException:
        return None


def version_with_alias(name, alias):
    try:
        return handlers._get_model_registry_store().get_model_version_by_alias(name, alias)
    except MlflowException:
        return None


def versions_of_run(run_id):
    """Name and number of each registered version that says it is of this run."""
    return _versions(SqlModelVersion.run_id == run_id)


def versions_of_logged_model(model_id):
    with handlers._get_tracking_store().ManagedSessionMaker() as session:
        place = session.query(SqlLoggedModel.artifact_location).filter(SqlLoggedModel.model_id == model_id).scalar()
    places = [SqlModelVersion.source == f"models:/{model_id}"]
    if place is not None:
        places.append(SqlModelVersion.storage_location == place)
    return _versions(or_(*places))


def versions_of_experiment(experiment_id):
    with handlers._get_tracking_store().ManagedSessionMaker() as session:
        runs = session.query(SqlRun.run_uuid).filter(SqlRun.experiment_id == int(experiment_id)).all()
    of_runs = SqlModelVersion.run_id.in_([run_id for (run_id,) in runs])
    return _versions(or_(of_runs, _below(f"{_SCHEME}{experiment_id}")))


def versions_at(path, and_below):
    """
    Registered versions whose files are at this path of the artifact store or at one above it; with `and_below`, also at those
    below it.

    :param path: normalised, without a slash at its beginning.
    """
    parts = path.split("/")
    above = ["/".join(parts[:length]) for length in range(1, len(parts) + 1)]
    places = [form for each in above for form in (f"{_SCHEME}{each}", f"{_SCHEME}{each}/")]
    if len(parts) > 3 and parts[2] == "artifacts":
        inner = ["/".join(parts[3:length]) for length in range(4, len(parts) + 1)]
        places += [f"runs:/{parts[1]}/{each}" for each in inner]
    at = [SqlModelVersion.storage_location.in_(places), SqlModelVersion.source.in_(places)]
    if and_below:
        at.append(_below(f"{_SCHEME}{path}"))
        if len(parts) == 2:
            at.append(SqlModelVersion.run_id == parts[1])
        elif parts[2:3] == ["artifacts"]:
            at.append(_below("/".join([f"runs:/{parts[1]}", *parts[3:]])))
    return _versions(or_(*at))


def _below(place):
    columns = (SqlModelVersion.storage_location, SqlModelVersion.source)
    return or_(*(column.startswith(f"{place}/", autoescape=True) for column in columns))


def _versions(condition):
    with handlers._get_model_registry_store().ManagedSessionMaker() as session:
        found = (
            session.query(SqlModelVersion.name, SqlModelVersion.version)
            .filter(condition, SqlModelVersion.current_stage != STAGE_DELETED_INTERNAL)
            .limit(5)
            .all()
        )
    return [(name, str(number)) for name, number in found]


def named(versions):
    return ", ".join(f"version {number} of {quote(name, safe=' ')}" for name, number in versions)
