"""Whose a run, a logged model or a registered version is: noted as MLflow makes it, so that it is nobody's at no moment."""

from functools import lru_cache, wraps

from flask import g, has_app_context
from mlflow.entities import LoggedModelTag, RunTag
from mlflow.entities.model_registry import ModelVersionTag
from mlflow.server import handlers
from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore as RegistryStore
from mlflow.store.tracking.dbmodels.models import SqlLoggedModelTag, SqlTag
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore as TrackingStore

OWNER_TAG = "mlplatform.owner"
# Whom MLflow's pages name; a client may send any name.
USER_TAG = "mlflow.user"


class NotYet(Exception):
    """Nobody owns it so far: such an answer is not to be remembered."""


def note(name):
    """What this request makes is of `name`."""
    g.platform_owner = name


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


def _with_owner(store, method, tag, keys):
    """Has a store's method write the owner in the transaction that makes the thing: a note that followed could be outrun."""
    make = getattr(store, method)

    @wraps(make)
    def noted(self, *args, **given):
        owner = g.get("platform_owner") if has_app_context() else None
        if owner is not None:
            others = [each for each in given.get("tags") or [] if each.key not in keys]
            given["tags"] = [*others, *(tag(key, owner) for key in keys)]
            if "user_id" in given:
                given["user_id"] = owner
        return make(self, *args, **given)

    setattr(store, method, noted)


_with_owner(TrackingStore, "create_run", RunTag, (OWNER_TAG, USER_TAG))
_with_owner(TrackingStore, "create_logged_model", LoggedModelTag, (OWNER_TAG,))
_with_owner(RegistryStore, "create_model_version", ModelVersionTag, (OWNER_TAG,))
