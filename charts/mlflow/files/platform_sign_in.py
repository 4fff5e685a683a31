"""Tells MLflow's basic-auth app who sends a request, and what that sender may do.

Three kinds of sender, all with HTTP basic authentication:

- People. The sign-in proxy of the same pod names them and adds its own key as the password; their groups come in
  `X-Forwarded-Groups`, which is worth nothing without that key.
- Machines. Each has a password of its own, mounted from a Secret.
- Everybody else gets 401.

Passwords are read on every request, so a changed Secret needs no restart.
"""

import hmac
import json
import os
import re
import secrets
import threading
import time
from pathlib import Path

from flask import Response, request
from mlflow.exceptions import MlflowException
from mlflow.server import auth
from mlflow.utils.workspace_utils import DEFAULT_WORKSPACE_NAME
from werkzeug.datastructures import Authorization

_FOLDER = Path(os.environ.get("MLFLOW_SIGN_IN_FOLDER", "/etc/mlflow"))
_PROXY_KEY = _FOLDER / "proxy" / "key"
_MACHINES = _FOLDER / "machines"
_RULES = json.loads((_FOLDER / "sign-in" / "rules.json").read_text())

_EDITOR_ROLE = "mlplatform-editor"
_EDITED = ("experiment", "registered_model", "prompt", "scorer")
_ORDER = ("viewer", "editor", "admin")
# To MLflow, `/metrics` is for administrators; `_may_send` leaves such a machine nothing else.
_ADMINISTRATORS = ("admin", "metrics")
_TRUST_SECONDS = 60

# What a viewer may send besides GET and HEAD: requests that only ask.
_ASKS = re.compile(
    r"^(/graphql|/(ajax-)?api/\d\.\d/?mlflow/("
    r"(experiments|runs|logged-models|datasets|issues|traces)/search|experiments/search-datasets"
    r"|registered-models/get-latest-versions|artifacts/presigned-download-url"
    r"|traces/(batchGetInfos|calculate-filter-correlation|metrics)))$"
)

_lock = threading.Lock()
_settled: dict[str, tuple[str, float]] = {}


def authenticate():
    given = request.authorization
    if given is None or given.type != "basic" or not given.username or not given.password:
        return auth.make_basic_auth_response()
    if _is(given.password, _PROXY_KEY):
        name, role = given.username.lower(), _role_of_person(given.username.lower())
        if "@" not in name:  # Machines have no at sign in their names: nobody signs in as one.
            return auth.make_basic_auth_response()
    elif re.fullmatch(r"[a-z][a-z0-9-]*", given.username) and _is(given.password, _MACHINES / given.username):
        name, role = given.username, _RULES["machines"].get(given.username)
    else:
        return auth.make_basic_auth_response()
    if role is None:
        return Response(f"{name} is in no group that may use MLflow here.\n", status=403, mimetype="text/plain")
    if not _may_send(role):
        return Response(f"{name} may not do this as {role}.\n", status=403, mimetype="text/plain")
    _settle(name, role)
    return Authorization("basic", {"username": name, "password": ""})


def _is(password, file):
    try:
        wanted = file.read_text().strip()
    except OSError:
        return False
    return wanted != "" and hmac.compare_digest(password.encode(), wanted.encode())


def _role_of_person(name):
    groups = request.headers.get("X-Forwarded-Groups", "").split(",")
    if _RULES["byEmail"]:
        groups += [name, name.rpartition("@")[2]]
    if _RULES["anyCase"]:
        groups = [group.lower() for group in groups]
    roles = [_RULES["groups"][group] for group in groups if group in _RULES["groups"]]
    return max(roles, key=_ORDER.index, default=None)


def _may_send(role):
    if role == "metrics":
        return request.path == "/metrics" and request.method == "GET"
    if role == "viewer":
        return request.method in ("GET", "HEAD", "OPTIONS") or _ASKS.match(request.path) is not None
    return True


def _settle(name, role):
    """Brings MLflow's own account of the sender in line with the role; at most once a minute in each process."""
    with _lock:
        settled = _settled.get(name)
        if settled is not None and settled[0] == role and settled[1] > time.monotonic():
            return
        if not auth.store.has_user(name, use_primary=True):
            # The password is thrown away: this account is only ever entered through here.
            _unless_there(lambda: auth.store.create_user(name, secrets.token_urlsafe(48)))
        user = auth.store.get_user(name)
        if user.is_admin != (role in _ADMINISTRATORS):
            auth.store.update_user(name, is_admin=role in _ADMINISTRATORS)
        editor = _editor_role()
        edits = editor in [each.id for each in auth.store.list_user_roles(user.id)]
        if role == "editor" and not edits:
            _unless_there(lambda: auth.store.assign_role_to_user(user.id, editor))
        elif role != "editor" and edits:
            auth.store.unassign_role_from_user(user.id, editor)
        _settled[name] = (role, time.monotonic() + _TRUST_SECONDS)


def _editor_role():
    found = [each for each in auth.store.list_roles([DEFAULT_WORKSPACE_NAME]) if each.name == _EDITOR_ROLE]
    if not found:
        _unless_there(lambda: auth.store.create_role(_EDITOR_ROLE, DEFAULT_WORKSPACE_NAME, "Runs and changes"))
        found = [auth.store.get_role_by_name(DEFAULT_WORKSPACE_NAME, _EDITOR_ROLE)]
    granted = {each.resource_type for each in auth.store.list_role_permissions(found[0].id)}
    for kind in _EDITED:
        if kind not in granted:
            _unless_there(lambda kind=kind: auth.store.add_role_permission(found[0].id, kind, "*", "EDIT"))
    return found[0].id


def _unless_there(make):
    """Another process may have made it in the meantime."""
    try:
        make()
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
