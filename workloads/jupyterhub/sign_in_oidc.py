"""Any OpenID Connect provider: addresses from its discovery document, groups from a claim of the id token."""

import json
import os
import time
import urllib.error
import urllib.request

from z2jh import get_config


def discovered(issuer, attempts=5, pause_seconds=3):
    url = issuer.rstrip("/") + "/.well-known/openid-configuration"
    for attempt in range(1, attempts + 1):
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                document = json.load(answer)
            break
        except (urllib.error.URLError, TimeoutError, ValueError) as error:
            if attempt == attempts:
                raise RuntimeError(f"{url} gave no discovery document: {error}. Check access.signIn.issuer.") from error
            time.sleep(pause_seconds)
    if document["issuer"].rstrip("/") != issuer.rstrip("/"):
        raise RuntimeError(f"{url} speaks for {document['issuer']}, not for {issuer}. Check access.signIn.issuer.")
    return document


def groups_of(auth_state):
    groups = auth_state["oauth_user"].get(get_config("custom.signIn.groupsClaim")) or []
    return [groups] if isinstance(groups, str) else list(groups)


def name_of(claims):
    return claims.get("preferred_username") or claims.get("email") or claims["sub"]


provider = discovered(get_config("custom.signIn.issuer"))
offered = provider.get("scopes_supported") or []

c.OAuthenticator.client_secret = os.environ["OAUTH_CLIENT_SECRET"]
c.OAuthenticator.authorize_url = provider["authorization_endpoint"]
c.OAuthenticator.token_url = provider["token_endpoint"]
# Some providers send groups only to who asks for a scope of that name, others refuse a scope they do not know.
c.OAuthenticator.scope = ["openid"] + [
    scope for scope in ("email", "profile", get_config("custom.signIn.groupsClaim")) if scope in offered
]
c.OAuthenticator.auth_state_groups_key = groups_of
c.OAuthenticator.username_claim = name_of
