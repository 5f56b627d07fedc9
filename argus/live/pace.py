"""Pace: how a hub shares the event loop with ingest, which comes first."""

import asyncio
import time

_SLICE_S = 0.004
_REST_PER_WORK = 3
_BUSY_S = 0.0003
_WRITE_S = 20e-6
"""What one write costs after it was asked for: the event loop does it later, unseen by a clock
here. Measured on loopback, 30 KB: 12 to 22 µs."""


class Pace:
    """Takes all of an idle event loop, and a quarter of a busy one, whatever arrives and however
    many watch: every few milliseconds of work the others get their turn, and when they use it,
    three times as long as was worked."""

    def __init__(self) -> None:
        self._worked = 0.0
        self._writing = 0.0
        self._since = time.perf_counter()

    async def breathe(self, writes: int = 0) -> None:
        """Go on at once, or after a pause that is due. `writes` were made since the last call."""
        self._writing += writes * _WRITE_S
        worked = self._now_s()
        if worked < _SLICE_S:
            return
        self._worked += worked
        await asyncio.sleep(0)  # the writes are made now, and are not the others' work
        turn = time.perf_counter()
        await asyncio.sleep(0)
        if time.perf_counter() - turn >= _BUSY_S:
            await asyncio.sleep(worked * _REST_PER_WORK)
        self._writing = 0.0
        self._since = time.perf_counter()

    @property
    def worked_s(self) -> float:
        """Seconds worked, without the pauses."""
        return self._worked + self._now_s()

    def _now_s(self) -> float:
        return time.perf_counter() - self._since + self._writing
