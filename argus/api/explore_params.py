"""The parameters that only the explorer takes."""

from collections.abc import Sequence

from argus.api.params import TIME_HELP, TIME_SCHEMA, Param, choice, one
from argus.api.times import now_ns, parse_duration, parse_time
from argus.query import FilterSignal

MAX_FIELDS = 20


def _few(texts: Sequence[str]) -> tuple[str, ...]:
    if len(texts) > MAX_FIELDS:
        raise ValueError(f"at most {MAX_FIELDS} at once")
    return tuple(dict.fromkeys(texts))


SIGNAL = Param[FilterSignal](
    "signal",
    choice({"traces": "traces", "logs": "logs"}),
    "traces",
    "Spans or log records.",
    {"type": "string", "enum": ["traces", "logs"], "default": "traces"},
)
PREFIX = Param[str]("prefix", one(str), "", "Only what contains this, in any case.", blank=True)
KEY = Param[str](
    "key", one(str), "", "A field or an attribute's key, as filters name it.", required=True
)
FIELD = Param[str]("field", one(str), "severity", "What to count by, as filters name it.")
FIELDS = Param[tuple[str, ...]](
    "field", _few, (), "What to count, as filters name it; the usual fields without it.",
    repeats=True,
)  # fmt: skip
SELECTION = Param[str]("selection", one(str.strip), "", "A filter: what to explain.", required=True)
POPULATION = Param[str](
    "filter",
    one(str.strip),
    "",
    "A filter: what the selection is part of; the rest is what else it finds. All without it.",
    blank=True,
)
TIMESTAMP = Param[int](
    "timestamp",
    one(lambda text: parse_time(text, now_ns())),
    0,
    f"The point in time. {TIME_HELP}",
    TIME_SCHEMA,
    required=True,
)
WINDOW = Param[int](
    "window",
    one(lambda text: parse_duration(text)),
    60 * 10**9,
    "How far to look on either side; a minute without it.",
    {"type": "string", "examples": ["30s"], "default": "1m"},
)
