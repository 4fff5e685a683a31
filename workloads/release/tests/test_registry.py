"""What MLflow's sign-in answers where a model is not there yet."""

from __future__ import annotations

from typing import Any

import pytest
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import INTERNAL_ERROR, PERMISSION_DENIED

from model_release.registry import Registry, RegistryAway


class Answers:
    """A client whose sign-in may not be passed for one alias."""

    def __init__(self, code: int, listed: list[str] | MlflowException) -> None:
        self.code, self.listed = code, listed
        self.asked: list[str] = []

    def get_model_version_by_alias(self, name: str, alias: str) -> Any:
        raise MlflowException("Permission denied", self.code)

    def search_registered_models(self, filter_string: str, max_results: int) -> list[str]:
        self.asked.append(filter_string)
        if isinstance(self.listed, MlflowException):
            raise self.listed
        return self.listed


def registry(code: int, listed: list[str] | MlflowException) -> tuple[Registry, Answers]:
    made, answers = Registry("http://127.0.0.1:1"), Answers(code, listed)
    made._client = answers  # type: ignore[assignment]
    return made, answers


def test_a_model_that_may_not_be_read_and_is_in_no_list_is_not_there_yet() -> None:
    made, answers = registry(PERMISSION_DENIED, [])
    assert made.wanted("models:/churn@champion") is None
    assert answers.asked == ["name = 'churn'"]


@pytest.mark.parametrize(
    ("code", "listed"),
    [
        (PERMISSION_DENIED, ["churn"]),
        (PERMISSION_DENIED, MlflowException("Permission denied", PERMISSION_DENIED)),
        (INTERNAL_ERROR, []),
    ],
)
def test_nothing_is_known_where_the_rights_themselves_are_wrong(code: int, listed: Any) -> None:
    made, _ = registry(code, listed)
    with pytest.raises(RegistryAway):
        made.wanted("models:/churn@champion")
