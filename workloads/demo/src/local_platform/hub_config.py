"""JupyterHub's configuration on one machine: the chart's, as the program generates it, with processes in place of pods.

DEMO_HUB names a file with the values of the chart, its Secrets, and what is of this machine.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import types
from pathlib import Path
from typing import Any

given: dict[str, Any] = json.loads(Path(os.environ["DEMO_HUB"]).read_text())
values, secrets, ports = given["values"], given["secrets"], given["ports"]
notebooks, folder = given["notebooks"], Path(given["notebooks"]["folder"])


def look_up(path: str, default: Any = None) -> Any:
    found = values
    for part in path.split("."):
        if not isinstance(found, dict) or part not in found:
            return default
        found = found[part]
    return found


def secret(key: str, *default: Any) -> Any:
    return secrets[key] if key in secrets or not default else default[0]


# What the chart's own configuration offers to `hub.extraConfig`.
z2jh = types.ModuleType("z2jh")
z2jh.get_config, z2jh.get_secret_value = look_up, secret
sys.modules["z2jh"] = z2jh

c = get_config()  # type: ignore[name-defined]  # noqa: F821
c.JupyterHub.cookie_secret = bytes.fromhex(secret("hub.config.JupyterHub.cookie_secret"))
c.CryptKeeper.keys = secret("hub.config.CryptKeeper.keys").split(";")
for section, settings in values["hub"]["config"].items():
    if section != "KubeSpawner":
        c[section].update({key: value for key, value in settings.items() if section != "CryptKeeper"})
for name, source in sorted(values["hub"]["extraConfig"].items()):
    exec(compile(source, name, "exec"), {"c": c})
c.JupyterHub.active_server_limit = values["hub"]["activeServerLimit"]
c.JupyterHub.authenticate_prometheus = values["hub"]["authenticatePrometheus"]
c.JupyterHub.services = [{"name": "prometheus", "api_token": secret("hub.services.prometheus.apiToken")}]
c.JupyterHub.load_roles = [{"name": name, **role} for name, role in values["hub"]["loadRoles"].items()]
c.JupyterHub.upgrade_db = values["hub"]["db"]["upgrade"]

c.JupyterHub.bind_url = f"http://127.0.0.1:{ports['proxy']}"
c.JupyterHub.hub_bind_url = f"http://127.0.0.1:{ports['hub']}"
c.ConfigurableHTTPProxy.should_start = False
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{ports['proxyApi']}"
c.JupyterHub.cleanup_servers = False
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = str(folder / "homes" / "{username}")
c.Spawner.default_url = values["singleuser"]["defaultUrl"]
c.Spawner.cmd = [notebooks["python"], "-m", "jupyterhub.singleuser"]
c.Spawner.args = ["--allow-root"] if os.getuid() == 0 else []
c.Spawner.http_timeout = c.Spawner.start_timeout = 120
c.Spawner.env_keep = ["PATH", "LANG", "MLPLATFORM_DEMO"]  # By the last the demo finds them when it is stopped.
server_files = folder / "etc" / "jupyter"
server_files.mkdir(parents=True, exist_ok=True)
for name, file in values["singleuser"]["extraFiles"].items():
    (server_files / name).write_text(json.dumps(file["data"]))
c.Spawner.environment = {
    **given["environment"],
    **notebooks["environment"],
    "JUPYTER_CONFIG_PATH": str(server_files),
    "PATH": os.pathsep.join([str(Path(notebooks["python"]).parent), os.environ["PATH"]]),
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "GIT_PYTHON_REFRESH": "quiet",
}


def before_start(spawner: Any) -> None:
    """What the init containers of a server do before it starts."""
    home = folder / "homes" / spawner.user.name
    home.mkdir(parents=True, exist_ok=True)
    fetched = folder / "fetched" / spawner.user.name
    fetched.parent.mkdir(parents=True, exist_ok=True)
    for container in values["singleuser"]["initContainers"]:
        env = {entry["name"]: entry["value"] for entry in container["env"]}
        env |= {"DAGS_FETCHED": str(fetched), "DAGS_HOME": str(home / "dags"), "DAGS_SCRIPTS": notebooks["scripts"]}
        env |= {"PATH": os.environ["PATH"], "HOME": str(home)}
        script = Path(notebooks["scripts"], Path(container["command"][1]).name)
        subprocess.run(["sh", str(script)], env=env, cwd=home, check=False, timeout=150)
    # What the image of notebooks does when it starts.
    env = {"PATH": os.environ["PATH"], "HOME": str(home), "STARTERS": notebooks["starters"]}
    subprocess.run(["sh", notebooks["placeStarters"]], env=env, check=False)


c.Spawner.pre_spawn_hook = before_start
