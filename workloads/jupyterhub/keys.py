"""Configuration that must not stand in the chart's values: it is read from the Secrets that the platform keeps."""

import os

from z2jh import get_secret_value

c.JupyterHub.db_url = os.environ["HUB_DB_URL"]
# The chart hands the hub a token from a Secret of its own; the proxy is told to take this one as well.
c.ConfigurableHTTPProxy.auth_token = get_secret_value("hub.config.ConfigurableHTTPProxy.auth_token")
