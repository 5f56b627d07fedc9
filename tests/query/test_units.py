"""Numbers, sizes, durations and times are read as written and written as read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argus.query.units import (
    MAX_NS,
    duration_text,
    read_duration,
    read_number,
    read_size,
    read_time,
    time_text,
)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("7", 7), ("-7", -7), ("007", 7), ("7.0", 7.0), ("1e3", 1000.0), ("-1.5E-1", -0.15),
        (str(2**63 - 1), 2**63 - 1), (str(2**63), 2.0**63), ("1e400", None), ("9" * 400, None),
        ("", None), ("+7", None), (".5", None), ("5.", None), ("1_0", None), ("٣", None),
        ("0x1", None), ("inf", None),
    ],
)  # fmt: skip
def test_a_number_is_an_integer_of_64_bits_or_a_finite_double(
    text: str, number: int | float | None
) -> None:
    read = read_number(text)
    assert (read, type(read)) == (number, type(number))


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("1B", 1), ("1kB", 1000), ("1KiB", 1024), ("1.5mib", 1_572_864), ("0.5B", 0.5),
        ("2TiB", 2 * 1024**4), ("1", None), ("1 kB", None), ("-1B", None), ("1k", None),
    ],
)  # fmt: skip
def test_a_size_is_a_number_of_bytes(text: str, size: int | float | None) -> None:
    assert read_size(text) == size


@pytest.mark.parametrize(
    ("text", "ns"),
    [
        ("500ms", 500 * 10**6), ("1h30m", 5400 * 10**9), ("1.5s", 1_500_000_000), ("3us", 3000),
        ("3µs", 3000), ("1w1d", 8 * 86_400 * 10**9), ("0", 0), ("0s", 0), ("0.5ns", 0),
        (f"{MAX_NS}ns", MAX_NS), (f"{MAX_NS + 1}ns", None), ("5", None), ("", None),
        ("ms", None), ("5 ms", None), ("-5ms", None), ("5M", None),
    ],
)  # fmt: skip
def test_a_duration_has_units(text: str, ns: int | None) -> None:
    assert read_duration(text) == ns


@pytest.mark.parametrize(
    ("text", "ns"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T01:00:00.000000001+01:00", 1),
        ("1969-12-31T23:30:00-00:30", 0),
        ("2262-04-11T23:47:16.854775807Z", MAX_NS),
        ("2262-04-11T23:47:16.854775808Z", None),
        ("1969-12-31T23:59:59Z", None),
        ("2026-01-01T00:00:00", None),
        ("2026-01-01", None),
        ("2026-02-29T00:00:00Z", None),
        ("2026-01-01T24:00:00Z", None),
        ("2026-01-01T00:00:00+24:00", None),
        ("0001-01-01T00:00:00+23:00", None),
    ],
)
def test_a_time_is_rfc_3339_with_an_offset(text: str, ns: int | None) -> None:
    assert read_time(text) == ns


@given(st.integers(0, MAX_NS))
def test_durations_and_times_are_read_as_they_are_written(ns: int) -> None:
    assert read_duration(duration_text(ns)) == ns
    assert read_time(time_text(ns)) == ns


def test_a_duration_is_written_in_the_largest_unit_that_is_whole() -> None:
    assert [duration_text(ns) for ns in (0, 1, 1_500_000, 90 * 10**9, 3600 * 10**9)] == [
        "0s", "1ns", "1500us", "90s", "1h",
    ]  # fmt: skip
