"""Remembers what was read of whole hours of rollups, for as long as nothing of them changes.

A dashboard is asked again and again over the same hours, of which only the last still changes. What
was read is given to those readings alone that would read the same: it has a number, that of the
last change before it was read, and so has every reading.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")

MOST_WEIGHT = 300_000
"""What is remembered at most: numbers, of some 30 to 80 bytes each."""
_MOST_HOURS = 10_000


class _Found(NamedTuple):
    value: Any
    change: int
    weight: int


class Remembered:
    """What was read of the rollups of one database. Any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._change = 0
        self._changed: dict[int, int] = {}
        self._all_changed = 0
        self._found: OrderedDict[Hashable, _Found] = OrderedDict()
        self._weight = 0

    @property
    def change(self) -> int:
        """The number of the last change. A reading takes it before it reads anything."""
        return self._change

    def changes(self, hours: Collection[int] | None) -> None:
        """Rollups of some hours (since 1970; None: of any) change. To be called before that can be
        seen and after: a reading that begins in between may see either."""
        with self._lock:
            self._change += 1
            if hours is None or len(self._changed) > _MOST_HOURS:
                self._changed.clear()
                self._all_changed = self._change
            else:
                self._changed.update(dict.fromkeys(hours, self._change))

    def of(
        self,
        key: Hashable,
        hours: range,
        change: int,
        read: Callable[[], T],
        weigh: Callable[[T], int],
    ) -> T:
        """What `read` reads of some hours in a reading with this number; nobody may change it."""
        with self._lock:
            found = self._found.get(key)
            if found is not None:
                if self._last_change(hours) <= found.change <= change:
                    self._found.move_to_end(key)
                    return found.value  # type: ignore[no-any-return]
                if found.change <= change:
                    self._forget(key)
        value = read()
        weight = weigh(value) + 1
        with self._lock:
            if self._last_change(hours) <= change and weight <= MOST_WEIGHT // 2:
                self._forget(key)
                self._found[key] = _Found(value, change, weight)
                self._weight += weight
                while self._weight > MOST_WEIGHT:
                    self._forget(next(iter(self._found)))
        return value

    def _forget(self, key: Hashable) -> None:
        found = self._found.pop(key, None)
        if found is not None:
            self._weight -= found.weight

    def _last_change(self, hours: range) -> int:
        known = self._changed
        if len(known) < len(hours):
            changes = (change for hour, change in known.items() if hour in hours)
        else:
            changes = (known.get(hour, 0) for hour in hours)
        return max(self._all_changed, max(changes, default=0))
