"""The MLflow registry: which version is wanted, and what became of each."""

from __future__ import annotations

import os

# MLflow's client waits two minutes and tries seven times; a pass of the controller must not hang for that long.
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "10")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")

from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

from mlplatform.registry import HISTORY, quoted
from model_release.version import Version, alias_of, exact

# The server answers an alias that is not there as an invalid parameter, a model or a version as one that does not exist.
ABSENT = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")
FORBIDDEN = ("PERMISSION_DENIED",)
# On a version, by whoever registered it for a loop; on a run, by MLflow or the loop.
COMMIT_TAG = f"{HISTORY}commit"
RUN_COMMIT_TAG = "mlflow.source.git.commit"


def version_at(client: MlflowClient, name: str, alias: str) -> ModelVersion | None:
    """
    The version with the alias; none where it, or its model, is not there. MLflow's sign-in answers a model that is not there as
    one that may not be read, so the list of models decides: it shows each one that the controller may read.

    :raises MlflowException: when the registry does not answer.
    """
    try:
        return client.get_model_version_by_alias(name, alias)
    except MlflowException as error:
        if error.error_code in ABSENT:
            return None
        if error.error_code in FORBIDDEN and not client.search_registered_models(
            f"name = {quoted(name)}", max_results=1
        ):
            return None
        raise


def versions_of(client: MlflowClient, name: str) -> list[ModelVersion]:
    """All of a registered model's; none where there is no such model."""
    found: list[ModelVersion] = []
    token = None
    while True:
        page = client.search_model_versions(f"name = {quoted(name)}", max_results=1000, page_token=token)
        found += page
        token = page.token
        if not token:
            return found


def commit_of(client: MlflowClient, version: ModelVersion) -> str | None:
    """
    Of the code of a version: as its run says, or its own tag where it came from another stack and its run did not.

    :raises MlflowException: when the registry does not answer.
    """
    said = _commit_of_run(client, version.run_id) if version.run_id else None
    return said or version.tags.get(COMMIT_TAG)


def _commit_of_run(client: MlflowClient, run: str) -> str | None:
    try:
        return client.get_run(run).data.tags.get(RUN_COMMIT_TAG)
    except MlflowException as error:
        if error.error_code in ABSENT:
            return None
        raise


class RegistryAway(Exception):
    """The registry did not answer, so nothing is known of what it wants."""


class Registry:
    def __init__(self, tracking_uri: str | None = None) -> None:
        self._client = MlflowClient(tracking_uri=tracking_uri)

    def wanted(self, source: str) -> Version | None:
        """
        The version that a source means now; none while the alias or its model is not there.

        :raises RegistryAway: when the registry cannot say, or could not give the version to a server either.
        """
        alias = alias_of(source)
        if alias is None:
            version = exact(source)
            self._reach(version)
            return version
        try:
            found = version_at(self._client, *alias)
        except Exception as error:
            raise RegistryAway(str(error)) from error
        return exact(f"models:/{found.name}/{found.version}") if found is not None else None

    def commit(self, version: Version) -> str | None:
        """
        Of the code that a version's run, or the run that holds it, says it ran.

        :raises RegistryAway: when the registry does not answer.
        """
        try:
            if version.registered:
                return commit_of(self._client, self._client.get_model_version(*version.registered))
            return _commit_of_run(self._client, version.run) if version.run else None
        except MlflowException as error:
            if error.error_code in (*ABSENT, *FORBIDDEN):
                return None
            raise RegistryAway(str(error)) from error
        except Exception as error:
            raise RegistryAway(str(error)) from error

    def _reach(self, version: Version) -> None:
        """Any answer will do: a version that is not there is for the servers to fail to load."""
        try:
            if version.registered:
                self._client.get_model_version(*version.registered)
            elif version.run:
                self._client.get_run(version.run)
        except MlflowException as error:
            if error.error_code not in (*ABSENT, *FORBIDDEN):
                raise RegistryAway(str(error)) from error
        except Exception as error:
            raise RegistryAway(str(error)) from error

    def tag(self, uri: str, tags: dict[str, str]) -> None:
        """
        Writes tags of a registered version. A version that has gone has none to write.

        :raises RegistryAway: when they could not be written.
        """
        registered = exact(uri).registered
        if registered is None:
            return
        name, number = registered
        try:
            for key, value in tags.items():
                self._client.set_model_version_tag(name, number, key, value)
        except MlflowException as error:
            if error.error_code not in ABSENT:
                raise RegistryAway(str(error)) from error
        except Exception as error:
            raise RegistryAway(str(error)) from error
