"""The package as a whole."""

import model_server


def test_says_what_it_is() -> None:
    assert model_server.__doc__ == "Serves one MLflow model over HTTP."
