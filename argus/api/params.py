"""Query strings: the parameters the API knows, and how their text becomes query objects."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, cast, get_args

from argus.api.query_string import split_query
from argus.api.times import now_ns, parse_duration, parse_time
from argus.errors import InvalidInput
from argus.model import SEVERITIES, UNSPECIFIED, StatusCode, severity_floor, severity_name
from argus.query import FilterSignal, Node, parse
from argus.query.tree import Everything
from argus.storage import TimeRange, TraceSort

T = TypeVar("T")

MAX_TEXT = 4096
MAX_REPEATS = 1000
MAX_SERVICES = 100
MAX_LIMIT = 1000
MAX_OFFSET = 2**31 - 1
MAX_DAYS = 36_500

_HEX = re.compile(r"[0-9a-fA-F]+")


@dataclass(frozen=True, eq=False)
class Param(Generic[T]):
    """One query parameter: `read` turns its texts into a value or raises ValueError.

    `schema` is the JSON schema of one value. A parameter that does not repeat gets exactly one
    text. `aliases` are other spellings of the name; `blank` lets its text be empty; `required`
    refuses requests without it.
    """

    name: str
    read: Callable[[Sequence[str]], T]
    default: T
    description: str
    schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "string"})
    repeats: bool = False
    blank: bool = False
    aliases: tuple[str, ...] = ()
    required: bool = False

    @property
    def value_schema(self) -> Mapping[str, Any]:
        """The JSON schema of all of it."""
        return {"type": "array", "items": self.schema} if self.repeats else self.schema


class Values:
    """The parsed values of one request; what is absent has its parameter's default."""

    def __init__(self, values: dict[str, Any]) -> None:
        self._values = values

    def __getitem__(self, param: Param[T]) -> T:
        return cast(T, self._values.get(param.name, param.default))


def parse_query(params: Sequence[Param[Any]], raw: bytes) -> Values:
    """A raw query string -> the values of `params`. `tenant` is let through everywhere.

    Raises InvalidInput that names the parameter: unknown, missing, repeated, empty or unreadable.
    """
    texts = split_query(raw)
    texts.pop("tenant", None)
    return parse_texts(params, texts)


def parse_texts(params: Sequence[Param[Any]], texts: dict[str, list[str]]) -> Values:
    """The texts of each name, which are used up -> the values of `params`; see `parse_query`."""
    values: dict[str, Any] = {}
    for param in params:
        found = [text for name in (param.name, *param.aliases) for text in texts.pop(name, ())]
        if found:
            values[param.name] = _read(param, found)
        elif param.required:
            raise InvalidInput(f"{param.name} is required: {param.description}", field=param.name)
    if texts:
        unknown = next(iter(texts))[:100]
        known = ", ".join(param.name for param in params) or "none"
        raise InvalidInput(f"unknown parameter {unknown!r}; known: {known}", field=unknown)
    return Values(values)


def _read(param: Param[T], texts: list[str]) -> T:
    name = param.name
    if not param.repeats and len(texts) > 1:
        raise InvalidInput(f"{name} is given {len(texts)} times; give it once", field=name)
    if len(texts) > MAX_REPEATS:
        raise InvalidInput(f"{name} is given more than {MAX_REPEATS} times", field=name)
    for text in texts:
        if not text and not param.blank:
            raise InvalidInput(f"{name} is empty", field=name)
        if len(text) > MAX_TEXT:
            raise InvalidInput(f"{name} is longer than {MAX_TEXT} characters", field=name)
        if "\0" in text:
            raise InvalidInput(f"{name} contains a NUL character", field=name)
    try:
        return param.read(texts)
    except ValueError as error:
        raise InvalidInput(f"{name}: {error}", field=name) from None


def one(read: Callable[[str], T]) -> Callable[[Sequence[str]], T]:
    """How a parameter that does not repeat is read."""
    return lambda texts: read(texts[0])


def _integer(low: int, high: int) -> Callable[[Sequence[str]], int]:
    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) <= 19):
            raise ValueError("expected a whole number")
        if not low <= int(text) <= high:
            raise ValueError(f"must be between {low} and {high}")
        return int(text)

    return one(read)


