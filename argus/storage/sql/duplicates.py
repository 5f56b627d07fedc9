"""Which spans were stored before: exact within a window, a few bytes a span, no index on rows.

A span is known by (trace id, span id, kind). Spans of traces seen lately are in memory; whether
an older trace was seen at all is answered by two Bloom filters, and only their hits, true or
false, are looked up in the rows. Nothing within the window is ever missed.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence

from argus.model import Span

WINDOW_TRACES = 5_000_000
WINDOW_S = 3600.0
"""A repeat is recognised at least this long, or over at least this many traces, whichever ends
first."""

RECENT_SPANS = 100_000

_BITS_PER_TRACE = 12
_LOOKUP_AT_ONCE = 64

Known = set[bytes]
Lookup = Callable[[Sequence[bytes]], Mapping[bytes, Known]]


class BloomFilter:
    """Remembers up to `capacity` byte strings; at most one in a hundred others seems known too."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.count = 0
        bits = max(3, (capacity * _BITS_PER_TRACE - 1).bit_length())
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


def span_key(span_id: bytes, kind: int) -> bytes:
    """What tells a span apart within its trace; kind keeps Zipkin-style shared ids apart."""
    return span_id + (_KINDS[kind] if 0 <= kind < 6 else b"%d" % kind)


_KINDS = tuple(bytes([number]) for number in range(6))


class SpanWindow:
    """Tells new spans from repeated ones, in order of their commits. Used by one thread.

    `lookup` answers for trace keys (see `trace_key`) with the span keys of their stored rows; it
    must see what is committed and what the running transaction inserted. Until `remember` has
    been told of the traces stored before this start, every trace is looked up.
    """

    def __init__(
        self,
        lookup: Lookup,
        clock: Callable[[], float] = time.monotonic,
        *,
        window_traces: int = WINDOW_TRACES,
        recent_spans: int = RECENT_SPANS,
    ) -> None:
        self._lookup = lookup
        self._clock = clock
        self._window_traces = window_traces
        self._recent_spans = recent_spans
        self._young: dict[bytes, Known] = {}
        self._old: dict[bytes, Known] = {}
        self._young_spans = 0
        self._filters = [BloomFilter(window_traces), BloomFilter(8)]
        self._turned = clock()
        self._complete = False

    @staticmethod
    def trace_key(tenant_id: int, trace_id: bytes) -> bytes:
        """The same trace id of two tenants is two traces."""
        return trace_id if tenant_id == 1 else b"%d " % tenant_id + trace_id

    def remember(self, trace_keys: Iterable[bytes], complete: bool) -> None:
        """Note traces stored before this start; `complete` when these were all of the window."""
        for key in trace_keys:
            self._filters[0].add(key)
        self._complete = complete

    def repeated(self, spans: Sequence[tuple[int, Span]]) -> list[int]:
        """The positions of spans that were stored before, or stand earlier in the sequence.

        The others count as stored from now on; after a rollback call `forget`.
        """
        self._turn()
        traces = [self.trace_key(tenant, span.trace_id) for tenant, span in spans]
        self._load(set(traces))
        found: list[int] = []
        young = self._young
        for position, (_, span) in enumerate(spans):
            known = young[traces[position]]
            key = span_key(span.span_id, span.kind)
            if key in known:
                found.append(position)
            else:
                known.add(key)
        self._young_spans += len(spans) - len(found)
        return found

    def forget(self) -> None:
        """A transaction was rolled back: rely on the rows for everything seen lately."""
        self._young.clear()
        self._old.clear()
        self._young_spans = 0

    def _turn(self) -> None:
        """Age what is full or over time. What is dropped from memory stays in a filter."""
        if self._young_spans > self._recent_spans:
            self._old, self._young = self._young, {}
            self._young_spans = 0
        now = self._clock()
        full = self._filters[0].count >= self._window_traces
        if full or now - self._turned > WINDOW_S:
            self._filters = [BloomFilter(self._window_traces), self._filters[0]]
            self._turned = now

    def _load(self, keys: set[bytes]) -> None:
        """Have the span keys of these traces in memory."""
        young, old, (current, previous) = self._young, self._old, self._filters
        doubtful: list[bytes] = []
        for key in keys.difference(young):
            if key in old:
                young[key] = known = old.pop(key)
                self._young_spans += len(known)
            elif key in current or key in previous or not self._complete:
                doubtful.append(key)
            else:
                current.add(key)
                young[key] = set()
        for start in range(0, len(doubtful), _LOOKUP_AT_ONCE):
            some = doubtful[start : start + _LOOKUP_AT_ONCE]
            stored = self._lookup(some)
            for key in some:
                young[key] = set(stored.get(key, ()))
                if key not in current:
                    current.add(key)
