"""Which sealed segments may hold a trace: one look-up in memory answers for 64 of them.

A segment is a column of bits, a hash of a trace id picks three rows; the trace may be in the
segments whose bit is set in all three. Never a miss; about one segment in fifty is a false hit.
"""

from array import array
from collections.abc import Callable, Collection, Iterable

_WIDTH = 64
_ROWS_PER_ITEM = 6
_LEAST_ROWS, _MOST_ROWS = 1 << 10, 1 << 23
_AT_ONCE = 1 << 10


class _Band:
    """The columns of up to 64 segments."""

    def __init__(self) -> None:
        self.rows = array("Q", bytes(8 * _LEAST_ROWS))
        self.numbers: dict[int, int] = {}

    def free_bit(self) -> int | None:
        taken = set(self.numbers.values())
        return next((1 << n for n in range(_WIDTH) if 1 << n not in taken), None)

    def add(self, bit: int, trace_ids: Collection[bytes], rest: Callable[[], None]) -> None:
        wanted = len(trace_ids) * _ROWS_PER_ITEM
        rows = self.rows
        while len(rows) < min(wanted, _MOST_ROWS):
            rows = rows * 2  # a hash picks the same rows again, or their copies
        mask = len(rows) - 1
        for number, trace_id in enumerate(trace_ids):
            if number % _AT_ONCE == 0:
                rest()
            probe = hash(trace_id)
            rows[probe & mask] |= bit
            rows[probe >> 20 & mask] |= bit
            rows[probe >> 40 & mask] |= bit
        self.rows = rows

    def clear(self, bit: int) -> None:
        column = ~int.from_bytes(bit.to_bytes(8, "little") * _AT_ONCE, "little")
        for first in range(0, len(self.rows), _AT_ONCE):
            # in one go it would keep the interpreter for a tenth of a second
            some = int.from_bytes(self.rows[first : first + _AT_ONCE].tobytes(), "little")
            cleared = (some & column).to_bytes(8 * _AT_ONCE, "little")
            self.rows[first : first + _AT_ONCE] = array("Q", cleared)

    def holders(self, trace_id: bytes) -> int:
        rows = self.rows
        mask = len(rows) - 1
        probe = hash(trace_id)
        return rows[probe & mask] & rows[probe >> 20 & mask] & rows[probe >> 40 & mask]


class TraceFilter:
    """Filled by one thread, asked by any. A segment that is not covered may hold every trace."""

    def __init__(self) -> None:
        self._bands: list[_Band] = []

    def add(
        self,
        segment_id: int,
        trace_ids: Collection[bytes],
        rest: Callable[[], None] = lambda: None,
    ) -> None:
        """Cover a segment, which holds these traces and no others. `rest` is called now and
        then."""
        self.forget(segment_id)
        for band in self._bands:
            if (bit := band.free_bit()) is not None:
                break
        else:
            band = _Band()
            self._bands.append(band)
            bit = 1
        band.clear(bit)
        band.add(bit, trace_ids, rest)
        band.numbers[segment_id] = bit

    def forget(self, segment_id: int) -> None:
        """Cover a segment no longer."""
        for band in self._bands:
            band.numbers.pop(segment_id, None)

    def covers(self, segment_id: int) -> bool:
        """Whether the traces of a segment are known."""
        return any(segment_id in band.numbers for band in self._bands)

    def may_hold(self, segment_id: int, trace_id: bytes) -> bool:
        """Whether a segment may hold a trace."""
        for band in self._bands:
            bit = band.numbers.get(segment_id)
            if bit is not None:
                return bool(band.holders(trace_id) & bit)
        return True

    def candidates(
        self, trace_ids: Iterable[bytes], segment_ids: Collection[int]
    ) -> dict[int, list[bytes]]:
        """Which of the traces each of the segments may hold; segments without any left out."""
        trace_ids = list(trace_ids)
        found: dict[int, list[bytes]] = {}
        covered: set[int] = set()
        for band in self._bands:
            wanted = {bit: n for n, bit in dict(band.numbers).items() if n in segment_ids}
            covered.update(wanted.values())
            mask = sum(wanted)
            for trace_id in trace_ids:
                hits = band.holders(trace_id) & mask
                while hits:
                    bit = hits & -hits
                    found.setdefault(wanted[bit], []).append(trace_id)
                    hits ^= bit
        for number in segment_ids:
            if number not in covered:
                found[number] = list(trace_ids)
        return found
