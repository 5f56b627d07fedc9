"""The WebSockets: what clients say and are shown on /ws, /ws/events and /ws/health."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec
from starlette.datastructures import Headers
from starlette.routing import BaseRoute, WebSocketRoute
from starlette.types import Receive, Scope, Send

from argus.api.answer import Form, Time
from argus.api.endpoint import ApiParts
from argus.api.health import health
from argus.api.logs import log_answer
from argus.api.overview import (
    DEFAULT_RANGE_NS,
    Dashboard,
    ServiceMap,
    TrafficPoint,
    dashboard_answer,
    service_map_answer,
    traffic_answer,
)
from argus.api.tenant import resolve_tenant
from argus.api.times import format_time
from argus.api.traces import TraceSummary, summary_answer
from argus.api.websocket_protocol import link_of
from argus.errors import ArgusError, InvalidInput
from argus.live import BAD_REQUEST, TRY_AGAIN_LATER, UNSUPPORTED, Link, Seats, close_code
from argus.live.log_client import LogClient
from argus.live.log_hub import LogHub
from argus.live.log_stream import Matches
from argus.live.snapshot_hub import Compose, Snapshot, SnapshotClient, SnapshotHub, Topic
from argus.model import LogRecord, log_id_text, parse_log_id
from argus.query import matcher, parse
from argus.storage import Insight, Reader, TimeRange, TraceQuery
from argus.telemetry import Telemetry

HEALTH_EVERY_S = 2.0

_NEWEST_TRACES = 50
_BURST, _PER_SECOND = 20.0, 5.0
"""How many messages a client may send at once, and after that in a second."""

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Live:
    """What the WebSockets are made of."""

    logs: LogHub
    events: SnapshotHub
    health: SnapshotHub
    seats: Seats
    telemetry: Telemetry


class LogRequest(msgspec.Struct):
    """What a client of /ws may say. What is left out stays as it is; a null filter lets everything
    through; `since` is the id of the last record the client has."""

    filter: str | msgspec.UnsetType | None = msgspec.UNSET
    since: str | None = None
    notices: bool | msgspec.UnsetType = msgspec.UNSET


class EventRequest(msgspec.Struct):
    """What a client of /ws/events may say: show one service, or all of them."""

    service: str | None


class EventSnapshot(msgspec.Struct):
    """What /ws/events shows of the last 15 minutes."""

    service: str | None
    generated_at: Time
    dashboard: Dashboard
    traffic: list[TrafficPoint]
    traces: list[TraceSummary]
    service_map: ServiceMap


def live_routes(live: Live) -> list[BaseRoute]:
    """The WebSocket routes. Run them with `uvicorn.Config(ws=WebSocketProtocol)`."""
    paths = {
        "/ws": lambda client: _show_logs(live.logs, client),
        "/ws/events": lambda client: _show_events(live.events, client),
        "/ws/health": lambda client: _show_health(live.health, client),
    }
    return [WebSocketRoute(path, _Socket(live, show)) for path, show in paths.items()]


def encode_logs(records: Sequence[LogRecord]) -> list[bytes]:
    """The JSON of each record, as /api/logs writes it."""
    form = Form(typed=False)
    encode = msgspec.json.encode
    return [encode(log_answer(record, form)) for record in records]


def insight_notice(insight: Insight) -> dict[str, Any]:
    """What the notice of a new insight says."""
    key = insight.key
    return {
        "pattern_id": key.pattern_id.hex(),
        "service_name": key.service,
        "service_version": key.version,
        "log_id": log_id_text(insight.log_id),
        "insight": insight.text,
    }


def compile_filter(text: str) -> Matches:
    """A filter in the query language -> whether a record is one that it is true of. Raises
    InvalidInput(field="filter")."""
    return matcher(parse(text, "logs"), "logs")


def events_of(reader: Callable[[str], Reader]) -> Compose:
    """How the snapshots of /ws/events are composed."""

    async def compose(topic: Topic) -> Snapshot:
        now = time.time_ns()
        range_ = TimeRange(now - DEFAULT_RANGE_NS, now)
        services = () if topic.service is None else (topic.service,)
        source = reader(topic.tenant)
        numbers = await source.dashboard(range_, services)
        page = await source.find_traces(TraceQuery(range_, services, limit=_NEWEST_TRACES))
        shown = EventSnapshot(
            service=topic.service,
            generated_at=format_time(now),
            dashboard=dashboard_answer(numbers),
            traffic=traffic_answer(await source.traffic(range_, services)),
            traces=[summary_answer(trace) for trace in page.items],
            service_map=service_map_answer(await source.service_map(range_, services)),
        )
        return Snapshot(
            message=msgspec.json.encode(shown),
            content=_timeless(shown),
            ages=bool(numbers.total_spans or numbers.total_logs or page.items),
        )

    return compose


def health_of(parts: ApiParts) -> Compose:
    """How the messages of /ws/health are composed; each counts as a change."""

    async def compose(topic: Topic) -> Snapshot:
        content = str(time.monotonic_ns()).encode()
        return Snapshot(msgspec.json.encode(await health(parts)), content)

    return compose


def _timeless(shown: EventSnapshot) -> bytes:
    """What of a snapshot stays the same when nothing happens."""
    replace = msgspec.structs.replace
    still = replace(
        shown,
        generated_at="",
        dashboard=replace(shown.dashboard, start="", end=""),
        traffic=[point for point in shown.traffic if point.count],
        service_map=replace(shown.service_map, start="", end=""),
    )
    return msgspec.json.encode(still)


class _Client:
    """An accepted WebSocket: its tenant, the link to it, and what it says."""

    def __init__(self, tenant: str, link: Link, receive: Receive) -> None:
        self.tenant = tenant
        self.link = link
        self._receive = receive
        self._allowance = _BURST
        self._since = time.monotonic()

    async def requests(self, kind: type[R]) -> AsyncIterator[R | ArgusError]:
        """What the client says until it is gone: requests, or what is wrong with them."""
        decode = msgspec.json.Decoder(kind).decode
        while True:
            message = await self._receive()
            if message["type"] == "websocket.disconnect":
                return
            if not self._may_say_more():
                self.link.close(BAD_REQUEST, "too many messages")
            elif message.get("text") is None:
                self.link.close(UNSUPPORTED, "send text, not bytes")
            elif self.link.open:
                try:
                    yield decode(message["text"])
                except msgspec.MsgspecError as error:
                    yield InvalidInput(f"not a request: {error}")

    def _may_say_more(self) -> bool:
        now = time.monotonic()
        self._allowance = min(_BURST, self._allowance + (now - self._since) * _PER_SECOND) - 1
        self._since = now
        return self._allowance >= 0


class _Socket:
    """The ASGI application of one WebSocket path: accepts, finds a seat, shows until the end."""

    def __init__(self, live: Live, show: Callable[[_Client], Awaitable[None]]) -> None:
        self._seats = live.seats
        self._telemetry = live.telemetry
        self._show = show

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Raises InvalidInput, before the handshake is answered, for a bad tenant."""
        tenant = resolve_tenant(Headers(scope=scope), scope["query_string"])
        await receive()
        await send({"type": "websocket.accept"})
        link = link_of(scope)
        peer = scope["client"][0] if scope["client"] else ""
        if not self._seats.take(peer):
            # only an accepted socket can be told why, and when to come back
            link.close(TRY_AGAIN_LATER, "too many clients")
            return
        self._telemetry.connection_opened()
        try:
            await self._show(_Client(tenant, link, receive))
        finally:
            self._seats.give_back(peer)
            self._telemetry.connection_closed()


