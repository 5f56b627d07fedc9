"""Which spans were stored before: exact within a window, a few bytes a span, no index on rows.

A span is known by (trace id, span id, kind). Spans of traces seen lately are in memory; whether
an older trace was seen at all is answered by a filter, and only its hits, true or false, are
looked up in the rows. Nothing within the filter's window is ever missed.
"""

from collections.abc import Callable, Mapping, Sequence

from argus.model import Span
from argus.storage.sql.seen import Seen

RECENT_SPANS = 100_000

_LOOKUP_AT_ONCE = 64

Known = set[bytes]
Lookup = Callable[[Sequence[bytes]], Mapping[bytes, Known]]


def span_key(span_id: bytes, kind: int) -> bytes:
    """What tells a span apart within its trace; kind keeps Zipkin-style shared ids apart."""
    return span_id + (_KINDS[kind] if 0 <= kind < 6 else b"%d" % kind)


_KINDS = tuple(bytes([number]) for number in range(6))


class SpanWindow:
    """Tells new spans from repeated ones, in order of their commits. Used by one thread.

    `lookup` answers for trace keys (see `trace_key`) with the span keys of their stored rows; it
    must see what is committed and what the running transaction inserted.
    """

    def __init__(
        self,
        lookup: Lookup,
        seen: Seen,
        recent_spans: int = RECENT_SPANS,
    ) -> None:
        self._lookup = lookup
        self._seen = seen
        self._recent_spans = recent_spans
        self._young: dict[bytes, Known] = {}
        self._old: dict[bytes, Known] = {}
        self._young_spans = 0

    @staticmethod
    def trace_key(tenant_id: int, trace_id: bytes) -> bytes:
        """The same trace id of two tenants is two traces."""
        return trace_id if tenant_id == 1 else b"%d " % tenant_id + trace_id

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
        """Age what is full. What is dropped from memory is still known to have been seen."""
        if self._young_spans > self._recent_spans:
            self._old, self._young = self._young, {}
            self._young_spans = 0

    def _load(self, keys: set[bytes]) -> None:
        """Have the span keys of these traces in memory."""
        young, old, seen = self._young, self._old, self._seen
        doubtful: list[bytes] = []
        for key in keys.difference(young):
            if key in old:
                young[key] = known = old.pop(key)
                self._young_spans += len(known)
            elif key in seen:
                doubtful.append(key)
            else:
                seen.add(key)
                young[key] = set()
        for start in range(0, len(doubtful), _LOOKUP_AT_ONCE):
            some = doubtful[start : start + _LOOKUP_AT_ONCE]
            stored = self._lookup(some)
            for key in some:
                young[key] = set(stored.get(key, ()))
                seen.add(key)
