"""Decides whether an answer waits until what was just stored is counted in what it is read from."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

WAIT_S = 5.0
"""Longest that an answer waits for what was just stored; then it is of a moment before."""
BUSY = 2_000
"""Records a second from which on an answer may be of a moment before."""
STALE_S = 5.0
"""How old what an answer is read from may be then."""
RENEW_S = 1.2
"""How old it is when an answer has it renewed for those that follow."""

_RATE_OVER_S = 1.0

_log = logging.getLogger("argus.storage")


class Freshness:
    """How far what is derived from records is behind them.

    A few records are counted in milliseconds, so an answer waits for them. Under load every answer
    would wait for thousands that others do not need counted yet, and slow down who sends them.
    """

    def __init__(self, what: str, catch_up: Callable[[], Awaitable[None]]) -> None:
        """`catch_up` returns when all that was stored before the call is counted, and tells
        `counted`; `what` is behind when it fails."""
        self._what = what
        self._catch_up = catch_up
        self._at = float("-inf")
        self._since = float("-inf")
        self._stored = 0
        self._rate = 0.0
        self.running: set[asyncio.Task[None]] = set()

    def counted(self, at: float, stored: int) -> None:
        """At this time (`time.monotonic`) so many records were stored; all of them are counted."""
        self._at = max(self._at, at)
        if (elapsed_s := at - self._since) >= _RATE_OVER_S:
            self._rate = (stored - self._stored) / elapsed_s
            self._since, self._stored = at, stored

    async def answer(self, at_most_s: float) -> None:
        """Return when an answer may be given; no later than after so many seconds, and no error:
        the answer is stale then."""
        age_s = time.monotonic() - self._at
        wait = self._rate < BUSY or age_s > STALE_S
        if wait or (age_s > RENEW_S and not self.running):
            task = asyncio.create_task(self._caught_up())
            self.running.add(task)
            task.add_done_callback(self.running.discard)
            if wait:
                await asyncio.wait({task}, timeout=at_most_s)

    async def _caught_up(self) -> None:
        try:
            await self._catch_up()
        except Exception as error:
            _log.warning("%s are behind: %s", self._what, error)
