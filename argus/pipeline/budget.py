"""The byte budget of everything in flight: what is over it is refused for now, never queued."""

import time
from types import TracebackType

from argus.errors import Overloaded

_LONGEST_RETRY_S = 5.0
_SHORTEST_RETRY_S = 0.1


class Hold:
    """Bytes of one request, held until the context ends. `grow` raises Overloaded."""

    def __init__(self, budget: "ByteBudget") -> None:
        self._budget = budget
        self._bytes = 0

    def grow(self, size: int) -> None:
        """Hold `size` more bytes, or raise Overloaded with the time to wait."""
        self._budget.take(size)
        self._bytes += size

    def __enter__(self) -> "Hold":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._budget.give_back(self._bytes)
        self._bytes = 0


class ByteBudget:
    """At most `limit` bytes in flight; a request larger than the limit passes when it is alone."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.in_flight = 0
        self._drained = 0.0
        self._since = time.monotonic()

    def hold(self) -> Hold:
        """A context that holds nothing yet."""
        return Hold(self)

    def take(self, size: int) -> None:
        """Count `size` bytes in, or raise Overloaded."""
        if self.in_flight and self.in_flight + size > self.limit:
            raise Overloaded(
                f"{self.in_flight} of {self.limit} bytes are in flight; retry later",
                retry_after_s=self.retry_after_s(),
            )
        self.in_flight += size

    def give_back(self, size: int) -> None:
        """Count `size` bytes out."""
        self.in_flight -= size
        now = time.monotonic()
        # a leaky sum: the drain rate of about the last five seconds
        age = now - self._since
        self._drained = self._drained * max(0.0, 1 - age / 5) + size
        self._since = now

    def retry_after_s(self) -> float:
        """How long the bytes in flight take to drain at the recent rate, within bounds."""
        rate = self._drained / 5
        if rate <= 0:
            return 1.0
        return min(_LONGEST_RETRY_S, max(_SHORTEST_RETRY_S, self.in_flight / rate))
