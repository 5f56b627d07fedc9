"""How a filter writes numbers, sizes, durations and points in time, both ways.

A reader returns None for text that is not of its kind.
"""

import math
import re
from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction

MAX_NS = 2**63 - 1
"""The longest duration and the last point in time, in nanoseconds (the year 2262)."""

_INT64 = range(-(2**63), 2**63)
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,4})?")
_SIZE = re.compile(r"([0-9]{1,19}(?:\.[0-9]{1,9})?)([kmgt]i?)?b", re.IGNORECASE)
_SIZE_POWERS = {"k": 1, "m": 2, "g": 3, "t": 4}
_DURATION_PART = re.compile(r"([0-9]{1,19}(?:\.[0-9]{1,9})?)(ns|us|µs|μs|ms|s|m|h|d|w)")
_UNITS_NS = {
    "w": 604_800 * 10**9, "d": 86_400 * 10**9, "h": 3600 * 10**9, "m": 60 * 10**9, "s": 10**9,
    "ms": 10**6, "us": 10**3, "µs": 10**3, "μs": 10**3, "ns": 1,
}  # fmt: skip
_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,9}))?"
    r"(?:Z|([+-])([0-9]{2}):([0-5][0-9]))"
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def read_number(text: str) -> int | float | None:
    """Text -> a number: an int when written as one that fits 64 bits, else the nearest double."""
    written = _NUMBER.fullmatch(text)
    if written is None:
        return None
    if written[1] is None and written[2] is None and int(text) in _INT64:
        return int(text)
    number = float(text)
    return number if math.isfinite(number) else None


def read_size(text: str) -> int | float | None:
    """`10B`, `64kB` (1000), `1.5MiB` (1024) and so on, in any case -> a number of bytes."""
    written = _SIZE.fullmatch(text)
    if written is None:
        return None
    unit = (written[2] or "").lower()
    base = 1024 if unit.endswith("i") else 1000
    size = Fraction(written[1]) * base ** _SIZE_POWERS.get(unit[:1], 0)
    return int(size) if size.denominator == 1 and int(size) in _INT64 else float(size)


def read_duration(text: str) -> int | None:
    """Go's notation (`250ms`, `1h30m`, `1.5s`), also with d and w, or 0 -> nanoseconds.

    None for more than MAX_NS too. https://pkg.go.dev/time#ParseDuration
    """
    total, position = Fraction(0), 0
    while part := _DURATION_PART.match(text, position):
        total += Fraction(part[1]) * _UNITS_NS[part[2]]
        position = part.end()
    if position != len(text) or not text:
        return 0 if text == "0" else None
    return int(total) if total <= MAX_NS else None


def duration_text(ns: int) -> str:
    """Nanoseconds -> text in the largest unit that writes them whole, hours at most."""
    units = ("h", "m", "s", "ms", "us", "ns")
    unit = next(unit for unit in units if ns % _UNITS_NS[unit] == 0) if ns else "s"
    return f"{ns // _UNITS_NS[unit]}{unit}"


def read_time(text: str) -> int | None:
    """RFC 3339 with an offset -> Unix nanoseconds; None outside 1970..2262 too."""
    written = _TIME.fullmatch(text)
    if written is None:
        return None
    offset = timedelta(hours=int(written[4] or 0), minutes=int(written[5] or 0))
    try:
        zone = timezone(-offset if written[3] == "-" else offset)
        since = datetime.fromisoformat(written[1]).replace(tzinfo=zone) - _EPOCH
    except ValueError:
        return None
    ns = (since.days * 86_400 + since.seconds) * 10**9 + int((written[2] or "0").ljust(9, "0"))
    return ns if 0 <= ns <= MAX_NS else None


def time_text(ns: int) -> str:
    """Unix nanoseconds -> RFC 3339 in UTC, with as many digits after the second as needed."""
    seconds, rest = divmod(ns, 10**9)
    fraction = f".{rest:09d}".rstrip("0") if rest else ""
    return f"{_EPOCH + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%S}{fraction}Z"
