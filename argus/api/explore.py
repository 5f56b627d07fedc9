"""The explorer: completion, facets, the histogram of logs, and what sets a selection apart."""

from collections import Counter, defaultdict
from collections.abc import Iterable

import msgspec
from starlette.responses import Response

from argus.api import explore_params, params
from argus.api.answer import Form, Time, json_response
from argus.api.endpoint import Call
from argus.api.insights import log_answers
from argus.api.logs import Log
from argus.api.times import format_time
from argus.errors import InvalidInput
from argus.model import UNSPECIFIED, severity_floor
from argus.query import FilterSignal, Node, parse, render
from argus.query.fields import FIELDS
from argus.query.tree import (
    And,
    Attribute,
    Column,
    Equals,
    Interval,
    Or,
    Phrase,
    Target,
    Test,
    leaves,
    other_readings,
)
from argus.storage import LogQuery, RecordQuery, Tally, TimeRange

COMPLETION_S, FACETS_S, EXPLAIN_S = 0.1, 1.0, 3.0
_HALF_CONTEXT = 250
_MINUTE_NS = 60 * 10**9
_SERIES, _FACET_VALUES, _EXPLANATIONS = 20, 20, 50
_BUCKETS = 80
_WIDTHS_NS = [
    step * unit
    for unit, steps in (
        (1_000_000, (1, 2, 5, 10, 20, 50, 100, 200, 500)),
        (10**9, (1, 2, 5, 10, 15, 30)),
        (60 * 10**9, (1, 2, 5, 10, 15, 30)),
        (3600 * 10**9, (1, 2, 3, 6, 12)),
        (86_400 * 10**9, (1, 2, 7, 14, 28, 91, 364, 3640)),
    )
    for step in steps
]


class Key(msgspec.Struct):
    """An attribute key, how many records have it, and how a filter names it."""

    key: str
    count: int
    term: str


class KeysResponse(msgspec.Struct):
    """Keys by frequency among the `counted` newest of `total` matching records."""

    keys: list[Key]
    counted: int
    total: int
    total_is_estimate: bool


class Value(msgspec.Struct):
    """A value, how many records have it, and the filter that finds those."""

    value: str | int | float | bool
    count: int
    term: str


class Facet(msgspec.Struct):
    """The most frequent values of a field; `missing` records have none."""

    field: str
    values: list[Value]
    other: int
    missing: int


class FacetsResponse(msgspec.Struct):
    """Facets among the `counted` newest of `total` matching records, the same for each."""

    facets: list[Facet]
    counted: int
    total: int
    total_is_estimate: bool


class Series(msgspec.Struct):
    """Counts over time of one value; null is where there is none, or all other values."""

    value: str | int | float | bool | None
    other: bool
    counts: list[int]


class HistogramResponse(msgspec.Struct):
    """Log records over time: each series has a count for each of `timestamps`."""

    start: Time
    end: Time
    width_ms: float
    timestamps: list[Time]
    series: list[Series]
    counted: int
    total: int
    total_is_estimate: bool


class Explanation(msgspec.Struct):
    """A value that is more frequent in the selection than elsewhere.

    `support` is its share of the selected records, `rest_share` of the others, `lift` its share
    of the selected over its share of all.
    """

    key: str
    value: str | int | float | bool
    term: str
    selected_count: int
    rest_count: int
    support: float
    rest_share: float
    lift: float


class ExplainResponse(msgspec.Struct):
    """What sets `selected` records apart from `rest`, over `counted` of `total` records."""

    explanations: list[Explanation]
    selected: int
    rest: int
    counted: int
    total: int
    total_is_estimate: bool


class ContextResponse(msgspec.Struct):
    """Log records around a point in time, oldest first."""

    logs: list[Log]


_RANGE = (params.START, params.END, params.SERVICES, params.FILTER)
_LOG_CONDITIONS = (*_RANGE, params.SEVERITY, params.SEARCH, params.TRACE_ID, params.SPAN_ID)
KEYS_PARAMS = (explore_params.SIGNAL, explore_params.PREFIX, params.LIMIT, *_RANGE)
VALUES_PARAMS = (
    explore_params.SIGNAL,
    explore_params.KEY,
    explore_params.PREFIX,
    params.LIMIT,
    *_RANGE,
)
LOG_FACETS_PARAMS = (explore_params.FIELDS, *_LOG_CONDITIONS)
TRACE_FACETS_PARAMS = (explore_params.FIELDS, *_RANGE, params.SEARCH)
HISTOGRAM_PARAMS = (explore_params.FIELD, *_LOG_CONDITIONS)
CONTEXT_PARAMS = (
    explore_params.TIMESTAMP,
    explore_params.WINDOW,
    params.SERVICES,
    params.TRACE_ID,
    params.TYPED,
)
EXPLAIN_PARAMS = (
    explore_params.SIGNAL,
    explore_params.SELECTION,
    explore_params.POPULATION,
    params.START,
    params.END,
    params.SERVICES,
)


