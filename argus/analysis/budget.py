"""The token budget: how much may be asked of a model within an hour."""

import time
from collections import deque
from collections.abc import Callable

HOUR_S = 3600.0


class TokenBudget:
    """Counts the tokens of the last hour. What is reserved counts as spent until it is settled."""

    def __init__(self, per_hour: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.per_hour = per_hour
        self._clock = clock
        self._spent: deque[tuple[float, int]] = deque()
        self._used = self._reserved = 0

    @property
    def used(self) -> int:
        """Tokens of the last hour, reserved ones included."""
        oldest = self._clock() - HOUR_S
        while self._spent and self._spent[0][0] <= oldest:
            self._used -= self._spent.popleft()[1]
        return self._used + self._reserved

    @property
    def left(self) -> int:
        """What may be spent now."""
        return max(0, self.per_hour - self.used)

    def reserve(self, tokens: int) -> bool:
        """Set tokens aside if so many are left; whether they were. `settle` has to follow then."""
        if tokens > self.left:
            return False
        self._reserved += tokens
        return True

    def settle(self, reserved: int, tokens: int) -> None:
        """What was reserved has cost so many tokens, be it more or less."""
        self._reserved -= reserved
        self.spend(tokens)

    def spend(self, tokens: int, ago_s: float = 0.0) -> None:
        """Count tokens, whether they were left or not. Tell of older ones first."""
        if tokens:
            self._spent.append((self._clock() - ago_s, tokens))
            self._used += tokens
