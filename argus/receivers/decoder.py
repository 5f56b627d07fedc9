"""Decodes requests on a thread of its own, in order of arrival, and refuses what would wait long.

Decoding on the event loop would hold up everything else, and requests behind it would wait unseen
in the transport, where nobody could tell them in time to come back later.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argus.errors import Overloaded

T = TypeVar("T")

_AT_ONCE_BYTES = 16 * 1024
"""What is up to this size is decoded in the time it takes to hand it over."""
_WAIT_S = 1.0
_LEAST_BYTES, _FIRST_BYTES = 4 * 2**20, 16 * 2**20


class Decoder:
    """The thread that decodes, and how much waits for it. Used from one event loop."""

    def __init__(self) -> None:
        # one thread: decoding holds the interpreter, more would only take turns
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="decode")
        self._waiting = 0
        self._most_bytes = float(_FIRST_BYTES)
        self._done_at = 0.0

    async def run(self, size: int, work: Callable[[], T]) -> T:
        """The result of `work`, which decodes `size` bytes. Raises Overloaded when that would have
        to wait for about a second, and what `work` raises."""
        if size <= _AT_ONCE_BYTES:
            return work()
        if self._waiting and self._waiting + size > self._most_bytes:
            raise Overloaded(
                f"{self._waiting} bytes wait to be decoded; retry later", retry_after_s=1
            )
        queued = self._waiting > 0
        self._waiting += size
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        finally:
            self._waiting -= size
            self._learn(size, queued)

    async def next_of(self, pieces: Iterator[T]) -> T | None:
        """The next of something that is decoded piece by piece, in turn with the others; None at
        its end."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, next, pieces, None)

    def _learn(self, size: int, queued: bool) -> None:
        """See from what had to queue how much is decoded in the time that one may wait."""
        now = time.monotonic()
        if queued:
            seen = size / max(now - self._done_at, 1e-4) * _WAIT_S
            self._most_bytes = max(_LEAST_BYTES, 0.9 * self._most_bytes + 0.1 * seen)
        self._done_at = now

    def close(self) -> None:
        """Release the thread."""
        self._thread.shutdown(wait=True)