def _column(signal: FilterSignal, name: str) -> Column:
    return Column(FIELDS[signal][name])


def _either(terms: Iterable[Node]) -> list[Node]:
    some = tuple(terms)
    return [some[0] if len(some) == 1 else Or(some)] if some else []


def _severity(name: str) -> Node:
    low = 0 if name == UNSPECIFIED else severity_floor(name)
    return Test(_column("logs", "severity"), Interval(low, low + 3 if low else 0))


def _query(
    values: params.Values, signal: FilterSignal, budget_s: float, range_: TimeRange | None = None
) -> RecordQuery:
    """All conditions of a request as one filter."""
    terms: list[Node] = []
    if (tree := params.parsed_filter(values, signal)) is not None:
        terms.append(tree)
    terms += _either([_severity(name) for name in values[params.SEVERITY]])
    if Phrase(values[params.SEARCH]).words:
        terms += [Phrase(word) for word in Phrase(values[params.SEARCH]).words]
    for param in (params.TRACE_ID, params.SPAN_ID):
        if id_ := values[param]:
            terms.append(Test(_column(signal, param.name), Equals(id_.hex())))
    whole = None if not terms else terms[0] if len(terms) == 1 else And(tuple(terms))
    services = values[params.SERVICES]
    return RecordQuery(signal, range_ or params.open_range(values), services, whole, budget_s)


def _target(text: str, signal: FilterSignal, field: str) -> Target:
    """What a text names, as before the colon of a filter."""
    try:
        tree = parse(f"{text}:*", signal)
    except InvalidInput:
        tree = None
    if not isinstance(tree, Test) or tree.target.root:
        raise InvalidInput(f"{field}: expected a field or an attribute's key", field=field)
    target = tree.target
    if isinstance(target, Column) and target.field.kind in ("text", "duration", "time"):
        raise InvalidInput(
            f"{field}: {target.field.name} hardly ever has a value twice, so there is nothing to"
            " count",
            field=field,
        )
    return target


def _term(target: Target, text: str) -> str:
    """The filter that finds the records with a value, given as JSON text."""
    value = msgspec.json.decode(text)
    if isinstance(value, str):
        if isinstance(target, Column) and target.field.kind in ("enum", "severity"):
            return f"{target.field.name}:{value}"
        quoted = isinstance(target, Attribute) and other_readings(value) != ()
        return render(Test(target, Equals(value, quoted)))
    return render(Test(target, Equals(text)))


def _facet(name: str, target: Target, tally: Tally, limit: int, prefix: str = "") -> Facet:
    ranked = sorted(tally.counts.items(), key=lambda item: (-item[1], item[0]))
    known = [(text, count) for (_, text), count in ranked if text != "null"]
    if prefix:
        known = [one for one in known if prefix.casefold() in one[0].casefold()]
    shown = [
        Value(msgspec.json.decode(text), count, _term(target, text))
        for text, count in known[:limit]
    ]
    other = sum(count for _, count in known[limit:])
    return Facet(name, shown, other, tally.counts.get((0, "null"), 0))


async def attribute_keys(call: Call) -> Response:
    """GET /api/attributes/keys."""
    values = call.values
    signal, prefix = values[explore_params.SIGNAL], values[explore_params.PREFIX].casefold()
    tally = await call.reader.count_keys(_query(values, signal, COMPLETION_S))
    found = [(msgspec.json.decode(text), count) for (_, text), count in tally.counts.items()]
    found = [(key, count) for key, count in found if prefix in key.casefold()]
    found.sort(key=lambda pair: (-pair[1], pair[0]))
    keys = [
        Key(key, count, render(Test(Attribute(key), Equals(""))).removesuffix(':""'))
        for key, count in found[: values[params.LIMIT]]
    ]
    return json_response(KeysResponse(keys, tally.counted, tally.total, tally.total_is_estimate))


