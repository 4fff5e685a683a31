"""A short run of soak.py: fuzzed requests leave no 500, no hang and no memory behind."""

from pathlib import Path

from commanded import Commanded, save
from server import Server
from soak import fuzz, memory_mib


def test_fuzzed_requests_leave_nothing_behind(tmp_path: Path) -> None:
    with Server(SOURCE=save(tmp_path, Commanded()), WORKERS=1, MAX_BODY_MIB=1, TIMEOUT_MILLIS=20_000) as server:
        server.ready(workers=1)
        half = '{"inputs": [{"name": "do", "shape": [1], "datatype": "BYTES", "data": ["\\ud800"]}]}'
        assert server.ask("POST", "/v2/models/churn/infer", half, {"Content-Type": "application/json"})[0] == 400
        fuzz(server, 600, seed=2)
        before, workers = memory_mib(server), server.workers()
        counts = fuzz(server, 1200)
        assert counts["hung"] == counts["reset"] == counts["500"] == 0, counts
        assert server.metric("model_server_requests_total", status="500") == 0
        assert server.value("model_server_inflight_requests") == 0
        assert counts["200"] > 0 and counts["400"] > 0, counts
        assert server.workers() == workers
        assert memory_mib(server) < before + 40
