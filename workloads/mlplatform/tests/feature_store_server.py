"""The played online store of SageMaker over HTTP, so that boto3's own client asks it: paths and bodies are those of botocore's description."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from sagemaker_features import FeatureStoreRuntime


@contextmanager
def feature_store_server(runtime: FeatureStoreRuntime) -> Iterator[tuple[str, list[str]]]:
    """Its address, and the operations that it was asked for, as they come."""
    asked: list[str] = []
    one_at_a_time = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self._answer("BatchGetRecord", lambda body: runtime.batch_get_record(**body))

        def do_PUT(self) -> None:
            self._answer("PutRecord", lambda body: runtime.put_record(FeatureGroupName=self._group(), **body))

        def do_DELETE(self) -> None:
            query = {name: value for name, [value] in parse_qs(urlsplit(self.path).query).items()}
            self._answer("DeleteRecord", lambda _: runtime.delete_record(FeatureGroupName=self._group(), **query))

        def _group(self) -> str:
            return unquote(urlsplit(self.path).path).removeprefix("/FeatureGroup/")

        def _answer(self, operation: str, act: Any) -> None:
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
            with one_at_a_time:
                asked.append(operation)
                answer = json.dumps(act(body) or {}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
