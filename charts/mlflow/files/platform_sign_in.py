"""Tells MLflow's basic-auth app who sends a request, and what that sender may do.

Four kinds of sender:

- People in a browser. The sign-in proxy of the same pod names them, and adds its own key as the password of HTTP basic
  authentication; their groups come in `X-Forwarded-Groups`, which is worth nothing without that key.
- Programs of people, such as notebooks, with a bearer token that says whose they are: `platform_tokens`.
- Machines. Each has a password of its own, mounted from a Secret.
- Everybody else gets 401.

Passwords and the key of tokens are read on every request, so a changed Secret needs no restart. What a sender may do beyond a role that MLflow knows
is in `platform_rules`.
"""

import hmac
import json
import logging
import os
import re
import secrets
import threading
import time
from pathlib import Path

import platform_rules
import platform_tokens
import platform_uploads  # noqa: F401 - MLflow writes files by what it puts in place.
from flask import Response, g, request
from mlflow.exceptions import MlflowException
from mlflow.server import auth
from mlflow.utils.workspace_utils import DEFAULT_WORKSPACE_NAME
from werkzeug.datastructures import Authorization

_FOLDER = Path(os.environ.get("MLFLOW_SIGN_IN_FOLDER", "/etc/mlflow"))
_PROXY_KEY = _FOLDER / "proxy" / "key"
_MACHINES = _FOLDER / "machines"
# Public half, in hexadecimal, of the key that tokens are signed with. It is not there where JupyterHub makes none.
_TOKEN_KEY = _FOLDER / "tokens" / "key"
_RULES = json.loads((_FOLDER / "sign-in" / "rules.json").read_text())

_log = logging.getLogger("mlflow.platform")

# Roles of MLflow's own that a role here has, and what each grants on everything of a kind.
_GRANTS = {
    "mlplatform-editor": {kind: "EDIT" for kind in ("experiment", "registered_model", "prompt", "scorer")},
    # Whoever makes a registered model manages it, and releases take its aliases back.
    "mlplatform-controller": {"registered_model": "MANAGE"},
}
_MLFLOW_ROLES = {"editor": ["mlplatform-editor"], "controller": ["mlplatform-editor", "mlplatform-controller"]}
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
    # MLflow asks several times during one request, and what is noted after it is noted once.
    if "platform_sender" not in g:
        g.platform_sender = _authenticate()
    return g.platform_sender


def _authenticate():
    groups = None
    given = request.authorization
    if given is not None and given.type == "bearer":
        try:
            name, role, groups = _person(*platform_tokens.person_of(given.token or "", _token_key()))
        except platform_tokens.Refused as refused:
            return _unknown(refused)
    elif given is None or given.type != "basic" or not given.username or not given.password:
        return auth.make_basic_auth_response()
    elif _is(given.password, _PROXY_KEY):
        name, role, groups = _person(given.username, request.headers.get("X-Forwarded-Groups", "").split(","))
    elif re.fullmatch(r"[a-z][a-z0-9-]*", given.username) and _is(given.password, _MACHINES / given.username):
        name, role = given.username, _RULES["machines"].get(given.username)
    else:
        return auth.make_basic_auth_response()
    if groups is not None and "@" not in name:  # Machines have no at sign in their names: nobody signs in as one.
        return auth.make_basic_auth_response()
    if role is None:
        return Response(f"{name} is in no group that may use MLflow here.\n", status=403, mimetype="text/plain")
    if not _may_send(role):
        return Response(f"{name} may not do this as {role}.\n", status=403, mimetype="text/plain")
    _settle(name, role)
    reason = platform_rules.refusal(platform_rules.Sender(name, role, groups or [], _RULES.get("gated", {})))
    if reason is not None:
        _log.warning("refused: %s as %s, %s %s: %s", name, role, request.method, request.path, reason)
        said = {"error_code": "PERMISSION_DENIED", "message": f"{name} may not do this: {reason}"}
        return Response(json.dumps(said), status=403, mimetype="application/json")
    return Authorization("basic", {"username": name, "password": ""})


def _unknown(refused):
    _log.warning("refused: %s %s: %s", request.method, request.path, refused)
    said = {"error_code": "UNAUTHENTICATED", "message": str(refused)}
    return Response(
        json.dumps(said), status=401, mimetype="application/json", headers={"WWW-Authenticate": 'Bearer realm="mlflow"'}
    )


def _token_key():
    try:
        return _TOKEN_KEY.read_text().strip()
    except OSError:
        raise platform_tokens.Refused("no token is taken here: nobody makes any") from None


def _is(password, file):
    try:
        wanted = file.read_text().strip()
    except OSError:
        return False
    return wanted != "" and hmac.compare_digest(password.encode(), wanted.encode())


def _person(name, told):
    """Name, role and groups of somebody of whom the sign-in has told these groups."""
    name, groups = name.lower(), list(told)
    if _RULES["byEmail"]:
        groups += [name, name.rpartition("@")[2]]
    if _RULES["anyCase"]:
        groups = [group.lower() for group in groups]
    roles = [_RULES["groups"][group] for group in groups if group in _RULES["groups"]]
    return name, max(roles, key=_ORDER.index, default=None), groups


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
        has = [each.id for each in auth.store.list_user_roles(user.id)]
        for mlflow_role in _GRANTS:
            role_id, wanted = _mlflow_role(mlflow_role), mlflow_role in _MLFLOW_ROLES.get(role, [])
            if wanted and role_id not in has:
                _unless_there(lambda role_id=role_id: auth.store.assign_role_to_user(user.id, role_id))
            elif not wanted and role_id in has:
                auth.store.unassign_role_from_user(user.id, role_id)
        _settled[name] = (role, time.monotonic() + _TRUST_SECONDS)


def _mlflow_role(name):
    """Its id; it is made where it is not there."""
    found = [each for each in auth.store.list_roles([DEFAULT_WORKSPACE_NAME]) if each.name == name]
    if not found:
        _unless_there(lambda: auth.store.create_role(name, DEFAULT_WORKSPACE_NAME, "Of the platform"))
        found = [auth.store.get_role_by_name(DEFAULT_WORKSPACE_NAME, name)]
    granted = {each.resource_type for each in auth.store.list_role_permissions(found[0].id)}
    for kind, permission in _GRANTS[name].items():
        if kind not in granted:
            _unless_there(lambda kind=kind, permission=permission: _grant(found[0].id, kind, permission))
    return found[0].id


def _grant(role_id, kind, permission):
    auth.store.add_role_permission(role_id, kind, "*", permission)


def _unless_there(make):
    """Another process may have made it in the meantime."""
    try:
        make()
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
