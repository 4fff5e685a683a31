"""A real JupyterHub of generated values, without a proxy: it answers its API, and does what each line of stdin says.

The first line has `values`, `secrets` as the hub finds them mounted, and `portNumber`; each further one has `do`:
`signIn` (`name`, and `state`, which is what the provider says), `start` (a server of `name`), `token` (`name`, `scopes`),
`age` (`name`, `seconds` since the sign-in). Each is answered by one line of JSON.
"""

import asyncio
import json
import sys
from unittest.mock import Mock

from hub_values import configuration

told = json.loads(sys.stdin.readline())
printed, sys.stdout = sys.stdout, sys.stderr
c = configuration(told["values"], told["secrets"])

from jupyterhub.app import JupyterHub  # noqa: E402
from jupyterhub.handlers.base import BaseHandler  # noqa: E402
from jupyterhub.proxy import Proxy  # noqa: E402
from jupyterhub.spawner import Spawner  # noqa: E402
from tornado.httputil import HTTPServerRequest  # noqa: E402


class NoProxy(Proxy):
    should_start = False

    async def get_all_routes(self):
        return {}

    async def add_route(self, routespec, target, data):
        pass

    async def delete_route(self, routespec):
        pass


class NoServer(Spawner):
    """Starts nothing, but is given what a server is given. The hub takes its own port for the server's."""

    async def start(self):
        return "127.0.0.1", told["portNumber"]

    async def poll(self):
        return None

    async def stop(self, now=False):
        pass


ROBOT = "made-up-token-of-a-service"
c.JupyterHub.proxy_class = NoProxy
c.JupyterHub.spawner_class = NoServer
c.JupyterHub.hub_bind_url = f"http://127.0.0.1:{told['portNumber']}"
c.JupyterHub.cleanup_servers = False
# A service that has the very scope is still nobody.
c.JupyterHub.services = [{"name": "robot", "api_token": ROBOT}]
c.JupyterHub.load_roles.append({"name": "robot", "services": ["robot"], "scopes": ["custom:mlflow:act"]})

app = JupyterHub.instance()
app.update_config(c)


async def sign_in(name, state):
    model = await app.authenticator._apply_managed_groups({"name": name, "admin": None, "auth_state": state})

    async def authenticate(handler, data):
        return model

    app.authenticator.authenticate = authenticate
    found = await app.authenticator.get_authenticated_user(None, None)
    if found is None:
        return {"allowed": False}
    request = HTTPServerRequest(method="GET", uri="/hub/", connection=Mock())
    await BaseHandler(app.tornado_application, request).auth_to_user(found)
    app.db.commit()
    return {"allowed": True}


async def start(name):
    user = app.users[name]
    await user.spawn()
    return {"environment": user.spawner.get_env()}


async def token(name, scopes):
    return {"token": app.users[name].new_api_token(scopes=scopes)}


async def age(name, seconds):
    user = app.users[name]
    state = await user.get_auth_state()
    await user.save_auth_state({**state, "signed_in_at": state["signed_in_at"] - seconds})
    return {}


DO = {"signIn": sign_in, "start": start, "token": token, "age": age}


async def main():
    await app.initialize([])
    await app.start()
    lines = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    print(json.dumps({"robot": ROBOT}), file=printed, flush=True)
    while line := await lines.readline():
        asked = json.loads(line)
        print(json.dumps(await DO[asked.pop("do")](**asked)), file=printed, flush=True)


asyncio.run(main())
