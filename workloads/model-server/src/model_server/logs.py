"""One JSON object per line on standard error."""

import json
import logging
import logging.config
import time
from typing import Any

_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
# Of one statement of the program: a fault that every request has must not fill the disk.
_LINES, _SECONDS = 50, 10.0


class JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        line: dict[str, Any] = {
            "ts": f"{moment}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "pid": record.process,
        }
        line.update({key: value for key, value in vars(record).items() if key not in _OWN})
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


class RateLimit(logging.Filter):
    """Lets 50 lines of one statement through in ten seconds; the first line after that says how many it left out."""

    def __init__(self) -> None:
        super().__init__()
        self._seen: dict[tuple[str, int], list[float]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if getattr(record, "unlimited", False):
            del record.unlimited
            return True
        begun = self._seen.setdefault((record.pathname, record.lineno), [record.created, 0])
        if record.created - begun[0] >= _SECONDS:
            left_out = begun[1] - _LINES
            if left_out > 0:
                record.left_out = int(left_out)
            begun[:] = record.created, 0
        begun[1] += 1
        return begun[1] <= _LINES


def config(level: str = "INFO") -> dict[str, Any]:
    """For logging.config.dictConfig."""
    logging.raiseExceptions = False  # A full disk is no reason to say on it that it is full.
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": "model_server.logs.JsonFormatter"}},
        "filters": {"rate": {"()": "model_server.logs.RateLimit"}},
        "handlers": {
            "lines": {
                "class": "logging.StreamHandler",
                "formatter": "json",
                "filters": ["rate"],
                "stream": "ext://sys.stderr",
            }
        },
        "root": {"handlers": ["lines"], "level": "WARNING"},
        "loggers": {"model_server": {"handlers": ["lines"], "level": level, "propagate": False}},
    }
