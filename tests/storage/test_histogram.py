"""Histograms of durations: percentiles close to the durations themselves, whatever was merged."""

import math
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import NullPool, literal, select

from argus.storage.sql.driver import sqlite_engine
from argus.storage.sql.histogram import (
    ZERO,
    add,
    bucket_column,
    bucket_of,
    decode,
    decode_all,
    encode,
    lower_bound_ns,
    middle_ns,
    percentiles,
)

DURATIONS = st.one_of(st.integers(0, 100), st.integers(1, 10**10), st.integers(0, 2**63 - 1))


def histogram_of(durations: list[int]) -> dict[int, int]:
    found: dict[int, int] = {}
    for duration in durations:
        add(found, {bucket_of(duration): 1})
    return found


def nearest_rank(durations: list[int], share: float) -> int:
    return sorted(durations)[max(1, math.ceil(share * len(durations))) - 1]


@given(st.lists(DURATIONS, min_size=1, max_size=200), st.sampled_from([0, 0.5, 0.95, 0.99, 1]))
def test_a_percentile_is_within_two_percent_of_nearest_rank(
    durations: list[int], share: float
) -> None:
    (found,) = percentiles(histogram_of(durations), [share])
    assert found is not None
    exact = nearest_rank(durations, share)
    assert abs(found - exact) <= 0.02 * exact


@given(st.lists(DURATIONS), st.lists(DURATIONS))
def test_merging_histograms_is_the_histogram_of_all(some: list[int], others: list[int]) -> None:
    merged = histogram_of(some)
    add(merged, histogram_of(others))
    assert merged == histogram_of(some + others)


@given(st.lists(DURATIONS), st.lists(DURATIONS))
def test_texts_that_follow_each_other_are_the_histogram_of_all(
    some: list[int], others: list[int]
) -> None:
    texts = encode(histogram_of(some)) + encode(histogram_of(others))
    assert decode_all(texts) == histogram_of(some + others)


def test_what_texts_take_back_is_left_out() -> None:
    assert decode_all(encode({1: 2, 3: 1}) + encode({1: -2})) == {3: 1}


@given(st.lists(DURATIONS))
def test_a_histogram_comes_back_from_its_text(durations: list[int]) -> None:
    found = histogram_of(durations)
    assert decode(encode(found)) == found


def test_taking_back_what_was_added_leaves_nothing() -> None:
    found = histogram_of([5, 7, 7])
    add(found, {bucket: -count for bucket, count in histogram_of([5, 7, 7]).items()})
    assert found == {}


def test_an_empty_histogram_has_no_percentiles() -> None:
    assert percentiles({}, [0.5, 0.99]) == [None, None]


def test_no_time_at_all_has_a_bucket_of_its_own() -> None:
    assert bucket_of(0) == ZERO
    assert middle_ns(ZERO) == lower_bound_ns(ZERO) == 0
    assert bucket_of(1) == 0


def test_a_bucket_holds_what_lies_between_its_bounds() -> None:
    for duration in (1, 2, 3, 1000, 12345, 10**9, 2**40, 2**63 - 1):
        bucket = bucket_of(duration)
        assert lower_bound_ns(bucket) <= duration * (1 + 1e-9)
        assert duration < lower_bound_ns(bucket + 1) * (1 + 1e-9)


def test_the_database_finds_the_same_buckets(tmp_path: Path) -> None:
    engine = sqlite_engine(tmp_path / "any.db", writable=True, poolclass=NullPool)
    durations = [0, 1, 2, 3, 999, 10**6 + 1, 3 * 10**9, 2**53 + 1, 2**63 - 1]
    with engine.connect() as connection:
        for duration in durations:
            column = bucket_column(literal(duration))
            assert connection.execute(select(column)).scalar_one() == bucket_of(duration)
