"""Points in time and durations as requests write them and answers show them."""

import re
import time
from datetime import date

from argus.model import format_time as format_time

MAX_NS = 2**63 - 1
"""The last nanosecond that storage can hold (in the year 2262)."""

_EPOCH_DAY = date(1970, 1, 1).toordinal()
_RFC3339 = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt ]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,9}))?"
    r"(?:([Zz])|([+ -])([0-9]{2}):([0-9]{2}))"
)
_NUMBER = re.compile(r"([0-9]{1,19})(?:\.([0-9]{1,9}))?")
_RELATIVE = re.compile(r"now(?:([+ -])(.+))?")
_DURATION_PART = re.compile(r"([0-9]{1,15})(?:\.([0-9]{1,9}))?(ns|us|µs|μs|ms|s|m|h|d|w)")
_UNITS_NS = {
    "ns": 1, "us": 10**3, "µs": 10**3, "μs": 10**3, "ms": 10**6, "s": 10**9,
    "m": 60 * 10**9, "h": 3600 * 10**9, "d": 86_400 * 10**9, "w": 604_800 * 10**9,
}  # fmt: skip


def now_ns() -> int:
    """The current time in Unix nanoseconds."""
    return time.time_ns()


def parse_time(text: str, now: int) -> int:
    """Text -> Unix nanoseconds in 0..MAX_NS; `now` is the time that relative forms count from.

    RFC 3339; a number (below 1e11 seconds, below 1e14 milliseconds, below 1e17 microseconds, else
    nanoseconds); `now`, `now-15m`, `now+1h`. An unescaped plus sign arrives as a blank and is read
    as the plus it was meant to be. Raises ValueError for any other text.
    """
    if number := _NUMBER.fullmatch(text):
        value = _scaled(number[1], number[2], _unit_of(int(number[1])))
    elif relative := _RELATIVE.fullmatch(text):
        value = now
        if relative[1]:
            shift = parse_duration(relative[2])
            value = now - shift if relative[1] == "-" else now + shift
    elif stamp := _RFC3339.fullmatch(text):
        value = _of_rfc3339(stamp)
    else:
        raise ValueError("expected RFC 3339 with an offset, a Unix time, or now-15m")
    if not 0 <= value <= MAX_NS:
        raise ValueError("the time must lie between the years 1970 and 2262")
    return value


def _unit_of(number: int) -> int:
    for bound, unit in ((10**11, 10**9), (10**14, 10**6), (10**17, 10**3)):
        if number < bound:
            return unit
    return 1


def _scaled(whole: str, fraction: str | None, unit: int) -> int:
    value = int(whole) * unit
    if fraction:
        value += int(fraction) * unit // 10 ** len(fraction)
    return value


def _of_rfc3339(stamp: re.Match[str]) -> int:
    year, month, day, hour, minute, second = (int(stamp[i]) for i in range(1, 7))
    if hour > 23 or minute > 59 or second > 60:
        raise ValueError("hour, minute or second is out of range")
    try:
        days = date(year, month, day).toordinal() - _EPOCH_DAY
    except ValueError:
        raise ValueError("there is no such day") from None
    seconds = days * 86_400 + hour * 3600 + minute * 60 + second
    if not stamp[8]:
        offset = int(stamp[10]) * 3600 + int(stamp[11]) * 60
        seconds += offset if stamp[9] == "-" else -offset
    return seconds * 10**9 + int((stamp[7] or "0").ljust(9, "0"))


def parse_duration(text: str, bare_unit: str | None = None) -> int:
    """Text -> nanoseconds, in Go's notation (`1h30m`, `1.5s`, `250us`), also with d and w.

    A number without a unit counts `bare_unit`s when one is given. Raises ValueError for any other
    text, and for a duration beyond 2^63-1 ns. https://pkg.go.dev/time#ParseDuration
    """
    number = _NUMBER.fullmatch(text)
    if number and bare_unit:
        total = _scaled(number[1], number[2], _UNITS_NS[bare_unit])
    elif text == "0":
        total = 0
    else:
        total, position = 0, 0
        while part := _DURATION_PART.match(text, position):
            total += _scaled(part[1], part[2], _UNITS_NS[part[3]])
            position = part.end()
        if not text or position != len(text):
            raise ValueError("expected a duration such as 250ms or 1h30m")
    if total > MAX_NS:
        raise ValueError("the duration is beyond 292 years")
    return total
