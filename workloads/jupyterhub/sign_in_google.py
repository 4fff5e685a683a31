"""Google: it tells no groups without an administrator's key, so a person's groups are their address and its domain."""

import os


def address_and_domain(auth_state):
    email = auth_state["google_user"]["email"].lower()
    return [email, email.split("@")[1]]


c.OAuthenticator.client_secret = os.environ["OAUTH_CLIENT_SECRET"]
c.OAuthenticator.auth_state_groups_key = address_and_domain
