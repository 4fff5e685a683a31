"""Runs a hub's configuration and tells, as JSON, what the real JupyterHub makes of it.

Reads from stdin: `values` of the chart; `secrets` as the hub finds them mounted; `chart`, a directory of the chart's own
configuration files, or null; and what is asked: `traits` of the authenticator, `people` and `passwords` to sign in with, and
whether to make `pods`, which takes the chart's own files.
"""

import asyncio
import json
import os
import sys
import types

from traitlets.config import Config

asked = json.load(sys.stdin)
values, secrets = asked["values"], asked["secrets"]


def look_up(path, default=None):
    found = values
    for part in path.split("."):
        if not isinstance(found, dict) or part not in found:
            return default
        found = found[part]
    return found


def secret(key, *default):
    return secrets[key] if key in secrets or not default else default[0]


def set_if_given(section, name, path):
    if look_up(path) is not None:
        setattr(section, name, look_up(path))


def as_the_chart_does(c):
    """Sections of hub.config first, then hub.extraConfig in the order of its names."""
    c.JupyterHub.cookie_secret = secret("hub.config.JupyterHub.cookie_secret")
    c.CryptKeeper.keys = secret("hub.config.CryptKeeper.keys").split(";")
    for section, settings in values["hub"]["config"].items():
        c[section].update({key: value for key, value in settings.items() if section != "CryptKeeper"})
    scope = {"c": c}
    for name, source in sorted(values["hub"]["extraConfig"].items()):
        exec(compile(source, name, "exec"), scope)


def by_the_chart_itself(c, folder):
    path = os.path.join(folder, "jupyterhub_config.py")
    with open(path) as source:
        exec(compile(source.read(), path, "exec"), {"__file__": path, "get_config": lambda: c})


z2jh = types.ModuleType("z2jh")
z2jh.get_config = look_up
z2jh.get_secret_value = secret
z2jh.set_config_if_not_none = set_if_given
z2jh.get_name = lambda name: name
z2jh.get_name_env = lambda name, suffix="": "8081"
sys.modules["z2jh"] = z2jh

printed, sys.stdout = sys.stdout, sys.stderr
c = Config()
if asked["chart"]:
    by_the_chart_itself(c, asked["chart"])
else:
    as_the_chart_does(c)

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
