"""Patterns: what log records say, how often, since when, and in which services."""

from typing import Annotated

import msgspec
from starlette.responses import Response

from argus.api import params
from argus.api.answer import Time, json_response
from argus.api.endpoint import Call
from argus.api.logs import SEVERITY_BY_NAME, Severity
from argus.api.times import format_time, now_ns, parse_time
from argus.storage import PatternNumbers, PatternQuery, TimeRange

DEFAULT_RANGE_NS = 15 * 60 * 10**9

PatternId = Annotated[str, msgspec.Meta(description="16 hex digits.", pattern="^[0-9a-f]{16}$")]


class ServiceCount(msgspec.Struct):
    """How many log records are of one service."""

    service_name: str
    count: int


class SeverityCount(msgspec.Struct):
    """How many log records have one severity."""

    severity: Severity
    count: int


class Pattern(msgspec.Struct):
    """What some log records have in common; `<*>` stands for what varies, `…` for a rest. `trend`
    has a count for each of the answer's `timestamps`, `term` is the filter that finds the records;
    `first_seen` and `last_seen` are of all records that were ever of the pattern."""

    id: PatternId
    template: str
    count: int
    trend: list[int]
    services: list[ServiceCount]
    severities: list[SeverityCount]
    first_seen: Time
    last_seen: Time
    term: str


class PatternsResponse(msgspec.Struct):
    """Some of the `total` patterns of `total_logs` log records, the most frequent first."""

    start: Time
    end: Time
    width_s: int
    timestamps: list[Time]
    patterns: list[Pattern]
    total: int
    total_logs: int
    limit: int
    offset: int


NEW_SINCE = params.Param[int | None](
    "new_since",
    params.one(lambda text: parse_time(text, now_ns())),
    None,
    f"Only patterns that no log record before this was of. {params.TIME_HELP}",
    params.TIME_SCHEMA,
)
PATTERN = params.Param[tuple[bytes, ...]](
    "pattern",
    lambda texts: tuple(params.parse_id(text, 16) for text in texts),
    (),
    "Only this pattern; repeat it for several.",
    {"type": "string", "pattern": "^[0-9a-fA-F]{16}$"},
    repeats=True,
)
PARAMS = (
    params.START,
    params.END,
    params.SERVICES,
    params.SEVERITY,
    PATTERN,
    NEW_SINCE,
    params.LIMIT,
    params.OFFSET,
)


async def list_patterns(call: Call) -> Response:
    """GET /api/patterns."""
    values = call.values
    limit, offset = values[params.LIMIT], values[params.OFFSET] or 0
    query = PatternQuery(
        range=TimeRange(*params.bounded_range(values, DEFAULT_RANGE_NS)),
        services=values[params.SERVICES],
        severities=values[params.SEVERITY],
        ids=values[PATTERN],
        new_since_ns=values[NEW_SINCE],
        limit=limit,
        offset=offset,
    )
    found = await call.reader.patterns(query)
    answer = PatternsResponse(
        start=format_time(found.start_ns),
        end=format_time(found.end_ns),
        width_s=found.width_s,
        timestamps=list(map(format_time, found.starts_ns)),
        patterns=list(map(_answer, found.patterns)),
        total=found.total,
        total_logs=found.records,
        limit=limit,
        offset=offset,
    )
    return json_response(answer)


def _answer(found: PatternNumbers) -> Pattern:
    return Pattern(
        id=found.id.hex(),
        template=found.template,
        count=found.records,
        trend=found.trend,
        services=[ServiceCount(*pair) for pair in found.services],
        severities=[SeverityCount(SEVERITY_BY_NAME[name], n) for name, n in found.severities],
        first_seen=format_time(found.first_seen_ns),
        last_seen=format_time(found.last_seen_ns),
        term=f"pattern:{found.id.hex()}",
    )
