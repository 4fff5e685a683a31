"""Where metrics are served."""

from __future__ import annotations

import pytest

from local_platform.mlflow_server import free_port
from model_release.metrics import Metrics, serve


@pytest.mark.parametrize(("host", "bound"), [(None, "0.0.0.0"), ("127.0.0.1", "127.0.0.1")])
def test_metrics_are_served_to_the_cluster_or_to_one_machine(
    monkeypatch: pytest.MonkeyPatch, host: str | None, bound: str
) -> None:
    if host is None:
        monkeypatch.delenv("METRICS_HOST", raising=False)
    else:
        monkeypatch.setenv("METRICS_HOST", host)
    server = serve(Metrics().registry, free_port(), lambda: True)
    try:
        assert server.server_address[0] == bound
    finally:
        server.shutdown()
        server.server_close()
