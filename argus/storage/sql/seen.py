"""Whether something was seen within a window, in a few bytes each: never a miss, few false hits."""

import time
from collections.abc import Callable, Iterable

WINDOW_ITEMS = 5_000_000
WINDOW_S = 3600.0
"""An item is known for at least this long or over at least this many items, whichever ends
first."""

_BITS_PER_ITEM = 12


class BloomFilter:
    """Remembers up to `capacity` byte strings; at most one in a hundred others seems known too."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.count = 0
        bits = max(3, (capacity * _BITS_PER_ITEM - 1).bit_length())
        self._mask = (1 << bits) - 1
        self._bytes = bytearray(1 << bits >> 3)

    def add(self, item: bytes) -> None:
        """Remember an item."""
        self.count += 1
        field, mask = self._bytes, self._mask
        first = hash(item)
        second, third = first >> 21 & mask, first >> 37 & mask
        first &= mask
        field[first >> 3] |= 1 << (first & 7)
        field[second >> 3] |= 1 << (second & 7)
        field[third >> 3] |= 1 << (third & 7)

    def __contains__(self, item: bytes) -> bool:
        field, mask = self._bytes, self._mask
        probe = hash(item)
        bit = probe & mask
        if not field[bit >> 3] >> (bit & 7) & 1:
            return False
        bit = probe >> 21 & mask
        if not field[bit >> 3] >> (bit & 7) & 1:
            return False
        bit = probe >> 37 & mask
        return field[bit >> 3] >> (bit & 7) & 1 == 1


class Seen:
    """Two filters of one window each: the older one is dropped when the younger one is full.

    Until `complete` has been called everything counts as seen: what was stored before this start
    is still being read.
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, window_items: int = WINDOW_ITEMS
    ) -> None:
        self._clock = clock
        self._window_items = window_items
        self._current = BloomFilter(window_items)
        self._previous = BloomFilter(8)
        self._turned = clock()
        self._complete = False

    def add(self, item: bytes) -> None:
        """Know an item from now on."""
        if item in self._current:
            return
        if self._current.count >= self._window_items or self._clock() - self._turned > WINDOW_S:
            self._previous, self._current = self._current, BloomFilter(self._window_items)
            self._turned = self._clock()
        self._current.add(item)

    def restore(self, items: Iterable[bytes]) -> None:
        """Know items of before this start."""
        for item in items:
            self.add(item)

    def complete(self) -> None:
        """All items of the window before this start are known."""
        self._complete = True

    def __contains__(self, item: bytes) -> bool:
        return item in self._current or item in self._previous or not self._complete