def choice(choices: Mapping[str, T]) -> Callable[[Sequence[str]], T]:
    """How one of some words is read."""

    def read(text: str) -> T:
        if text not in choices:
            raise ValueError(f"expected one of {', '.join(choices)}")
        return choices[text]

    return one(read)


def _status(text: str) -> int | None:
    if text.upper() not in StatusCode.__members__:
        raise ValueError("expected one of OK, ERROR, UNSET")
    return int(StatusCode[text.upper()])


def _severities(texts: Sequence[str]) -> tuple[str, ...]:
    names = {
        UNSPECIFIED if text.upper() == UNSPECIFIED else severity_name(severity_floor(text))
        for text in texts
    }
    return tuple(name for name in (UNSPECIFIED, *SEVERITIES) if name in names)


def parse_id(text: str, digits: int) -> bytes:
    """Hex text -> the bytes of a trace id (32 digits) or a span id (16).

    Raises ValueError for any other text and for the all-zero id, which OTLP calls invalid.
    """
    if len(text) != digits or _HEX.fullmatch(text) is None or not text.strip("0"):
        raise ValueError(f"expected {digits} hex digits, not all zero")
    return bytes.fromhex(text)


def path_id(path: Mapping[str, str], name: str, digits: int) -> bytes:
    """The id that a part of the path has to be. Raises InvalidInput that names the part."""
    try:
        return parse_id(path[name], digits)
    except ValueError as error:
        raise InvalidInput(f"{name}: {error}", field=name) from None


def _service_names(texts: Sequence[str]) -> tuple[str, ...]:
    if len(texts) > MAX_SERVICES:
        raise ValueError(f"at most {MAX_SERVICES} at once")
    return tuple(dict.fromkeys(texts))


def _duration(text: str) -> int | None:
    return parse_duration(text, bare_unit="us")


TIME_SCHEMA = {"type": "string", "examples": ["2026-01-31T12:00:00Z", "1769860800", "now-15m"]}
_DURATION_SCHEMA = {"type": "string", "examples": ["250ms", "1500"]}
TIME_HELP = "RFC 3339, a Unix time (s, ms, µs or ns by size), or now-15m"

