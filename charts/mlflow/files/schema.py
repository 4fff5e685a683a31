"""`migrate` brings the database to the revision of this image, once; `wait` returns when it is there.

The server never migrates: its pods wait, so that replicas cannot race and an old image cannot start on a newer schema.
"""

import os
import sys
import time

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from mlflow import db
from mlflow.server.auth.config import read_auth_config
from mlflow.server.auth.db import utils as auth_schema
from mlflow.store.db import utils as tracking_schema
from sqlalchemy import create_engine, text

_LOCK = 7_305_117  # Any number that every migration of this database asks for.
_EVERY_SECONDS = 5


def main(task, patience_seconds):
    tracking = create_engine(os.environ["MLFLOW_BACKEND_STORE_URI"], pool_pre_ping=True)
    accounts = create_engine(read_auth_config().database_uri, pool_pre_ping=True)
    if task == "migrate":
        _migrate(tracking, accounts)
    _wait(tracking, accounts, patience_seconds)


def _migrate(tracking, accounts):
    with tracking.connect() as held:
        held.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": _LOCK})
        db.upgrade.callback(os.environ["MLFLOW_BACKEND_STORE_URI"])
        auth_schema.migrate(accounts, "head")


def _wait(tracking, accounts, patience_seconds):
    wanted = (
        tracking_schema._get_latest_schema_revision(),
        ScriptDirectory.from_config(auth_schema._get_alembic_config("postgresql+psycopg2://")).get_current_head(),
    )
    give_up = time.monotonic() + patience_seconds
    while True:
        try:
            found = (tracking_schema._get_schema_version(tracking), _auth_revision(accounts))
        except Exception as error:
            found = f"no answer: {error}"
        if found == wanted:
            print(f"The schema is at {wanted}.", flush=True)
            return
        if time.monotonic() > give_up:
            sys.exit(
                f"The schema is at {found}, and this image needs {wanted}. Look at the log of the migration Job; after a "
                "rollback to an older image, restore the database from the backup that was made before the upgrade."
            )
        time.sleep(_EVERY_SECONDS)


def _auth_revision(engine):
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": "alembic_version_auth"})
        return context.get_current_revision()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