async def _show_logs(hub: LogHub, client: _Client) -> None:
    logs = hub.join(client.link, client.tenant)
    try:
        async for request in client.requests(LogRequest):
            try:
                await _ask(logs, request)
            except ArgusError as error:
                logs.refuse(error)
    finally:
        hub.leave(logs)


async def _ask(client: LogClient, request: LogRequest | ArgusError) -> None:
    if isinstance(request, ArgusError):
        raise request
    if request.notices is not msgspec.UNSET:
        client.notices = request.notices
    filter_ = client.filter if request.filter is msgspec.UNSET else request.filter or None
    try:
        since = None if request.since is None else parse_log_id(request.since)
    except ValueError:
        raise InvalidInput("since is not the id of a log record", field="since") from None
    await client.ask(filter_, since)


async def _show_events(hub: SnapshotHub, client: _Client) -> None:
    events = SnapshotClient(client.link)
    try:
        await hub.show(events, Topic(client.tenant))
        async for request in client.requests(EventRequest):
            if isinstance(request, ArgusError):
                raise request
            await hub.show(events, Topic(client.tenant, request.service or None))
    except ArgusError as error:
        client.link.close(close_code(error), error.message)
    finally:
        hub.leave(events)


async def _show_health(hub: SnapshotHub, client: _Client) -> None:
    shown = SnapshotClient(client.link)
    try:
        await hub.show(shown, Topic(""))
        async for _ in client.requests(msgspec.Raw):
            pass
    except ArgusError as error:
        client.link.close(close_code(error), error.message)
    finally:
        hub.leave(shown)
