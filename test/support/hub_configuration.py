"""Runs a hub's configuration and tells, as JSON, what the real JupyterHub makes of it.

Reads from stdin: `values` of the chart; `secrets` as the hub finds them mounted; `chart`, a directory of the chart's own
configuration files, or null; and what is asked: `traits` of the authenticator, `people` and `passwords` to sign in with, and
whether to make `pods`, which takes the chart's own files.
"""

import asyncio
import json
import sys
import types

from hub_values import configuration

asked = json.load(sys.stdin)
printed, sys.stdout = sys.stdout, sys.stderr
c = configuration(asked["values"], asked["secrets"], asked["chart"])

from jupyterhub.app import JupyterHub  # noqa: E402

app = JupyterHub()
app.update_config(c)
authenticator = app.authenticator_class(parent=app)


async def sign_in(person):
    """What becomes of someone about whom the provider says this."""
    model = {"name": person["name"], "admin": None, "auth_state": person["state"]}
    model = await authenticator._apply_managed_groups(model)
    allowed = await authenticator.check_allowed(person["name"], model)
    return {"allowed": bool(allowed), "admin": bool(model["admin"]), "groups": sorted(model["groups"])}


async def passwords(form):
    found = await authenticator.authenticate(None, form)
    return found if isinstance(found, (str, type(None))) else found["name"]


async def pods():
    """Pod of a server of each profile, as KubeSpawner would send it to the cluster."""
    import kubespawner.spawner
    from jupyterhub.objects import Hub
    from kubernetes_asyncio.client import ApiClient
    from kubespawner import KubeSpawner

    kubespawner.spawner.load_config = lambda *_, **__: None  # There is no cluster.
    made = {}
    for profile in c.KubeSpawner.profile_list:
        user = types.SimpleNamespace(
            name="someone@example.com", id=1, url="/user/someone", settings={}, groups=[], escaped_name="someone"
        )
        spawner = KubeSpawner(config=c, _mock=True, hub=Hub(), api_token="made-up", oauth_client_id="made-up")
        spawner.user = user
        spawner.user_options = {"profile": profile["slug"]}
        await spawner.load_user_options()
        pod = await spawner.get_pod_manifest()
        async with ApiClient() as client:
            made[profile["slug"]] = client.sanitize_for_serialization(pod)
            made.setdefault("home", client.sanitize_for_serialization(spawner.get_pvc_manifest()))
    return made


async def main():
    told = {
        "authenticator": type(authenticator).__name__,
        "databaseUrl": app.db_url,
        "activeServerLimit": app.active_server_limit,
        "cookieSecretBytes": len(app.config.JupyterHub.cookie_secret) // 2,
        "proxyToken": app.config.ConfigurableHTTPProxy.auth_token,
        "traits": {name: plain(getattr(authenticator, name, None)) for name in asked["traits"]},
        "people": [await sign_in(person) for person in asked["people"]],
        "passwords": [await passwords(form) for form in asked["passwords"]],
    }
    if asked["pods"]:
        told["services"] = c.JupyterHub.services
        told["pods"] = await pods()
    json.dump(told, printed)


def plain(value):
    return sorted(value) if isinstance(value, (set, frozenset)) else value


asyncio.run(main())
