"""
The process of one version: it fetches and loads the model, and then makes workers of itself that have the same model in memory.

It never calls the model itself, and so has no threads that a fork would lose. A model that starts threads or opens files when it is
loaded cannot be shared like this: then this process begins again, and each worker loads the model for itself.
"""

import ctypes
import gc
import logging
import logging.config
import os
import selectors
import signal
import socket
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson

from model_server import logs
from model_server.channel import receive_control, send_control
from model_server.environment import BeingLookedFor, environment_for
from model_server.environments.published import Packages
from model_server.errors import words
from model_server.fetching import Fetched, fetch
from model_server.settings import load_settings
from model_server.task import Task, command

_log = logging.getLogger("model_server.version")

_PR_SET_PDEATHSIG = 1


def main() -> None:
    logging.config.dictConfig(logs.config())
    end_with_parent()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
        # They come to the whole group, and the supervisor says what is to be done. Ignored they would be by what a model starts too.
        signal.signal(number, lambda *_: None)
    task = Task(**orjson.loads(sys.argv[1]))
    control = socket.socket(fileno=task.control)
    try:
        _serve(task, control)
    except SystemExit as error:
        _failed(task, control, f"it ended the process when it was loaded: {words(error)}")
    except BeingLookedFor as error:
        _failed(task, control, str(error), waits=True)
    except BaseException as error:  # Of a model's code, whatever it raises.
        _log.exception("the version cannot be loaded", extra={"version": task.version, "uri": task.uri})
        _failed(task, control, words(error))


def end_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _failed(task: Task, control: socket.socket, why: str, waits: bool = False) -> None:
    send_control(control, {"failed": why[:8000], "waits": waits})
    os._exit(1)


def _serve(task: Task, control: socket.socket) -> None:
    settings = load_settings()
    if task.fetched is None:
        send_control(control, {"stage": f"is being fetched from {task.uri}"})
        _begin_again(task, fetch(task.uri, task.version, settings.scratch), control)
    fetched = Fetched(**{**(task.fetched or {}), "folder": Path((task.fetched or {})["folder"])})
    send_control(control, {"stage": "is being loaded"})

    from model_server import worker  # All that a worker needs, so that no worker reads it again.

    loaded = None
    if task.shares:
        before = _threads(), _files()
        loaded = worker.load_fetched(fetched)
        gc.collect()
        if (_threads(), _files()) != before:
            _log.info("each worker loads this model: it starts threads or opens files", extra={"uri": task.uri})
            _exec(sys.executable, Task(**{**asdict(task), "shares": False}), {}, [control.fileno()])
        gc.freeze()
    send_control(control, {"version": fetched.version, "shared": task.shares})
    _fork_workers(task, control, lambda sock, place: worker.run(settings, task, fetched, loaded, sock, place))


def _begin_again(task: Task, fetched: Fetched, control: socket.socket) -> None:
    """With the interpreter that the model needs, and without what fetching has left in memory."""
    send_control(control, {"stage": "gets its packages"})
    packages = Packages(**task.packages) if task.packages else None
    environment = environment_for(fetched.folder, load_settings(), packages)
    for mismatch in environment.mismatches:
        _log.warning("the model asks for what it does not get", extra={"version": fetched.version, "what": mismatch})
    send_control(control, {"mismatches": len(environment.mismatches)})
    details = {**asdict(fetched), "folder": str(fetched.folder)}
    task = Task(**{**asdict(task), "fetched": details})
    _exec(environment.python, task, environment.variables, [control.fileno(), fetched.lock])


def _exec(python: str | Path, task: Task, variables: dict[str, str], kept: list[int]) -> None:
    for file in (*kept, task.scoreboard, *task.listeners.values()):
        if file >= 0:
            os.set_inheritable(file, True)
    arguments = command(python, task)
    os.execve(arguments[0], arguments, {**os.environ, **variables})


def _threads() -> int:
    return len(os.listdir("/proc/self/task"))


def _files() -> int:
    return len(os.listdir("/proc/self/fd"))


def _fork_workers(task: Task, control: socket.socket, run: Any) -> None:
    selector = selectors.DefaultSelector()
    selector.register(control, selectors.EVENT_READ)
    workers: dict[int, tuple[int, int]] = {}
    while True:
        for key, _ in selector.select():
            if key.fileobj is not control:
                pid, place = workers.pop(key.fd)
                selector.unregister(key.fd)
                os.close(key.fd)
                _, status = os.waitpid(pid, 0)
                send_control(control, {"ended": place, "pid": pid, "status": os.waitstatus_to_exitcode(status)})
                continue
            message, files = receive_control(control)
            if message is None:
                os._exit(0)
            if message["do"] == "close listeners":
                for file in task.listeners.values():
                    os.close(file)
                continue
            try:
                (channel,) = files  # None where this process may open no more.
                pid = os.fork()
            except (OSError, ValueError) as error:
                for file in files:
                    os.close(file)
                send_control(control, {"not forked": message["place"], "why": str(error)})
                continue
            if pid == 0:
                selector.close()
                control.close()
                for file in workers:
                    os.close(file)
                _run_worker(run, channel, message["place"])
            os.close(channel)
            file = os.pidfd_open(pid)
            workers[file] = (pid, message["place"])
            selector.register(file, selectors.EVENT_READ)
            send_control(control, {"forked": message["place"], "pid": pid})


def _run_worker(run: Any, channel: int, place: int) -> None:
    """Never returns: nothing of the process that was forked is to be ended here."""
    code = 1
    try:
        end_with_parent()
        run(socket.socket(fileno=channel), place)
        code = 0
    except BaseException:
        _log.exception("a worker failed")
    finally:
        logging.shutdown()
        os._exit(code)


if __name__ == "__main__":
    main()
