"""Times and durations of requests and answers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argus.api.times import MAX_NS, format_time, parse_duration, parse_time

NOW = 1_769_860_800 * 10**9


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-31T12:00:00Z", NOW),
        ("2026-01-31t12:00:00.123456789z", NOW + 123_456_789),
        ("2026-01-31 12:00:00.5Z", NOW + 500_000_000),
        ("2026-01-31T14:00:00+02:00", NOW),
        ("2026-01-31T14:00:00 02:00", NOW),
        ("2026-01-31T06:30:00-05:30", NOW),
        ("1769860800", NOW),
        ("1769860800.000000001", NOW + 1),
        ("1769860800000", NOW),
        ("1769860800000000", NOW),
        ("1769860800000000000", NOW),
        ("99999999999", 99_999_999_999 * 10**9),
        ("100000000000", 10**11 * 10**6),
        ("now", NOW),
        ("now-15m", NOW - 900 * 10**9),
        ("now-1d", NOW - 86_400 * 10**9),
        ("now+1h", NOW + 3600 * 10**9),
        ("0", 0),
    ],
)
def test_a_time_is_read_in_each_of_its_forms(text: str, expected: int) -> None:
    if expected > MAX_NS:
        with pytest.raises(ValueError, match="2262"):
            parse_time(text, NOW)
    else:
        assert parse_time(text, NOW) == expected


@pytest.mark.parametrize(
    "text",
    [
        "", "yesterday", "2026-01-31", "2026-01-31T12:00:00", "2026-02-30T00:00:00Z",
        "2026-01-31T24:00:00Z", "2026-01-31T12:00:00.1234567890Z", "0000-01-01T00:00:00Z",
        "1e9", "-5", "now-", "now-15", "now15m", "now-15x", "1" * 20, "９", "1969-12-31T23:59:59Z",
        "now-300w300w300w9999999999w",
    ],
)  # fmt: skip
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected|there is|must lie|out of range|292"):
        parse_time(text, NOW)


@given(st.integers(0, MAX_NS))
def test_a_formatted_time_reads_back_to_the_nanosecond(ns: int) -> None:
    text = format_time(ns)
    assert len(text) == 30
    assert parse_time(text, NOW) == ns


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("250ms", 250 * 10**6),
        ("1h30m", 5400 * 10**9),
        ("1.5s", 1_500_000_000),
        ("10us", 10_000),
        ("10µs", 10_000),
        ("7ns", 7),
        ("1500", 1_500_000),
        ("0.5", 500),
        ("0", 0),
    ],
)
def test_a_duration_is_read_in_gos_notation_or_as_microseconds(text: str, expected: int) -> None:
    assert parse_duration(text, bare_unit="us") == expected


@pytest.mark.parametrize("text", ["", "5", "m", "1h 30m", "-1s", "1.s", "9" * 15 + "h", "1hour"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected|292"):
        parse_duration(text)
