"""What the running Airflow makes of its configuration; see airflowProcess.test.ts."""

import asyncio
import json
import sys

from airflow.configuration import conf
from airflow.models.connection import Connection
from airflow.models.crypto import get_fernet
from airflow.sdk import Variable
from airflow.utils.session import create_session_async
from sqlalchemy import text

known = conf.configuration_description
unknown = [
    f"{section}.{option}"
    for section, option in json.load(sys.stdin)
    if option not in known.get(section, {}).get("options", {})
]


async def second_driver():
    async with create_session_async() as session:
        return (await session.execute(text("select ssl from pg_stat_ssl where pid = pg_backend_pid()"))).scalar()


import airflow.logging_config as logs  # noqa: E402
from airflow.logging_config import load_logging_config  # noqa: E402

load_logging_config()
remote = logs.get_remote_task_log() if hasattr(logs, "get_remote_task_log") else logs.REMOTE_TASK_LOG
connection = Connection.get_connection_from_secrets("aws_default")
fernet = get_fernet()
print(
    "RESULT "
    + json.dumps(
        {
            "unknown": unknown,
            "asyncOverTls": asyncio.run(second_driver()),
            "remoteLog": [type(remote).__name__, str(getattr(remote, "remote_base", ""))],
            "connection": [connection.conn_type, connection.login, connection.extra_dejson],
            "encrypts": fernet.is_encrypted and fernet.decrypt(fernet.encrypt(b"text")) == b"text",
            "nodeClasses": Variable.get("node_classes", deserialize_json=True),
        }
    )
)
