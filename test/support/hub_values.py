"""A hub's configuration as the chart makes it of its values, where neither the chart's image nor its mounts are."""

import os
import sys
import types

from traitlets.config import Config


def configuration(values, secrets, chart=None):
    """
    :param secrets: as the hub finds them mounted.
    :param chart: a directory of the chart's own configuration files; without it, only what the values say themselves.
    """

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

    z2jh = types.ModuleType("z2jh")
    z2jh.get_config = look_up
    z2jh.get_secret_value = secret
    z2jh.set_config_if_not_none = set_if_given
    z2jh.get_name = lambda name: name
    z2jh.get_name_env = lambda name, suffix="": "8081"
    sys.modules["z2jh"] = z2jh

    c = Config()
    if chart:
        path = os.path.join(chart, "jupyterhub_config.py")
        with open(path) as source:
            exec(compile(source.read(), path, "exec"), {"__file__": path, "get_config": lambda: c})
        return c
    # Sections of hub.config first, then hub.extraConfig in the order of its names.
    c.JupyterHub.cookie_secret = secret("hub.config.JupyterHub.cookie_secret")
    c.CryptKeeper.keys = secret("hub.config.CryptKeeper.keys").split(";")
    for section, settings in values["hub"]["config"].items():
        c[section].update({key: value for key, value in settings.items() if section != "CryptKeeper"})
    scope = {"c": c}
    for name, source in sorted(values["hub"]["extraConfig"].items()):
        exec(compile(source, name, "exec"), scope)
    return c
