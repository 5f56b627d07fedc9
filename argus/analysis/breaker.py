"""The circuit breaker on the model: after some failures in a row it is left alone for a while."""

import asyncio
import contextlib
import time
from collections.abc import Callable

FAILURES = 3
FIRST_WAIT_S, LONGEST_WAIT_S = 5.0, 300.0


class ModelBreaker:
    """Closed, everybody may ask. Open, nobody may until the wait is over; then one may, and if
    that fails too the next wait is twice as long."""

    def __init__(
        self, first_wait_s: float = FIRST_WAIT_S, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._first_wait_s = self._wait_s = first_wait_s
        self._clock = clock
        self._failures = 0
        self._until = 0.0
        self._probing = False
        self._changed = asyncio.Event()

    @property
    def open(self) -> bool:
        """Whether the model is left alone, or only tried."""
        return self._failures >= FAILURES

    @property
    def left_s(self) -> float:
        """Seconds until somebody may ask."""
        return max(0.0, self._until - self._clock()) if self.open else 0.0

    async def turn(self) -> None:
        """Return when the caller may ask; `succeeded`, `failed` or `unused` has to follow."""
        while self.open and (self.left_s or self._probing):
            self._changed.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self.left_s or None):
                    await self._changed.wait()
        self._probing = self.open

    def unused(self) -> None:
        """Whoever might ask did not."""
        self._probing = False
        self._changed.set()

    def succeeded(self) -> None:
        """The model answered."""
        self._failures, self._wait_s, self._probing = 0, self._first_wait_s, False
        self._changed.set()

    def failed(self) -> None:
        """The model did not."""
        self._failures += 1
        self._probing = False
        self._changed.set()
        if self.open:
            self._until = self._clock() + self._wait_s
            self._wait_s = min(LONGEST_WAIT_S, self._wait_s * 2)
