"""One's own machine: one generated password for everybody, another for the admin."""

import os

c.SharedPasswordAuthenticator.user_password = os.environ["HUB_USER_PASSWORD"]
c.SharedPasswordAuthenticator.admin_password = os.environ["HUB_ADMIN_PASSWORD"]
