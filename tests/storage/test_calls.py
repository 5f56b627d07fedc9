"""Calls between services and others, found in spans that come in any order."""

import itertools
from collections import Counter
from collections.abc import Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from argus.storage.sql.edges import Calls, nodes_of, peer_of
from argus.storage.sql.measures import Measures
from tests.builders import NOON, SECOND, text_of

SERVER, CLIENT, PRODUCER, CONSUMER, INTERNAL = 2, 3, 4, 5, 1
DB = {"db.system.name": "postgresql", "db.namespace": "orders", "server.address": "db1"}
QUEUE = {"messaging.system": "kafka", "messaging.destination.name": "placed"}


def a_row(
    service: str,
    kind: int,
    span_id: str,
    parent: str = "",
    *,
    attributes: dict[str, Any] | None = None,
    links: Sequence[str] = (),
    trace: str = "AA",
    tenant: int = 1,
    failed: bool = False,
    start_ns: int = NOON,
    duration_ns: int = 1000,
) -> list[Any]:
    """A row as `Calls` takes it; the resource id is the name of the service."""
    linked = [{"trace_id": trace.lower(), "span_id": one.lower()} for one in links]
    return [
        tenant, trace, span_id, parent, kind, service, 2 if failed else 0, start_ns, duration_ns,
        text_of(attributes or {}), text_of(linked) if links else "",
    ]  # fmt: skip


def names(rows: Sequence[list[Any]]) -> dict[Any, str]:
    return {row[5]: row[5] for row in rows}


def calls_in(*steps: Sequence[list[Any]]) -> dict[str, int]:
    """How many calls were found, as `source>target`."""
    measures: Measures = {}
    calls = Calls()
    for rows in steps:
        calls.add(rows, names(rows), measures)
    found: Counter[str] = Counter()
    for (key, _), measure in measures.items():
        source, target = nodes_of(key.service, key.name, key.detail)
        found[f"{source.name}>{target.kind.name.lower()} {target.name}"] += measure.count
    return {edge: count for edge, count in found.items() if count}


WEB_CALLS_SHOP = [
    a_row("web", CLIENT, "C1", "A1", attributes={"server.address": "shop"}),
    a_row("shop", SERVER, "B1", "C1"),
]


def test_a_client_and_the_server_span_it_caused_are_one_call() -> None:
    for rows in (WEB_CALLS_SHOP, WEB_CALLS_SHOP[::-1]):
        assert calls_in(rows) == {"web>service shop": 1}
        assert calls_in(rows[:1], rows[1:]) == {"web>service shop": 1}


def test_a_call_that_nobody_answers_is_one_of_the_peer_that_is_named() -> None:
    assert calls_in(WEB_CALLS_SHOP[:1]) == {"web>external shop": 1}


def test_a_call_is_measured_by_the_client_that_made_it() -> None:
    measures: Measures = {}
    rows = [
        a_row("web", CLIENT, "C1", "A1", failed=True, start_ns=NOON + 7, duration_ns=5000),
        a_row("shop", SERVER, "B1", "C1", start_ns=NOON + 61 * SECOND, duration_ns=9),
    ]
    Calls().add(rows, names(rows), measures)
    (((key, start_ns), measure),) = measures.items()
    assert (key.service, key.name, start_ns) == ("web", "shop", NOON)
    assert (measure.count, measure.errors, measure.duration_ns) == (1, 1, 5000)
    assert (measure.first_ns, measure.last_ns) == (NOON + 7, NOON + 7)


def test_what_was_counted_as_a_call_of_a_peer_is_taken_back_to_nothing() -> None:
    measures: Measures = {}
    calls = Calls()
    for row in WEB_CALLS_SHOP:
        calls.add([row], names([row]), measures)
    taken_back = [m for (key, _), m in measures.items() if key.detail == 3]
    assert [(m.count, m.errors, m.duration_ns, m.buckets) for m in taken_back] == [(0, 0, 0, {})]


def test_a_server_span_without_a_parent_is_a_call_by_a_user() -> None:
    assert calls_in([a_row("shop", SERVER, "B1")]) == {"user>service shop": 1}


def test_a_server_span_whose_parent_is_unknown_is_no_call() -> None:
    assert calls_in([a_row("shop", SERVER, "B1", "F0")]) == {}


def test_a_parent_of_any_kind_in_another_service_is_the_caller() -> None:
    rows = [a_row("web", INTERNAL, "A1", "A0"), a_row("shop", SERVER, "B1", "A1")]
    assert calls_in(rows) == {"web>service shop": 1}
    assert calls_in(rows[1:], rows[:1]) == {"web>service shop": 1}


def test_calls_within_a_service_do_not_count() -> None:
    rows = [
        a_row("web", CLIENT, "C1", "A1", attributes={"server.address": "web.local"}),
        a_row("web", SERVER, "B1", "C1"),
    ]
    assert calls_in(rows) == calls_in(rows[:1], rows[1:]) == {}


def test_a_database_is_named_by_its_system_and_namespace() -> None:
    rows = [a_row("shop", CLIENT, "C1", "B1", attributes=DB)]
    assert calls_in(rows) == {"shop>database postgresql/orders": 1}