async def attribute_values(call: Call) -> Response:
    """GET /api/attributes/values."""
    values = call.values
    signal, name = values[explore_params.SIGNAL], values[explore_params.KEY]
    target = _target(name, signal, "key")
    tally = await call.reader.count_values(_query(values, signal, COMPLETION_S), target)
    facet = _facet(name, target, tally, values[params.LIMIT], values[explore_params.PREFIX])
    return json_response(
        FacetsResponse([facet], tally.counted, tally.total, tally.total_is_estimate)
    )


async def trace_facets(call: Call) -> Response:
    """GET /api/traces/facets."""
    return await _facets(call, "traces", ("service", "name", "status", "kind"))


async def log_facets(call: Call) -> Response:
    """GET /api/logs/facets."""
    return await _facets(call, "logs", ("service", "severity", "scope", "event_name"))


async def _facets(call: Call, signal: FilterSignal, usual: tuple[str, ...]) -> Response:
    names = call.values[explore_params.FIELDS] or usual
    targets = [_target(name, signal, "field") for name in names]
    query = _query(call.values, signal, FACETS_S / len(names))
    tallies = [await call.reader.count_values(query, target) for target in targets]
    facets = [
        _facet(name, target, tally, _FACET_VALUES)
        for name, target, tally in zip(names, targets, tallies, strict=True)
    ]
    counted = min(tally.counted for tally in tallies)
    total = max(tally.total for tally in tallies)
    estimate = any(tally.total_is_estimate for tally in tallies)
    return json_response(FacetsResponse(facets, counted, total, estimate))


async def log_histogram(call: Call) -> Response:
    """GET /api/logs/histogram."""
    start, end = params.bounded_range(call.values, 15 * _MINUTE_NS)
    target = _target(call.values[explore_params.FIELD], "logs", "field")
    width = next((w for w in _WIDTHS_NS if (end - start) / w <= _BUCKETS), _WIDTHS_NS[-1])
    query = _query(call.values, "logs", FACETS_S, TimeRange(start, end))
    tally = await call.reader.count_values(query, target, width)
    first = start // width
    buckets = max(0, -(-end // width) - first)
    totals: Counter[str] = Counter()
    for (_, text), count in tally.counts.items():
        totals[text] += count
    shown = [text for text, _ in totals.most_common(_SERIES)]
    lines: dict[str | None, list[int]] = defaultdict(lambda: [0] * buckets)
    for (bucket, text), count in tally.counts.items():
        lines[text if text in shown else None][bucket - first] += count
    series = [Series(msgspec.json.decode(text), False, lines[text]) for text in shown]
    if None in lines:
        series.append(Series(None, True, lines[None]))
    stamps = [format_time((first + number) * width) for number in range(buckets)]
    return json_response(
        HistogramResponse(
            format_time(start), format_time(end), width / 1e6, stamps, series,
            tally.counted, tally.total, tally.total_is_estimate,
        )
    )  # fmt: skip


async def explain(call: Call) -> Response:
    """POST /api/explain."""
    values = call.values
    signal = values[explore_params.SIGNAL]
    selection = params.parsed(values[explore_params.SELECTION], signal, "selection")
    found = await call.reader.contrast(_query(values, signal, EXPLAIN_S), selection)
    asked = {leaf.target for leaf in leaves(selection) if isinstance(leaf, Test)}
    rest = found.counted - found.selected
    explanations = []
    for (place, key, text), (inside, outside) in found.counts.items():
        if text in ("", '""') or inside < 2:
            continue
        target: Target = _column(signal, key) if place == "field" else Attribute(key)
        support, share = inside / found.selected, outside / rest if rest else 0.0
        if support <= share or target in asked:
            continue
        lift = support / ((inside + outside) / found.counted)
        value, term = msgspec.json.decode(text), _term(target, text)
        explanations.append(Explanation(key, value, term, inside, outside, support, share, lift))
    explanations.sort(key=lambda one: (one.rest_share - one.support, one.key, str(one.value)))
    return json_response(
        ExplainResponse(
            explanations[:_EXPLANATIONS], found.selected, rest,
            found.counted, found.total, found.total_is_estimate,
        )
    )  # fmt: skip


async def log_context(call: Call) -> Response:
    """GET /api/logs/context."""
    values = call.values
    moment = values[explore_params.TIMESTAMP]
    window = values[explore_params.WINDOW]
    query = LogQuery(
        range=TimeRange(max(0, moment - window), moment + window + 1),
        services=values[params.SERVICES],
        trace_id=values[params.TRACE_ID],
        limit=2 * _HALF_CONTEXT,
    )
    records = await call.reader.logs_around(query, moment)
    form = Form(values[params.TYPED])
    return json_response(ContextResponse(await log_answers(call, records, form)))
