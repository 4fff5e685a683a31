"""The metrics of the whole server: those of its workers, of workers that have ended, and of the supervisor."""

from collections.abc import Iterable

from model_server.metrics import Metrics
from model_server.supervisor.version import WorkerHandle


class Totals:
    def __init__(self) -> None:
        self._ended = Metrics()

    def worker_ended(self, worker: WorkerHandle) -> None:
        if worker.series is not None:
            self._ended.add(worker.series, with_gauges=False)

    def of(self, own: Metrics, workers: Iterable[WorkerHandle]) -> Metrics:
        total = Metrics()
        total.add(self._ended.series(), with_gauges=False)
        total.add(own.series(), with_gauges=True)
        for worker in workers:
            if worker.series is not None:
                total.add(worker.series, with_gauges=True)
        return total
