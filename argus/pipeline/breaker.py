"""The circuit breaker on the database: when to leave it alone, and when to ask it again."""

import time
from collections.abc import Callable
from typing import Literal

BreakerState = Literal["CLOSED", "OPEN", "HALF_OPEN"]

_FIRST_WAIT_S = 0.25
_LONGEST_WAIT_S = 10.0


class Breaker:
    """CLOSED: writes go through. OPEN: none does. HALF_OPEN: one probe is on its way.

    The wait before a probe doubles from a quarter of a second to ten seconds, and begins anew
    once one has succeeded.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._wait_s = _FIRST_WAIT_S
        self._probe_at = 0.0
        self.state: BreakerState = "CLOSED"

    def failed(self) -> None:
        """A write or probe failed."""
        self.state = "OPEN"
        self._probe_at = self._clock() + self._wait_s
        self._wait_s = min(_LONGEST_WAIT_S, self._wait_s * 2)

    def probing(self) -> None:
        """A probe begins."""
        self.state = "HALF_OPEN"

    def succeeded(self) -> None:
        """A write or probe succeeded."""
        self.state = "CLOSED"
        self._wait_s = _FIRST_WAIT_S

    def probe_in_s(self) -> float:
        """Seconds until the next probe may begin."""
        return max(0.0, self._probe_at - self._clock())
