"""A model that does what a row tells it: it waits, hangs, ends its process; and models whose code lies beside them."""

import sys
from pathlib import Path
from typing import Any

import cloudpickle
import mlflow
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, Schema

SIGNATURE = ModelSignature(inputs=Schema([ColSpec("string", "do")]))


class Commanded(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    def predict(self, context, model_input, params=None):  # type: ignore[no-untyped-def]
        import ctypes
        import os
        import threading
        import time

        for command in model_input["do"]:
            if command == "hang":
                time.sleep(600)
            elif command == "hold":  # As C code does that never gives the interpreter's lock back.
                ctypes.PyDLL(None).sleep(600)
            elif command == "wait":
                time.sleep(0.05)
            elif command == "meet":  # Comes back once four calls of this process are here at the same time.
                vars(self).setdefault("barrier", threading.Barrier(4)).wait(1)
            elif command == "fork":  # Of which the child comes back too.
                child = os.fork()
                if child:
                    os.waitpid(child, 0)
            elif command == "exit":
                sys.exit(3)
            elif command == "die":
                os._exit(3)
        return [float(os.getpid())] * len(model_input)


class WithCode(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    def predict(self, context, model_input, params=None):  # type: ignore[no-untyped-def]
        import features

        return [features.FACTOR] * len(model_input)


class AtLoad(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    """Ends its process, also one that leaves a child behind, hangs, or takes its time, when it is loaded."""

    def __init__(self, command: str) -> None:
        self.command = command

    def load_context(self, context):  # type: ignore[no-untyped-def]
        import os
        import signal
        import threading
        import time

        if self.command == "exit":
            sys.exit(3)
        elif self.command in ("crash", "orphan"):
            if self.command == "orphan" and not os.fork():
                time.sleep(60)  # With every open file of the process that it came from.
                os._exit(0)
            os.kill(os.getpid(), signal.SIGSEGV)
        elif self.command == "interrupt":
            raise KeyboardInterrupt("somebody else's Ctrl-C")
        elif self.command == "surrogate":
            raise RuntimeError("half a pair: \ud800")
        elif self.command == "fork":  # Of which the child comes back too.
            child = os.fork()
            if child:
                os.waitpid(child, 0)
        elif self.command == "hang":
            time.sleep(600)
        elif self.command == "slow":
            time.sleep(3)
        elif self.command == "thread":
            self.queue = []
            threading.Thread(
                target=lambda: [time.sleep(0.01) or self.queue.append(1) for _ in iter(int, 1)], daemon=True
            ).start()

    def predict(self, context, model_input, params=None):  # type: ignore[no-untyped-def]
        import time

        while self.command == "thread" and not self.queue:  # A thread that a fork has lost would never fill it.
            time.sleep(0.01)
        return [1.0] * len(model_input)


def save(folder: Path, model: Any, code: str | None = None) -> str:
    cloudpickle.register_pickle_by_value(sys.modules[__name__])
    code_paths = None
    if code is not None:
        folder.mkdir(parents=True)
        (folder / "features.py").write_text(code)
        code_paths = [str(folder / "features.py")]
    path = str(folder / "model")
    mlflow.pyfunc.save_model(
        path, python_model=model, signature=SIGNATURE, code_paths=code_paths, pip_requirements=["mlflow-skinny"]
    )
    return path


def asking(*commands: str) -> dict[str, Any]:
    return {"dataframe_split": {"columns": ["do"], "data": [[command] for command in commands]}}
