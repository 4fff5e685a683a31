"""GitHub: a person's groups are their teams in one organization."""

import os

from z2jh import get_config


def teams_of(auth_state):
    organization = get_config("custom.signIn.organization").lower()
    return [
        team["slug"] for team in auth_state.get("teams") or [] if team["organization"]["login"].lower() == organization
    ]


c.OAuthenticator.client_secret = os.environ["OAUTH_CLIENT_SECRET"]
c.OAuthenticator.auth_state_groups_key = teams_of
