"""An activity of AWS Step Functions, simulated: moto has no GetActivityTask."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, Queue
from typing import Any

POLL_SECONDS = 1.0
ARN = "arn:aws:states:eu-west-1:123456789012:activity:dev-registrar"


class SimulatedActivity:
    """Hands out tasks, and keeps what is said of them. A task in `ended` has been given up by its state machine."""

    def __init__(self) -> None:
        self.tasks: Queue[tuple[str, str]] = Queue()
        self.answers: Queue[dict[str, Any]] = Queue()
        self.heartbeats: list[str] = []
        self.ended: set[str] = set()
        activity = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                given = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                action = self.headers["X-Amz-Target"].rsplit(".", 1)[-1]
                status, answer = activity.respond(action, given)
                body = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/x-amz-json-1.0")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.uri = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def respond(self, action: str, given: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if action == "GetActivityTask":
            try:
                token, request = self.tasks.get(timeout=POLL_SECONDS)
            except Empty:
                return 200, {}
            return 200, {"taskToken": token, "input": request}
        token = given["taskToken"]
        if action == "SendTaskHeartbeat":
            self.heartbeats.append(token)
        if token in self.ended:
            return 400, {"__type": "TaskTimedOut", "message": "it has ended"}
        if action != "SendTaskHeartbeat":
            self.answers.put({"action": action, **given})
        return 200, {}

    def ask(self, token: str, request: Any) -> None:
        self.tasks.put((token, request if isinstance(request, str) else json.dumps(request)))

    def answer(self, seconds: float = 60) -> dict[str, Any]:
        return self.answers.get(timeout=seconds)

    def close(self) -> None:
        self._server.shutdown()
