"""The questions of the benchmark: each is asked at the reader, and the same over HTTP."""

import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from argus.query import parse
from argus.storage import LogQuery, Reader, TimeRange, TraceQuery
from bench.history import DAY_NS, History

SERVICE = "shop-cart-00"
MINUTE_NS = 60 * 10**9
HOUR_NS = 60 * MINUTE_NS

_ALWAYS = TimeRange()

Read = Callable[[Reader], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: what it asks of the reader, and the target of the GET that asks the same."""

    read: Read
    target: str


@dataclass(frozen=True, slots=True)
class Question:
    """Draws requests that belong together, and has bounds: p95 of all of them in milliseconds at
    the largest size, and how much that may grow since the smallest."""

    name: str
    draw: Callable[[History, random.Random], Sequence[Asked]]
    at_most_ms: float
    growth: float | None = None


def _target(path: str, range_: TimeRange = _ALWAYS, **parameters: Any) -> str:
    times = {"start": range_.start_ns, "end": range_.end_ns}
    given = {key: value for key, value in (times | parameters).items() if value is not None}
    return f"/api/{path}?{urlencode(given)}"


def _dashboard(history: History, draw: random.Random) -> Sequence[Asked]:
    end_ns = history.end_ns - draw.randrange(MINUTE_NS)
    range_ = TimeRange(end_ns - 15 * MINUTE_NS, end_ns)
    return [Asked(lambda r: r.dashboard(range_, ()), _target("metrics/dashboard", range_))]


def _ten_days(history: History, draw: random.Random) -> Sequence[Asked]:
    range_ = TimeRange(history.start_ns + draw.randrange(HOUR_NS), history.end_ns)
    return [
        Asked(lambda r: r.dashboard(range_, ()), _target("metrics/dashboard", range_)),
        Asked(lambda r: r.traffic(range_, ()), _target("metrics/traffic", range_)),
        Asked(lambda r: r.latency_heatmap(range_, ()), _target("metrics/latency_heatmap", range_)),
    ]


def _map(history: History, draw: random.Random) -> Sequence[Asked]:
    end_ns = history.end_ns - draw.randrange(HOUR_NS)
    range_ = TimeRange(end_ns - DAY_NS, end_ns)
    return [Asked(lambda r: r.service_map(range_, ()), _target("metrics/service-map", range_))]


def _trace(history: History, draw: random.Random) -> Sequence[Asked]:
    id_ = draw.choice(history.long_traces)
    return [Asked(lambda r: r.get_trace(id_), _target(f"traces/{id_.hex()}"))]


def _traces(range_: TimeRange, text: str) -> Sequence[Asked]:
    query = TraceQuery(range_, filter=parse(text, "traces"))
    return [Asked(lambda r: r.find_traces(query), _target("traces", range_, filter=text))]


def _operation(history: History, draw: random.Random) -> Sequence[Asked]:
    start_ns = draw.randrange(history.start_ns, history.end_ns - HOUR_NS)
    text = f'service:{SERVICE} name:"GET /api/v1/carts/{{id}}/users-0" duration:>20ms'
    return _traces(TimeRange(start_ns, start_ns + HOUR_NS), text)


def _words(history: History, draw: random.Random) -> Sequence[Asked]:
    start_ns = draw.randrange(history.start_ns, history.end_ns - HOUR_NS)
    range_ = TimeRange(start_ns, start_ns + HOUR_NS)
    search, least_ms = "GET api v1 orders", 50
    query = TraceQuery(range_, services=(SERVICE,), search=search, min_duration_ns=least_ms * 10**6)
    target = _target(
        "traces", range_, service_name=SERVICE, search=search, min_duration=f"{least_ms}ms"
    )
    return [Asked(lambda r: r.find_traces(query), target)]


def _attribute(history: History, draw: random.Random) -> Sequence[Asked]:
    address = f"10.{draw.randrange(4)}.{draw.randrange(256)}.{draw.randrange(4)}"
    return _traces(TimeRange(history.start_ns, history.end_ns), f'client.address:"{address}"')


def _missing(history: History, draw: random.Random) -> Sequence[Asked]:
    text = f'client.address:"11.0.0.{draw.randrange(256)}"'
    return _traces(TimeRange(history.start_ns, history.end_ns), text)


def _log_words(history: History, draw: random.Random) -> Sequence[Asked]:
    search = f"parcel {draw.randrange(2000)}"
    query = LogQuery(search=search, limit=100)
    return [Asked(lambda r: r.find_logs(query), _target("logs", search=search, limit=100))]


QUESTIONS = (
    Question("dashboard, 15 min", _dashboard, 60, 1.5),
    Question("dashboard + traffic + heatmap, 10 days", _ten_days, 250),
    Question("service map, 24 h", _map, 150),
    Question("trace of 100 spans by id", _trace, 10),
    Question("service + operation + duration, 1 h", _operation, 20),
    Question("service + words + duration, 1 h", _words, 20),
    Question("attribute equality, 10 days", _attribute, 30),
    Question("attribute value that is not there, 10 days", _missing, 10),
    Question("log words, newest 100", _log_words, 50),
)
