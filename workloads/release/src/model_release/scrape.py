"""What the model servers say of themselves on their metrics port."""

from __future__ import annotations

from dataclasses import dataclass, field

import requests
from prometheus_client.parser import text_string_to_metric_families

SECONDS = 5
LARGEST_BYTES = 8 * 1024 * 1024


class Unreadable(Exception):
    """A pod did not answer, or not with metrics."""


@dataclass(frozen=True)
class Metrics:
    """Samples by name: labels and value of each."""

    samples: dict[str, list[tuple[dict[str, str], float]]] = field(default_factory=dict)

    def total(self, name: str, **labels: str) -> float:
        return sum(value for has, value in self.samples.get(name, []) if labels.items() <= has.items())

    def by(self, label: str, name: str, **labels: str) -> dict[str, float]:
        """Sums by the value of one label."""
        sums: dict[str, float] = {}
        for has, value in self.samples.get(name, []):
            if labels.items() <= has.items() and label in has:
                sums[has[label]] = sums.get(has[label], 0.0) + value
        return sums

    def serves(self, model: str, version: str) -> bool:
        """Whether the server answers with this version. While it switches, workers may report two."""
        reported = self.by("version", "model_server_model_info", model=model)
        return {key for key, value in reported.items() if value > 0} == {version}

    def load_failures(self, model: str, version: str) -> float:
        return self.total("model_server_model_load_failures_total", model=model, version=version)

    def load_failure_reasons(self, model: str, version: str) -> list[str]:
        """Why the last attempts to load a version failed, in the servers' words."""
        found = self.samples.get("model_server_model_load_failure_info", [])
        wanted = {"model": model, "version": version}.items()
        return [
            labels["reason"] for labels, value in found if value > 0 and wanted <= labels.items() and "reason" in labels
        ]


def scrape(ip: str, port: int) -> Metrics:
    """
    :raises Unreadable: with the reason.
    """
    host = f"[{ip}]" if ":" in ip else ip
    try:
        with requests.Session() as session:
            # A proxy for the way out of the cluster does not know its pods.
            session.trust_env = False
            answer = session.get(f"http://{host}:{port}/metrics", timeout=SECONDS, stream=True)
            answer.raise_for_status()
            text = answer.raw.read(LARGEST_BYTES, decode_content=True).decode()
        samples: dict[str, list[tuple[dict[str, str], float]]] = {}
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                samples.setdefault(sample.name, []).append((sample.labels, sample.value))
        return Metrics(samples)
    except (requests.RequestException, OSError, ValueError) as error:
        raise Unreadable(str(error)) from error
