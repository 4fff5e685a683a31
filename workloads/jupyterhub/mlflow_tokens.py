"""Tokens by which a person's servers act as that person in MLflow: `POST /hub/api/mlflow-token`, with a token of the hub.

They say the address and the groups that the sign-in said, hold for minutes, and are made only while that sign-in holds itself.
"""

import hashlib
import os
import time

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jupyterhub.apihandlers.base import APIHandler
from jupyterhub.user import User
from tornado.web import HTTPError
from z2jh import get_config

#: Of a person, and of that person's servers; a token of the hub that somebody makes for less does not have it.
TOKEN_SCOPE = "custom:mlflow:act"
TOKEN_SECONDS = 900
#: Groups are read when people sign in, so nobody stays in one for longer than this.
SIGN_IN_SECONDS = int(c.JupyterHub.cookie_max_age_days * 86400)
SIGNED_IN_AT = "signed_in_at"

# As `mlplatform/integrity.py` and `components/lib/signingKey.ts` make a key of a secret text.
token_key = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(os.environ["MLFLOW_TOKEN_SEED"].encode()).digest())


async def note_time(authenticator, handler, model):
    """Puts the time of a sign-in beside what the provider has said."""
    if model.get("auth_state") is not None:
        model["auth_state"][SIGNED_IN_AT] = time.time()
    return model


def address_of(authenticator, state):
    """By which MLflow's own pages name the person: the provider must have seen that it is theirs."""
    said = state.get(authenticator.user_auth_state_key) or {}
    address = said.get("email")
    if not isinstance(address, str) or "@" not in address or said.get("email_verified") in (False, "false"):
        raise HTTPError(
            403, "The sign-in provider tells no verified e-mail address of you, by which MLflow knows people."
        )
    return address.lower()


class MlflowToken(APIHandler):
    async def post(self):
        user = self.current_user
        if not isinstance(user, User) or not self.has_scope(TOKEN_SCOPE):
            raise HTTPError(403, "Only a person, and that person's servers, get a token for MLflow.")
        state = await user.get_auth_state() or {}
        now = time.time()
        if not 0 <= now - state.get(SIGNED_IN_AT, 0) < SIGN_IN_SECONDS:
            raise HTTPError(
                403, "Your sign-in is too old: sign out of JupyterHub and in again. Your server goes on meanwhile."
            )
        organization = get_config("custom.signIn.organization", "")
        prefix = f"{organization.lower()}:" if organization else ""
        said = {
            "iss": "jupyterhub",
            "aud": "mlflow",
            "sub": address_of(self.authenticator, state),
            "groups": sorted(f"{prefix}{group.name}" for group in user.orm_user.groups),
            "iat": int(now),
            "exp": int(now) + TOKEN_SECONDS,
        }
        self.set_header("Cache-Control", "no-store")
        self.write({"token": jwt.encode(said, token_key, algorithm="EdDSA"), "expires": said["exp"]})


c.Authenticator.post_auth_hook = note_time
c.JupyterHub.extra_handlers = [("/api/mlflow-token", MlflowToken)]
c.JupyterHub.custom_scopes = {TOKEN_SCOPE: {"description": "Act in MLflow as the person"}}
# Both are the hub's own roles with one scope more.
c.JupyterHub.load_roles.extend(
    [
        {"name": "user", "scopes": ["self", TOKEN_SCOPE]},
        {"name": "server", "scopes": ["users:activity!user", "access:servers!server", TOKEN_SCOPE]},
    ]
)
