"""What the rules look up in MLflow's own stores."""

from urllib.parse import quote

from mlflow.entities import LifecycleStage, LoggedModelStatus, RunStatus
from mlflow.entities.model_registry import ModelVersionTag
from mlflow.entities.model_registry.model_version_stages import STAGE_DELETED_INTERNAL
from mlflow.exceptions import MlflowException
from mlflow.server import handlers
from mlflow.store.artifact.utils.models import _parse_model_uri, get_model_name_and_version
from mlflow.store.model_registry.dbmodels.models import SqlModelVersion
from mlflow.store.tracking.dbmodels.models import SqlLoggedModel, SqlRun
from sqlalchemy import or_

_SCHEME = "mlflow-artifacts:/"


def note_version(name, version, tags):
    store = handlers._get_model_registry_store()
    for key, value in tags.items():
        store.set_model_version_tag(name, version, ModelVersionTag(key, value))


def experiment_of_run(run_id):
    with handlers._get_tracking_store().ManagedSessionMaker() as session:
        found = session.query(SqlRun.experiment_id).filter(SqlRun.run_uuid == run_id).scalar()
    return None if found is None else str(found)


def is_prompt(name):
    """False where there is no such model."""
    try:
        return handlers._is_prompt(name)
    except MlflowException:
        return False


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


def run_is_over(run_id):
    with handlers._get_tracking_store().ManagedSessionMaker() as session:
        status = session.query(SqlRun.status).filter(SqlRun.run_uuid == run_id).scalar()
    return status is not None and RunStatus.is_terminated(RunStatus.from_string(status))


def place_of_run(run_id):
    """Where its files are; none where it is not there."""
    with handlers._get_tracking_store().ManagedSessionMaker() as session:
        return session.query(SqlRun.artifact_uri).filter(SqlRun.run_uuid == run_id).scalar()


def logged_model(model_id):
    """Its run, whether its files are complete, and where they are; none where it is not there."""
    with handlers._get_tracking_store().ManagedSessionMaker() as session:
        found = (
            session.query(SqlLoggedModel.source_run_id, SqlLoggedModel.status, SqlLoggedModel.artifact_location)
            .filter(SqlLoggedModel.model_id == model_id, SqlLoggedModel.lifecycle_stage == LifecycleStage.ACTIVE)
            .one_or_none()
        )
    return found and (found[0], found[1] == LoggedModelStatus.READY.to_int(), found[2])


def place_of(source):
    """
    Where the files of a version with this source are.

    :raises MlflowException: when it leads to a version or model that is not there.
    """
    if not source.startswith("models:/"):
        return source
    parsed = _parse_model_uri(source)
    if parsed.model_id is not None:
        return handlers._get_tracking_store().get_logged_model(parsed.model_id).artifact_location
    store = handlers._get_model_registry_store()
    return store.get_model_version_download_uri(*get_model_name_and_version(store, source))


def versions_of_run(run_id, names=None):
    """
    Name and number of registered versions that say they are of this run, or whose files are among the run's; of many, some.

    :param names: of registered models, where no others matter.
    """
    return _versions(
        or_(
            SqlModelVersion.run_id == run_id,
            _below(f"runs:/{run_id}"),
            _below(f"{_SCHEME}{experiment_of_run(run_id)}/{run_id}"),
        ),
        names,
    )


def versions_of_logged_model(model_id, names=None):
    """As of a run; also those of a folder of it."""
    with handlers._get_tracking_store().ManagedSessionMaker() as session:
        place = session.query(SqlLoggedModel.artifact_location).filter(SqlLoggedModel.model_id == model_id).scalar()
    places = [SqlModelVersion.source == f"models:/{model_id}"]
    if place is not None:
        places += [SqlModelVersion.storage_location == place, _below(place.rstrip("/"))]
    return _versions(or_(*places), names)


def versions_of_experiment(experiment_id, names=None):
    """As of a run."""
    with handlers._get_tracking_store().ManagedSessionMaker() as session:
        runs = session.query(SqlRun.run_uuid).filter(SqlRun.experiment_id == int(experiment_id)).all()
    of_runs = SqlModelVersion.run_id.in_([run_id for (run_id,) in runs])
    return _versions(or_(of_runs, _below(f"{_SCHEME}{experiment_id}")), names)


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


def _versions(condition, names=None):
    # Before the limit: those that matter could be among the ones left out.
    of_names = () if names is None else (SqlModelVersion.name.in_(list(names)),)
    with handlers._get_model_registry_store().ManagedSessionMaker() as session:
        found = (
            session.query(SqlModelVersion.name, SqlModelVersion.version)
            .filter(condition, *of_names, SqlModelVersion.current_stage != STAGE_DELETED_INTERNAL)
            .limit(5)
            .all()
        )
    return [(name, str(number)) for name, number in found]


def named(versions):
    return ", ".join(f"version {number} of {quote(name, safe=' ')}" for name, number in versions)
