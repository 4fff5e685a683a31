"""S3, simulated by moto. moto forgets all when it ends, so each object is kept in a file too, and given back at the next start."""

from __future__ import annotations

import argparse
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from moto.core import DEFAULT_ACCOUNT_ID
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.s3.models import S3Backend, s3_backends
from werkzeug.serving import run_simple

CHANGES = ("PUT", "POST", "DELETE")


class Kept:
    """A WSGI application: moto's, and a file for every object it holds."""

    def __init__(self, folder: Path, buckets: list[str]) -> None:
        self._folder = folder
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._lock = threading.Lock()
        for bucket in buckets:
            self._backend().create_bucket(bucket, "us-east-1")
            for key in self._keys(bucket):
                self._backend().put_object(bucket, key, self._file(bucket, key).read_bytes())

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        answer = list(self._moto(environ, start_response))
        if environ["REQUEST_METHOD"] in CHANGES:
            self._keep(environ["PATH_INFO"])
        return answer

    def _keep(self, path: str) -> None:
        bucket, _, key = path.lstrip("/").partition("/")
        with self._lock:
            held = self._backend().buckets.get(bucket)
            if held is None:
                return
            # A request for a whole bucket may have deleted many.
            for each in [key] if key else self._keys(bucket):
                self._write(bucket, each, self._backend().get_object(bucket, each))

    def _write(self, bucket: str, key: str, found: Any) -> None:
        file = self._file(bucket, key)
        if found is None:
            file.unlink(missing_ok=True)
            return
        file.parent.mkdir(parents=True, exist_ok=True)
        partial = self._folder / f".{threading.get_ident()}"
        partial.write_bytes(found.value)
        partial.replace(file)

    def _file(self, bucket: str, key: str) -> Path:
        # Nothing between two slashes is a name too, to S3; no quoted name is that of a slash.
        return Path(self._folder, bucket, *(quote(part, safe="=:+@") or "%2F" for part in key.split("/")))

    def _keys(self, bucket: str) -> list[str]:
        root = self._folder / bucket
        names = [file.relative_to(root).parts for file in sorted(root.rglob("*")) if file.is_file()]
        return ["/".join("" if part == "%2F" else unquote(part) for part in parts) for parts in names]

    @staticmethod
    def _backend() -> S3Backend:
        return s3_backends[DEFAULT_ACCOUNT_ID]["aws"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("buckets", nargs="+")
    given = parser.parse_args()
    run_simple("127.0.0.1", given.port, Kept(given.folder, given.buckets), threaded=True)


if __name__ == "__main__":
    main()