START = Param[int | None](
    "start",
    one(lambda text: parse_time(text, now_ns())),
    None,
    f"From here on. {TIME_HELP}",
    TIME_SCHEMA,
)
END = Param[int | None](
    "end",
    one(lambda text: parse_time(text, now_ns())),
    None,
    f"Before this. {TIME_HELP}",
    TIME_SCHEMA,
)
SERVICES = Param[tuple[str, ...]](
    "service_name",
    _service_names,
    (),
    "Only these services; repeat it for several.",
    repeats=True,
    aliases=("service_name[]",),
)
STATUS = Param[int | None](
    "status",
    one(_status),
    None,
    "Of the trace.",
    {"type": "string", "enum": ["OK", "ERROR", "UNSET"]},
)
SEVERITY = Param[tuple[str, ...]](
    "severity",
    _severities,
    (),
    "Only these severities, in any case; repeat it for several. CRITICAL is FATAL.",
    {"type": "string", "examples": [*SEVERITIES, UNSPECIFIED]},
    repeats=True,
)
SEARCH = Param[str](
    "search",
    one(str.strip),
    "",
    "Whole words that must all occur, compared without case.",
    blank=True,
)
FILTER = Param[str]("filter", one(str.strip), "", "The filter language: docs/query.md.", blank=True)
LIMIT = Param[int](
    "limit",
    _integer(1, MAX_LIMIT),
    50,
    "Page size.",
    {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": 50},
)
OFFSET = Param[int | None](
    "offset",
    _integer(0, MAX_OFFSET),
    None,
    "Matches to skip; not together with cursor.",
    {"type": "integer", "minimum": 0, "maximum": MAX_OFFSET, "default": 0},
)
CURSOR = Param[str | None](
    "cursor", one(str), None, "The `next_cursor` of the page before; not together with offset."
)
_SORTS: dict[str, TraceSort] = {name: name for name in get_args(TraceSort)}
SORT_BY = Param[TraceSort](
    "sort_by",
    choice(_SORTS),
    "start_time",
    "What to sort by.",
    {"type": "string", "enum": list(_SORTS), "default": "start_time"},
)
ORDER_BY = Param[bool](
    "order_by",
    choice({"desc": True, "asc": False}),
    True,
    "Which way to sort.",
    {"type": "string", "enum": ["desc", "asc"], "default": "desc"},
)
MIN_DURATION = Param[int | None](
    "min_duration",
    one(_duration),
    None,
    "Traces at least this long; a bare number is microseconds.",
    _DURATION_SCHEMA,
)
MAX_DURATION = Param[int | None](
    "max_duration",
    one(_duration),
    None,
    "Traces at most this long; a bare number is microseconds.",
    _DURATION_SCHEMA,
)
TRACE_ID = Param[bytes](
    "trace_id",
    one(lambda text: parse_id(text, 32)),
    b"",
    "Only of this trace.",
    {"type": "string", "pattern": "^[0-9a-fA-F]{32}$"},
)
SPAN_ID = Param[bytes](
    "span_id",
    one(lambda text: parse_id(text, 16)),
    b"",
    "Only of this span.",
    {"type": "string", "pattern": "^[0-9a-fA-F]{16}$"},
)
DAYS = Param[int](
    "days",
    _integer(0, MAX_DAYS),
    0,
    "What happened longer ago is deleted.",
    {"type": "integer", "minimum": 0, "maximum": MAX_DAYS},
    required=True,
)
CONFIRM = Param[bool](
    "confirm",
    choice({"true": True, "false": False}),
    False,
    "Has to be `true` for `days=0`, which deletes everything.",
    {"type": "string", "enum": ["true", "false"], "default": "false"},
)
TYPED = Param[bool](
    "attributes",
    choice({"plain": False, "typed": True}),
    False,
    "`typed` gives OTLP AnyValue JSON, without loss.",
    {"type": "string", "enum": ["plain", "typed"], "default": "plain"},
)
POINTS = Param[bool](
    "format",
    choice({"matrix": False, "points": True}),
    False,
    "`points` gives single spans, sampled; the header `X-Argus-Sampled` says n/N.",
    {"type": "string", "enum": ["matrix", "points"], "default": "matrix"},
)


def open_range(values: Values) -> TimeRange:
    """[start, end) of a request to a list; an absent side is open.

    Raises InvalidInput(field="end") for a range that ends before it starts.
    """
    start, end = values[START], values[END]
    if start is not None and end is not None and end < start:
        raise InvalidInput("end must not lie before start", field="end")
    return TimeRange(start, end)


def bounded_range(values: Values, default_ns: int) -> tuple[int, int]:
    """(start, end) of a request for numbers: until now and `default_ns` long unless it says
    otherwise. Raises InvalidInput(field="end") for a range that ends before it starts."""
    given_start, given_end = values[START], values[END]
    end = now_ns() if given_end is None else given_end
    start = max(0, end - default_ns) if given_start is None else given_start
    if end < start:
        raise InvalidInput("end must not lie before start", field="end")
    return start, end


def paging(values: Values) -> tuple[int, int, str | None]:
    """(limit, offset, cursor) of a request. Raises InvalidInput when both offset and cursor are
    given."""
    offset, cursor = values[OFFSET], values[CURSOR]
    if offset is not None and cursor is not None:
        raise InvalidInput("give offset or cursor, not both", field="cursor")
    return values[LIMIT], offset or 0, cursor


def parsed_filter(values: Values, signal: FilterSignal) -> Node | None:
    """The tree of a request's filter; None for one that is true of everything.

    Raises InvalidInput(field="filter") that says in which column what was expected.
    """
    tree = parsed(values[FILTER], signal, FILTER.name)
    return None if isinstance(tree, Everything) else tree


def parsed(text: str, signal: FilterSignal, field: str) -> Node:
    """The tree of a filter. Raises InvalidInput for `field` as `parsed_filter` does."""
    try:
        return parse(text, signal)
    except InvalidInput as error:
        message = error.message.replace("filter:", f"{field}:", 1)
        raise InvalidInput(message, field=field) from None
