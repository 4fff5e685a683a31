"""Tasks that a process of the server repeats for as long as it lives."""

import asyncio
import logging
from collections.abc import Callable


async def every(seconds: float, act: Callable[[], None], log: logging.Logger) -> None:
    """Calls `act` at once and then after each `seconds`, until it is cancelled. One that fails is told to `log`, and called again."""
    while True:
        try:
            act()
        except Exception:
            log.exception("a regular task failed")
        await asyncio.sleep(seconds)
