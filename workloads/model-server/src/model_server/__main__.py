"""`model-server` and `serve` start the server; `model-server score …` predicts for a table; `… environment …` builds packages."""

import importlib
import logging
import logging.config
import sys

from model_server import logs
from model_server.settings import SettingsError, load_settings

_log = logging.getLogger("model_server")


def main() -> None:
    arguments = sys.argv[1:]
    logging.config.dictConfig(logs.config())
    if arguments[:1] == ["score"]:
        sys.exit(importlib.import_module("model_server.score").main(arguments[1:]))
    if arguments[:1] == ["environment"]:
        sys.exit(importlib.import_module("model_server.environments.command").main(arguments[1:]))
    if arguments not in ([], ["serve"]):
        _log.error("unknown command", extra={"arguments": arguments, "known": ["serve", "score", "environment"]})
        sys.exit(2)
    try:
        settings = load_settings()
    except SettingsError as error:
        _log.error(str(error))
        sys.exit(2)
    importlib.import_module("model_server.supervisor.supervisor").run(settings)


if __name__ == "__main__":
    main()
