"""Finds the calls between services, databases, queues and others in a stream of stored spans.

A call is seen in two spans that are stored in any order, often seconds apart, so the spans seen
lately are remembered. A CLIENT span counts at once as a call of the peer that its attributes name;
when the SERVER span it caused turns up, that count is taken back and the two services get it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from enum import IntEnum
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec

from argus.attributes import decode_list
from argus.model import SpanKind, StatusCode
from argus.storage.sql.histogram import bucket_of
from argus.storage.sql.measures import MINUTE_S, SECOND_NS, Key, Measure, Measures, Subject, measure

REMEMBERED = 100_000
"""Spans after which a generation of memory ends: a span is remembered for one to two of them."""

_MINUTE_NS = MINUTE_S * SECOND_NS
# plain numbers: comparing with members of an enum takes five times as long
_ERROR = int(StatusCode.ERROR)
_SERVER, _CLIENT = int(SpanKind.SERVER), int(SpanKind.CLIENT)
_PRODUCER, _CONSUMER = int(SpanKind.PRODUCER), int(SpanKind.CONSUMER)
_TIMED = frozenset((_SERVER, _CLIENT, _PRODUCER, _CONSUMER))


class NodeKind(IntEnum):
    """What a node of the map is."""

    SERVICE = 0
    DATABASE = 1
    MESSAGING = 2
    EXTERNAL = 3
    USER = 4


class Node(NamedTuple):
    """A node of the map."""

    name: str
    kind: NodeKind


_USER = Node("user", NodeKind.USER)
COLUMNS = (
    "tenant_id", "trace_id", "span_id", "parent_span_id", "kind", "resource_id", "status",
    "start_ns", "duration_ns", "attributes", "links",
)  # fmt: skip
"""Of a span, as far as calls go: ids as hex text in upper case; `attributes` and `links` may be
empty where they are not asked for (see `select_calls` in `rollups`)."""


def call_key(tenant_id: int, source: Node, target: Node) -> Key:
    """The key that calls from a node to a node are counted under."""
    return Key(tenant_id, Subject.CALLS, source.name, target.name, source.kind * 8 + target.kind)


@lru_cache(maxsize=4096)
def nodes_of(service: str, name: str, detail: int) -> tuple[Node, Node]:
    """The nodes of the fields of a `call_key`."""
    return Node(service, NodeKind(detail >> 3)), Node(name, NodeKind(detail & 7))


class _Attributes(msgspec.Struct):
    """What tells whom a span talks to, in today's names and in those before them.

    https://opentelemetry.io/docs/specs/semconv/registry/attributes/
    """

    db_system: Any = msgspec.field(default="", name="db.system.name")
    db_system_before: Any = msgspec.field(default="", name="db.system")
    db_namespace: Any = msgspec.field(default="", name="db.namespace")
    db_name: Any = msgspec.field(default="", name="db.name")
    messaging_system: Any = msgspec.field(default="", name="messaging.system")
    destination: Any = msgspec.field(default="", name="messaging.destination.name")
    destination_before: Any = msgspec.field(default="", name="messaging.destination")
    operation: Any = msgspec.field(default="", name="messaging.operation.type")
    operation_before: Any = msgspec.field(default="", name="messaging.operation")
    peer_service: Any = msgspec.field(default="", name="service.peer.name")
    peer_service_before: Any = msgspec.field(default="", name="peer.service")
    server_address: Any = msgspec.field(default="", name="server.address")
    net_peer_name: Any = msgspec.field(default="", name="net.peer.name")


_decode = msgspec.json.Decoder(_Attributes).decode


def _text(*values: Any) -> str:
    for value in values:
        if value and isinstance(value, str):
            return value
    return ""


def peer_of(attributes: str) -> tuple[Node | None, bool]:
    """Whom a span talks to by its attributes, and whether it takes messages from there."""
    found = _decode(attributes)
    address = _text(found.server_address, found.net_peer_name)
    if system := _text(found.db_system, found.db_system_before):
        place = _text(found.db_namespace, found.db_name, address)
        return Node(f"{system}/{place}" if place else system, NodeKind.DATABASE), False
    if system := _text(found.messaging_system):
        place = _text(found.destination, found.destination_before)
        takes = _text(found.operation, found.operation_before) in ("receive", "process")
        return Node(f"{system}/{place}" if place else system, NodeKind.MESSAGING), takes
    name = _text(found.peer_service, found.peer_service_before, address)
    return (Node(name, NodeKind.EXTERNAL) if name else None), False


_Times = tuple[int, int, bool]
"""Start, duration (nanoseconds) and failure of the span that measures a call."""
_Caller = tuple[str, int, _Times | None, Node | None]
"""Service and kind of a span that may have caused others; the times of a CLIENT span; the node
it was counted as a call of."""
_Callee = tuple[str, int, _Times]
"""Service, kind and times of a span that a caller is looked for."""
_Sums = dict[tuple[int, Node, Node], tuple[list[_Times], list[_Times]]]
"""What is counted and what is taken back, by tenant, source and target."""


class Calls:
    """Adds up the calls seen in spans that come in the order they were stored. Not thread-safe.

    A call is measured by the CLIENT span that made it, else by the span that received it: its
    start, its duration, and whether its status is ERROR. Calls within one service do not count.
    A call whose two spans are stored more than `remembered` spans apart is not recognized.
    """

    def __init__(
        self, remembered: int = REMEMBERED, start_ns: int = 0, end_ns: int = 2**63 - 1
    ) -> None:
        """Only calls measured from `start_ns` to before `end_ns` are added up."""
        self._remembered = remembered
        self._start_ns, self._end_ns = start_ns, end_ns
        self._young: dict[str, _Caller] = {}
        self._old: dict[str, _Caller] = {}
        self._waiting: dict[str, list[_Callee]] = {}
        self._waiting_old: dict[str, list[_Callee]] = {}
        self._nodes: dict[str, Node] = {}
        self._unanswered: dict[str, tuple[int, Node | None, bool]] = {}
        self._sums: _Sums = {}

    def add(self, rows: Iterable[list[Any]], services: Mapping[int, str], into: Measures) -> None:
        """Take in rows of `COLUMNS`, and add to `into` (minutes) the calls they complete."""
        self._nodes = {name: Node(name, NodeKind.SERVICE) for name in services.values()}
        self._unanswered, self._sums = {}, {}
        young, waiting, waiting_old = self._young, self._waiting, self._waiting_old
        # most spans only have to be remembered as what they are: one tuple does for all of a kind
        plain: dict[tuple[int, int], _Caller] = {}
        for row in rows:
            (
                tenant_id, trace_id, span_id, parent_id, kind, resource_id,
                status, start_ns, duration_ns, attributes, links,
            ) = row  # fmt: skip
            if tenant_id != 1:
                trace_id = f"{tenant_id} {trace_id}"
            key, caller = trace_id + span_id, plain.get((resource_id, kind))
            if caller is None:
                caller = plain[resource_id, kind] = (services[resource_id], kind, None, None)
            if kind in _TIMED:
                service, times = caller[0], (start_ns, duration_ns, status == _ERROR)
                if kind == _CLIENT:
                    caller = (service, kind, times, None)
                    self._unanswered[key] = (tenant_id, *peer_of(attributes))
                elif kind != _SERVER:
                    parent = trace_id + parent_id if parent_id else ""
                    span = (service, kind, times)
                    caller = self._message(tenant_id, parent, span, attributes, links)
                elif parent_id:
                    self._received(tenant_id, trace_id + parent_id, (service, kind, times))
                else:
                    self._count(tenant_id, _USER, self._nodes[service], times)
            young[key] = caller
            if key in waiting or key in waiting_old:
                self._answer(tenant_id, key)
        self._count_unanswered()
        self._add_up(into)
        if len(self._young) >= self._remembered:
            self._old, self._young = self._young, {}
            self._waiting_old, self._waiting = self._waiting, {}

    def _message(
        self, tenant_id: int, parent: str, span: _Callee, attributes: str, links: str
    ) -> _Caller:
        """Count a PRODUCER or CONSUMER span; return what is to be remembered of it."""
        service, kind, times = span
        queue, _ = peer_of(attributes)
        if kind == _PRODUCER:
            if queue is not None:
                self._count(tenant_id, self._nodes[service], queue, times)
            return (service, kind, None, queue)
        if queue is not None and queue.kind == NodeKind.MESSAGING:
            self._count(tenant_id, queue, self._nodes[service], times)
        else:
            for cause in _linked(tenant_id, links) or ([parent] if parent else []):
                self._received(tenant_id, cause, span)
        return (service, kind, None, None)

    def _received(self, tenant_id: int, parent: str, callee: _Callee) -> None:
        caller = self._young.get(parent) or self._old.get(parent)
        if caller is None:
            self._waiting.setdefault(parent, []).append(callee)
        else:
            self._link(tenant_id, parent, caller, callee)

    def _answer(self, tenant_id: int, key: str) -> None:
        for waiting in (self._waiting_old, self._waiting):
            for callee in waiting.pop(key, ()):
                self._link(tenant_id, key, self._young[key], callee)

    def _link(self, tenant_id: int, key: str, caller: _Caller, callee: _Callee) -> None:
        service, kind, measured, peer = caller
        source, times = self._node(service), callee[2]
        if peer is None and callee[1] == _CONSUMER and key in self._unanswered:
            peer = self._unanswered[key][1]
        if callee[1] == _CONSUMER and peer is not None and peer.kind == NodeKind.MESSAGING:
            self._count(tenant_id, peer, self._node(callee[0]), times)
            return
        if measured is not None:
            times = measured
            if self._unanswered.pop(key, None) is None and peer is not None:
                self._count(tenant_id, source, peer, measured, back=True)
                generation = self._young if key in self._young else self._old
                generation[key] = (service, kind, measured, None)
        if service != callee[0]:
            self._count(tenant_id, source, self._node(callee[0]), times)

    def _node(self, service: str) -> Node:
        return self._nodes.get(service) or Node(service, NodeKind.SERVICE)

    def _count(
        self, tenant_id: int, source: Node, target: Node, times: _Times, back: bool = False
    ) -> None:
        key = (tenant_id, source, target)
        sums = self._sums.get(key)
        if sums is None:
            sums = self._sums[key] = ([], [])
        sums[back].append(times)

    def _count_unanswered(self) -> None:
        for key, (tenant_id, peer, takes) in self._unanswered.items():
            service, kind, times, _ = self._young[key]
            if peer is None or times is None:
                continue
            if takes:
                self._count(tenant_id, peer, self._node(service), times)
            else:
                self._count(tenant_id, self._node(service), peer, times)
                self._young[key] = (service, kind, times, peer)

    def _add_up(self, into: Measures) -> None:
        for (tenant_id, source, target), counted in self._sums.items():
            key = call_key(tenant_id, source, target)
            for sign, times in zip((1, -1), counted, strict=True):
                if not times:
                    continue
                minutes: dict[int, list[_Times]] = {}
                for one in times:
                    if self._start_ns <= one[0] < self._end_ns:
                        minutes.setdefault(one[0] // _MINUTE_NS, []).append(one)
                for minute, some in minutes.items():
                    measure(into, key, minute * _MINUTE_NS).add(_sum_of(some, sign))


def _sum_of(times: list[_Times], sign: int) -> Measure:
    starts, durations, failures = zip(*times, strict=True)
    return Measure(
        sign * len(times),
        sign * sum(failures),
        sign * sum(durations),
        min(starts),
        max(starts),
        {b: sign * n for b, n in Counter(map(bucket_of, durations)).items()},
    )


def _linked(tenant_id: int, links: str) -> list[str]:
    """The keys of the spans that a span links to, each once."""
    prefix = "" if tenant_id == 1 else f"{tenant_id} "
    ids = (link["trace_id"] + link["span_id"] for link in decode_list(links))
    return list(dict.fromkeys(prefix + text.upper() for text in ids))
