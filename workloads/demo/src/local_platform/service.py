"""A Service of Kubernetes: one address whose connections go to the ready pods of a selector, in turn."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import threading

from local_platform.kubernetes_api import KubernetesApi


class Service:
    def __init__(self, api: KubernetesApi, selector: dict[str, str], address: str, port: int, target_port: int) -> None:
        self._api, self._target_port = api, target_port
        self._selector = ",".join(f"{key}={value}" for key, value in selector.items())
        self._turn = itertools.count()
        self.url = f"http://{address}:{port}"
        self._loop = asyncio.new_event_loop()
        self._server = self._loop.run_until_complete(asyncio.start_server(self._connected, address, port))
        self._thread = threading.Thread(target=self._loop.run_forever, name="service", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._server.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _ready(self) -> list[str]:
        return [
            pod["status"]["podIP"]
            for pod in self._api.listed("pods", self._selector)
            if {"type": "Ready", "status": "True"} in pod["status"]["conditions"]
        ]

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ready = self._ready()
        try:
            if ready:
                address = ready[next(self._turn) % len(ready)]
                pod_reader, pod_writer = await asyncio.open_connection(address, self._target_port)
                await asyncio.gather(passed_on(reader, pod_writer), passed_on(pod_reader, writer))
        except OSError:
            pass  # Whoever called sees the connection end, as where a pod has just gone.
        finally:
            writer.close()


async def passed_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(64 * 1024):
            writer.write(data)
            await writer.drain()
    with contextlib.suppress(OSError):
        writer.close()
