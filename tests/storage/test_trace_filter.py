"""The filter of traces never misses, and seldom errs."""

import os

from argus.storage.sql.trace_filter import TraceFilter


def some(count: int) -> list[bytes]:
    return [os.urandom(16) for _ in range(count)]


def test_every_trace_is_found_in_each_of_its_segments() -> None:
    traces = TraceFilter()
    held = {number: some(3 + number * 7) for number in range(1, 150)}
    for number, trace_ids in held.items():
        traces.add(number, trace_ids)
    for number, trace_ids in held.items():
        assert traces.covers(number)
        assert all(traces.may_hold(number, trace_id) for trace_id in trace_ids)
        found = traces.candidates(trace_ids, held.keys())
        assert set(trace_ids) == set(found[number])


def test_few_others_seem_to_be_there() -> None:
    traces = TraceFilter()
    for number in range(64):
        traces.add(number, some(5_000))
    strangers = some(2_000)
    hits = sum(len(found) for found in traces.candidates(strangers, range(64)).values())
    assert hits / (64 * len(strangers)) < 0.1


def test_a_segment_that_is_not_covered_may_hold_everything() -> None:
    traces = TraceFilter()
    traces.add(1, some(5))
    stranger = some(1)
    assert traces.may_hold(2, stranger[0])
    assert traces.candidates(stranger, {2})[2] == stranger


def test_the_place_of_a_segment_that_went_is_used_again_and_empty() -> None:
    traces = TraceFilter()
    old = some(1_000)
    for number in range(200):
        traces.add(number, old if number == 0 else some(5))
        traces.forget(number)
    traces.add(500, some(5))
    assert sum(traces.may_hold(500, trace_id) for trace_id in old) < 100
    assert len(traces._bands) == 1
