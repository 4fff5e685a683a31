"""Signs MLflow's client in as the person whose notebook server this is. Found by MLflow as `MLFLOW_TRACKING_AUTH=mlplatform`.

Tokens come from JupyterHub, hold for minutes, and stay in the process that asked for them.
"""

import os
import threading
import time
from urllib.parse import urlsplit

import requests
from mlflow.tracking.request_auth.abstract_request_auth_provider import RequestAuthProvider

#: What is left of a token when another is asked for, in seconds.
SPARE_SECONDS = 300

_lock = threading.Lock()
_kept = ("", 0.0)


class SignInFailed(RuntimeError):
    """JupyterHub gives no token, and says why."""


def token() -> str:
    """A token of the person's, made by JupyterHub.

    @raises SignInFailed with what the hub says
    """
    global _kept
    with _lock:
        if _kept[1] - time.time() < SPARE_SECONDS:
            _kept = _asked()
        return _kept[0]


def _asked() -> tuple[str, float]:
    answer = requests.post(
        f"{os.environ['JUPYTERHUB_API_URL']}/mlflow-token",
        headers={"Authorization": f"token {os.environ['JUPYTERHUB_API_TOKEN']}"},
        timeout=30,
    )
    try:
        said = answer.json()
    except ValueError:
        said = {}
    if answer.status_code != 200:
        raise SignInFailed(f"JupyterHub gives no token for MLflow: {said.get('message') or answer.status_code}")
    return said["token"], float(said["expires"])


class Person(requests.auth.AuthBase):
    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        # Whoever asks another server shows it nothing.
        if _origin(request.url) == _origin(os.environ.get("MLPLATFORM_MLFLOW_URI")):
            request.headers["Authorization"] = f"Bearer {token()}"
        return request


def _origin(url: object) -> tuple[str, str]:
    parts = urlsplit(str(url))
    return parts.scheme, parts.netloc.lower()


class Provider(RequestAuthProvider):
    def get_name(self) -> str:
        return "mlplatform"

    def get_auth(self) -> Person:
        return Person()
