"""Pace: how a hub shares the event loop with ingest, which comes first."""

import asyncio
import time

_SLICE_S = 0.004


class Pace:
    """Lets everyone else run for as long as was worked, every few milliseconds of work.

    So viewers take half of the event loop at most, whatever arrives and however many watch.
    """

    def __init__(self) -> None:
        self._worked = 0.0
        self._since = time.perf_counter()

    async def breathe(self) -> None:
        """Go on at once, or after a pause that is due."""
        worked = time.perf_counter() - self._since
        if worked >= _SLICE_S:
            self._worked += worked
            await asyncio.sleep(worked)
            self._since = time.perf_counter()

    @property
    def worked_s(self) -> float:
        """Seconds worked, without the pauses."""
        return self._worked + time.perf_counter() - self._since
