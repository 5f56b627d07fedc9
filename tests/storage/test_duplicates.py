"""The span window: within it no repeat is missed and no new span is taken for one."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from argus.model import Span
from argus.storage.sql.duplicates import Known, SpanWindow, span_key
from argus.storage.sql.seen import WINDOW_S, BloomFilter, Seen
from tests.builders import a_span

BASE = a_span()


def spans_of(numbers: Sequence[tuple[int, int, int, int]]) -> list[tuple[int, Span]]:
    """(tenant, trace, span, kind) -> spans."""
    return [
        (
            tenant,
            BASE._replace(
                trace_id=trace.to_bytes(16, "big"), span_id=span.to_bytes(8, "big"), kind=kind
            ),
        )
        for tenant, trace, span, kind in numbers
    ]


class Rows:
    """The stored rows, as the window looks them up; counts the traces it was asked for."""

    def __init__(self) -> None:
        self.by_trace: dict[bytes, Known] = defaultdict(set)
        self.asked = 0

    def lookup(self, keys: Sequence[bytes]) -> dict[bytes, Known]:
        self.asked += len(keys)
        return {key: set(self.by_trace[key]) for key in keys}

    def store(self, spans: Sequence[tuple[int, Span]], repeated: Sequence[int]) -> None:
        for position, (tenant, span) in enumerate(spans):
            if position not in set(repeated):
                key = SpanWindow.trace_key(tenant, span.trace_id)
                self.by_trace[key].add(span_key(span.span_id, span.kind))


def seen_of(keys: Iterable[bytes], clock: Callable[[], float] = lambda: 0.0) -> Seen:
    """A filter that knows these keys and that there are no others."""
    seen = Seen(clock, window_items=10**6)
    seen.restore(keys)
    seen.complete()
    return seen


numbers = st.tuples(
    st.integers(1, 2), st.integers(1, 6), st.integers(1, 8), st.sampled_from([0, 2, 3, 77])
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.lists(numbers, max_size=12), st.booleans(), st.booleans())))
def test_every_repeat_is_found_and_nothing_else_whatever_is_forgotten_or_rolled_back(
    commits: list[tuple[list[tuple[int, int, int, int]], bool, bool]],
) -> None:
    rows = Rows()
    window = SpanWindow(rows.lookup, seen_of([]), recent_spans=5)
    stored: set[tuple[int, int, int, int]] = set()
    for numbered, rolled_back, restarted in commits:
        spans = spans_of(numbered)
        found = window.repeated(spans)
        seen = set(stored)
        expected = []
        for position, number in enumerate(numbered):
            if number in seen:
                expected.append(position)
            seen.add(number)
        assert found == expected
        if rolled_back:
            window.forget()
            continue
        rows.store(spans, found)
        stored = seen
        if restarted:
            window = SpanWindow(rows.lookup, seen_of(rows.by_trace), recent_spans=5)


def test_a_new_trace_is_not_looked_up() -> None:
    rows = Rows()
    window = SpanWindow(rows.lookup, seen_of([]))
    window.repeated(spans_of([(1, trace, 1, 2) for trace in range(1, 1000)]))
    assert rows.asked == 0


def test_until_the_stored_traces_are_known_every_trace_is_looked_up() -> None:
    rows = Rows()
    spans = spans_of([(1, 1, 1, 2)])
    rows.store(spans, [])
    window = SpanWindow(rows.lookup, Seen())
    assert window.repeated(spans) == [0]


def test_a_repeat_is_still_known_an_hour_later() -> None:
    rows = Rows()
    now = 0.0
    window = SpanWindow(rows.lookup, seen_of([], lambda: now), recent_spans=0)
    first = spans_of([(1, 1, 1, 2)])
    rows.store(first, window.repeated(first))
    window.repeated(spans_of([(1, 2, 1, 2)]))
    now = WINDOW_S + 1
    assert window.repeated(first) == [0]


def test_the_filter_knows_what_was_added_and_few_others() -> None:
    known = BloomFilter(20_000)
    for number in range(20_000):
        known.add(b"in %d" % number)
    assert all(b"in %d" % number in known for number in range(20_000))
    wrong = sum(b"out %d" % number in known for number in range(20_000))
    assert wrong < 20_000 * 0.02
