"""Finds the calls between services, databases, queues and others in a stream of stored spans.

A call is seen in two spans that are stored in any order, often seconds apart, so the spans seen
lately are remembered. A CLIENT span counts at once as a call of the peer that its attributes name;
when the SERVER span it caused turns up, that count is taken back and the two services get it.
"""

from collections.abc import Iterable, Mapping
from enum import IntEnum
from typing import Any, NamedTuple

import msgspec

from argus.attributes import decode_list
from argus.model import SpanKind, StatusCode
from argus.storage.sql.histogram import add, bucket_of
from argus.storage.sql.measures import MINUTE_S, SECOND_NS, Key, Measures, Subject, measure

REMEMBERED = 100_000
"""Spans after which a generation of memory ends: a span is remembered for one to two of them."""

_MINUTE_NS = MINUTE_S * SECOND_NS
_MEMO_LIMIT = 8192
_NOTABLE = {SpanKind.SERVER, SpanKind.CLIENT, SpanKind.PRODUCER, SpanKind.CONSUMER}


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
    return Key(
        tenant_id, Subject.CALLS, source.name, target.name, source.kind * 8 + target.kind
    )


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
    return next((value for value in values if isinstance(value, str) and value), "")


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


class _Measured(NamedTuple):
    start_ns: int
    duration_ns: int
    failed: bool


class _Caller(NamedTuple):
    """A span that may have caused others. `peer` is whom it was counted as a call of."""

    node: Node
    kind: int
    measured: _Measured | None = None
    peer: Node | None = None


class _Callee(NamedTuple):
    node: Node
    kind: int
    measured: _Measured


class Calls:
    """Adds up the calls seen in spans that come in the order they were stored. Not thread-safe.

    A call is measured by the CLIENT span that made it, else by the span that received it: its
    start, its duration, and whether its status is ERROR. Calls within one service do not count.
    A call whose two spans are stored more than `remembered` spans apart is not recognized.
    """

    def __init__(self, remembered: int = REMEMBERED) -> None:
        self._remembered = remembered
        self._young: dict[str, _Caller] = {}
        self._old: dict[str, _Caller] = {}
        self._waiting: dict[str, list[_Callee]] = {}
        self._waiting_old: dict[str, list[_Callee]] = {}
        self._plain: dict[tuple[str, int], _Caller] = {}
        self._into: Measures = {}

    def add(self, rows: Iterable[list[Any]], services: Mapping[int, str], into: Measures) -> None:
        """Take in rows of `COLUMNS`, and add to `into` (minutes) the calls they complete."""
        self._into = into
        for row in rows:
            tenant_id, trace_id, span_id, parent_id, kind, resource_id, *rest = row
            key = f"{tenant_id} {trace_id}{span_id}"
            service = services[resource_id]
            if kind not in _NOTABLE:
                caller = self._plain_caller(service, kind)
            else:
                parent = f"{tenant_id} {trace_id}{parent_id}" if parent_id else ""
                caller = self._notable(tenant_id, parent, kind, service, rest)
            self._young[key] = caller
            for waiting in (self._waiting, self._waiting_old):
                for callee in waiting.pop(key, ()):
                    self._link(tenant_id, key, self._young[key], callee)
            if len(self._young) >= self._remembered:
                self._old, self._young = self._young, {}
                self._waiting_old, self._waiting = self._waiting, {}

    def _plain_caller(self, service: str, kind: int) -> _Caller:
        found = self._plain.get((service, kind))
        if found is None:
            if len(self._plain) > _MEMO_LIMIT:
                self._plain.clear()
            found = _Caller(Node(service, NodeKind.SERVICE), kind)
            self._plain[service, kind] = found
        return found

    def _notable(
        self, tenant_id: int, parent: str, kind: int, service: str, rest: list[Any]
    ) -> _Caller:
        """Count what a CLIENT, SERVER, PRODUCER or CONSUMER span says by itself or with a span
        before it, and return what is to be remembered of it."""
        status, start_ns, duration_ns, attributes, links = rest
        caller = self._plain_caller(service, kind)
        measured = _Measured(start_ns, duration_ns, status == StatusCode.ERROR)
        if kind == SpanKind.SERVER:
            if parent:
                self._received(tenant_id, parent, _Callee(caller.node, kind, measured))
            else:
                self._count(tenant_id, _USER, caller.node, measured)
            return caller
        peer, takes = peer_of(attributes)
        if kind == SpanKind.CONSUMER or takes:
            if peer is not None and peer.kind == NodeKind.MESSAGING:
                self._count(tenant_id, peer, caller.node, measured)
            elif kind == SpanKind.CONSUMER:
                for cause in _linked(tenant_id, links) or [parent] if parent or links else ():
                    self._received(tenant_id, cause, _Callee(caller.node, kind, measured))
            return caller
        if peer is not None:
            self._count(tenant_id, caller.node, peer, measured)
        return _Caller(caller.node, kind, measured, peer)

    def _received(self, tenant_id: int, parent: str, callee: _Callee) -> None:
        caller = self._young.get(parent) or self._old.get(parent)
        if caller is None:
            self._waiting.setdefault(parent, []).append(callee)
        else:
            self._link(tenant_id, parent, caller, callee)

    def _link(self, tenant_id: int, key: str, caller: _Caller, callee: _Callee) -> None:
        source, measured = caller.node, callee.measured
        queued = caller.peer is not None and caller.peer.kind == NodeKind.MESSAGING
        if queued and callee.kind == SpanKind.CONSUMER:
            assert caller.peer is not None
            source = caller.peer
        elif caller.kind == SpanKind.CLIENT and caller.measured is not None:
            measured = caller.measured
            if caller.peer is not None:
                self._count(tenant_id, source, caller.peer, measured, sign=-1)
                generation = self._young if key in self._young else self._old
                generation[key] = caller._replace(peer=None)
        if source != callee.node:
            self._count(tenant_id, source, callee.node, measured)

    def _count(
        self, tenant_id: int, source: Node, target: Node, measured: _Measured, sign: int = 1
    ) -> None:
        start_ns, duration_ns, failed = measured
        key = call_key(tenant_id, source, target)
        found = measure(self._into, key, start_ns - start_ns % _MINUTE_NS)
        found.count += sign
        found.errors += sign * failed
        found.duration_ns += sign * float(duration_ns)
        found.first_ns = min(found.first_ns, start_ns)
        found.last_ns = max(found.last_ns, start_ns)
        add(found.buckets, {bucket_of(duration_ns): sign})


def _linked(tenant_id: int, links: str) -> list[str]:
    """The keys of the spans that a span links to, each once."""
    found = (f"{tenant_id} {link['trace_id']}{link['span_id']}" for link in decode_list(links))
    return list(dict.fromkeys(key.upper() for key in found))