def test_a_queue_lies_between_those_who_send_and_those_who_receive() -> None:
    rows = [
        a_row("shop", PRODUCER, "C1", "B1", attributes=QUEUE),
        a_row("mail", CONSUMER, "D1", "C1", attributes=QUEUE, links=["C1"]),
    ]
    expected = {"shop>messaging kafka/placed": 1, "kafka/placed>service mail": 1}
    assert calls_in(rows) == calls_in(rows[::-1]) == expected
    assert calls_in(rows[:1], rows[1:]) == calls_in(rows[1:], rows[:1]) == expected


def test_a_consumer_that_names_no_queue_is_linked_to_the_one_of_its_producer() -> None:
    rows = [
        a_row("shop", PRODUCER, "C1", "B1", attributes=QUEUE),
        a_row("mail", CONSUMER, "D1", "", links=["C1"]),
    ]
    expected = {"shop>messaging kafka/placed": 1, "kafka/placed>service mail": 1}
    assert calls_in(rows) == calls_in(rows[::-1]) == expected


def test_without_a_queue_producer_and_consumer_call_each_other() -> None:
    rows = [a_row("shop", PRODUCER, "C1", "B1"), a_row("mail", CONSUMER, "D1", "C1")]
    assert calls_in(rows) == calls_in(rows[::-1]) == {"shop>service mail": 1}


def test_each_message_of_a_batch_is_a_call() -> None:
    rows = [
        a_row("shop", PRODUCER, "C1", "B1"),
        a_row("web", PRODUCER, "C2", "B2"),
        a_row("mail", CONSUMER, "D1", "", links=["C1", "C2"]),
    ]
    assert calls_in(rows) == {"shop>service mail": 1, "web>service mail": 1}


def test_a_client_that_receives_takes_from_the_queue() -> None:
    attributes = {**QUEUE, "messaging.operation.type": "receive"}
    rows = [a_row("mail", CLIENT, "C1", "A1", attributes=attributes)]
    assert calls_in(rows) == {"kafka/placed>service mail": 1}


def test_the_same_ids_of_two_tenants_are_two_traces() -> None:
    rows = [
        a_row("web", CLIENT, "C1", "A1", attributes={"server.address": "shop"}, tenant=2),
        a_row("shop", SERVER, "B1", "C1"),
    ]
    assert calls_in(rows) == {"web>external shop": 1}


def test_names_of_peers_are_read_in_old_and_new_spelling() -> None:
    named: list[tuple[dict[str, Any], str]] = [
        ({"service.peer.name": "a", "server.address": "h"}, "a"),
        ({"peer.service": "b", "server.address": "h"}, "b"),
        ({"server.address": "h", "server.port": 80}, "h"),
        ({"net.peer.name": "old"}, "old"),
        ({"db.system": "redis"}, "redis"),
        ({"db.system": "mysql", "db.name": "x"}, "mysql/x"),
        ({"db.system.name": "sqlite", "server.address": "h"}, "sqlite/h"),
        ({"messaging.system": "sqs", "messaging.destination": "q"}, "sqs/q"),
    ]
    for attributes, name in named:
        peer, takes = peer_of(text_of(attributes))
        assert peer is not None
        assert (peer.name, takes) == (name, False)
    nameless: list[dict[str, Any]] = [{}, {"server.address": 5}, {"db.system": ""}, {"x": [1, {}]}]
    for attributes in nameless:
        assert peer_of(text_of(attributes)) == (None, False)


TRACE = [
    a_row("shop", SERVER, "01"),
    a_row("shop", CLIENT, "02", "01", attributes=DB),
    a_row("shop", CLIENT, "03", "01", attributes={"peer.service": "stock"}),
    a_row("stock", SERVER, "04", "03"),
    a_row("stock", INTERNAL, "05", "04"),
    a_row("stock", CLIENT, "06", "05", attributes={"server.address": "far.example"}),
    a_row("shop", PRODUCER, "07", "01", attributes=QUEUE),
    a_row("mail", CONSUMER, "08", "07", attributes=QUEUE, links=["07"]),
    a_row("mail", CLIENT, "09", "08", attributes={"server.address": "stock"}),
    a_row("stock", SERVER, "0A", "09"),
    a_row("stock", SERVER, "0B", "09"),
    a_row("lost", SERVER, "0C", "FF"),
]
EXPECTED = {
    "user>service shop": 1,
    "shop>database postgresql/orders": 1,
    "shop>service stock": 1,
    "stock>external far.example": 1,
    "shop>messaging kafka/placed": 1,
    "kafka/placed>service mail": 1,
    "mail>service stock": 2,
}


@given(st.permutations(TRACE), st.lists(st.integers(0, len(TRACE)), max_size=4))
def test_the_order_in_which_spans_are_stored_changes_nothing(
    rows: list[list[Any]], cuts: list[int]
) -> None:
    limits = [0, *sorted(cuts), len(rows)]
    steps = [rows[a:b] for a, b in itertools.pairwise(limits)]
    assert calls_in(*steps) == EXPECTED


def test_a_span_is_forgotten_after_two_generations() -> None:
    def found(between: int) -> int:
        measures: Measures = {}
        calls = Calls(remembered=10)
        calls.add(WEB_CALLS_SHOP[:1], names(WEB_CALLS_SHOP), {})
        for number in range(between):
            row = a_row("x", INTERNAL, f"E{number}")
            calls.add([row], names([row]), {})
        calls.add(WEB_CALLS_SHOP[1:], names(WEB_CALLS_SHOP), measures)
        return len(measures)

    assert found(between=9) == 2
    assert found(between=30) == 0
