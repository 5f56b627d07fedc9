"""The explorer's routes over a real database: counts equal a recount by hand."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from argus.api import create_app
from argus.storage import Storage
from argus.storage.open import open_storage
from tests.api.doubles import call, parts_with
from tests.api.posting import call_with, post
from tests.builders import MILLISECOND, NOON, SECOND, a_batch, a_log_record, a_span, a_trace_id

TRACE_ID = a_trace_id()


def the_spans() -> list[Any]:
    """20 spans, every fourth of them failing; the failing ones are all of user u-1 but one."""
    return [
        a_span(
            "pay" if n % 2 else "shop",
            name="charge" if n % 4 == 0 else "GET /",
            status=2 if n % 4 == 0 else 0,
            kind=2,
            start_ns=NOON + n * SECOND,
            attributes={
                "user.id": "u-1" if n in (0, 4, 8, 12) else f"u-{n + 10}",
                "code": 500 if n % 4 == 0 else 200,
                "zone": "a",
            },
        )
        for n in range(20)
    ]


def the_logs() -> list[Any]:
    """120 log records, one a second: every tenth an error."""
    return [
        a_log_record(
            f"number {n}",
            service="pay" if n % 3 == 0 else "shop",
            severity="ERROR" if n % 10 == 0 else "INFO",
            time_ns=NOON + n * SECOND,
            trace_id=TRACE_ID if n < 5 else b"",
            attributes={"n": n, "shard": n % 2} if n % 2 else {"n": n},
        )
        for n in range(120)
    ]


@pytest.fixture
async def storage(tmp_path: Path) -> AsyncIterator[Storage]:
    storage = await open_storage("sqlite", str(tmp_path / "argus.db"), query_timeout_s=10)
    await storage.writer.write([a_batch(*the_spans()), a_batch(*the_logs())])
    await storage.writer.write([a_batch(a_span("theirs"), tenant="other")])
    yield storage
    await storage.close()


async def ask(storage: Storage, target: str, status: int = 200) -> Any:
    path, _, query = target.partition("?")
    app = create_app(parts_with(storage.reader("default")))
    found, _, body = await asyncio.to_thread(call, app, path, query.encode())
    assert found == status, body
    return json.loads(body)


async def explain(storage: Storage, members: Any, status: int = 200) -> Any:
    app = create_app(parts_with(storage.reader("default")))
    found, _, body = await asyncio.to_thread(post, app, "/api/explain", members)
    assert found == status, body
    return json.loads(body)


def counts(facet: Any) -> dict[Any, int]:
    return {one["value"]: one["count"] for one in facet["values"]}


async def test_keys_come_by_frequency_with_those_of_resources(storage: Storage) -> None:
    answer = await ask(storage, "/api/attributes/keys")
    assert {one["key"]: one["count"] for one in answer["keys"]} == {
        "code": 20, "service.name": 20, "user.id": 20, "zone": 20,
    }  # fmt: skip
    assert (answer["counted"], answer["total"], answer["total_is_estimate"]) == (20, 20, False)
    answer = await ask(storage, "/api/attributes/keys?signal=logs&prefix=SHA")
    assert [(one["key"], one["count"]) for one in answer["keys"]] == [("shard", 60)]


async def test_keys_are_conditioned_on_filter_and_range(storage: Storage) -> None:
    answer = await ask(storage, "/api/attributes/keys?filter=code:500&limit=1")
    assert [(one["key"], one["count"]) for one in answer["keys"]] == [("code", 5)]
    answer = await ask(storage, f"/api/attributes/keys?end={NOON + 3 * SECOND}&service_name=shop")
    assert answer["counted"] == 2


async def test_values_are_counted_and_each_term_finds_as_many(storage: Storage) -> None:
    names = ("code", "user.id", "service", "status", "kind", "zone", '"service.name"')
    for key in (*names, "trace_id", "span_id", "parent_span_id", "trace_state"):
        answer = await ask(storage, f"/api/attributes/values?key={key}&limit=1000")
        (facet,) = answer["facets"]
        assert sum(counts(facet).values()) + facet["missing"] == 20
        for one in facet["values"]:
            page = await ask(storage, f"/api/traces?limit=1&filter={one['term']}")
            assert page["total"] == one["count"], one
    answer = await ask(storage, "/api/attributes/values?key=code&filter=status:error")
    assert counts(answer["facets"][0]) == {500: 5}


async def test_a_value_that_is_missing_is_counted_apart(storage: Storage) -> None:
    answer = await ask(storage, "/api/attributes/values?signal=logs&key=shard")
    assert counts(answer["facets"][0]) == {1: 60}
    assert answer["facets"][0]["missing"] == 60


async def test_facets_count_the_usual_fields_or_those_asked_for(storage: Storage) -> None:
    answer = await ask(storage, "/api/logs/facets?search=number")
    assert counts(answer["facets"][0]) == {"shop": 80, "pay": 40}
    assert counts(answer["facets"][1]) == {"INFO": 108, "ERROR": 12}
    assert counts(answer["facets"][2]) == {"tests": 120}
    answer = await ask(storage, "/api/traces/facets?field=code&field=name&service_name=pay")
    assert [counts(one) for one in answer["facets"]] == [{200: 10}, {"GET /": 10}]


async def test_the_histogram_counts_every_record_once(storage: Storage) -> None:
    target = f"/api/logs/histogram?start={NOON}&end={NOON + 120 * SECOND}"
    answer = await ask(storage, target)
    assert answer["width_ms"] == 2000
    assert len(answer["timestamps"]) == 60
    assert answer["timestamps"][0] == "2026-01-01T12:00:00.000000000Z"
    series = {one["value"]: one["counts"] for one in answer["series"]}
    assert series["ERROR"] == [1, 0, 0, 0, 0] * 12
    assert sum(series["INFO"]) == 108
    answer = await ask(storage, f"{target}&field=shard&severity=error&trace_id={TRACE_ID.hex()}")
    assert [(one["value"], sum(one["counts"])) for one in answer["series"]] == [(None, 1)]


async def test_many_values_share_one_series(storage: Storage) -> None:
    target = f"/api/logs/histogram?field=n&start={NOON}&end={NOON + 120 * SECOND}"
    series = (await ask(storage, target))["series"]
    assert len(series) == 21
    assert (series[-1]["other"], sum(series[-1]["counts"])) == (True, 100)


async def test_the_context_of_a_log_record_is_what_lies_around_it(storage: Storage) -> None:
    answer = await ask(storage, f"/api/logs/context?timestamp={NOON + 60 * SECOND}&window=3s")
    bodies = [log["body"] for log in answer["logs"]]
    assert bodies == [f"number {n}" for n in range(57, 64)]
    target = f"/api/logs/context?timestamp={NOON}&trace_id={TRACE_ID.hex()}&service_name=pay"
    answer = await ask(storage, target)
    assert [log["body"] for log in answer["logs"]] == ["number 0", "number 3"]


async def test_the_context_is_at_most_500_around_the_point(storage: Storage) -> None:
    many = [a_log_record(f"more {n}", time_ns=NOON + n * MILLISECOND) for n in range(1000)]
    await storage.writer.write([a_batch(*many)])
    answer = await ask(storage, f"/api/logs/context?timestamp={NOON + 500 * MILLISECOND}")
    bodies = [log["body"] for log in answer["logs"]]
    assert bodies == [f"more {n}" for n in range(250, 750)]


async def test_an_explanation_names_what_sets_a_selection_apart(storage: Storage) -> None:
    answer = await explain(storage, {"selection": "status:error"})
    assert (answer["selected"], answer["rest"], answer["counted"]) == (5, 15, 20)
    found = {(one["key"], one["value"]): one for one in answer["explanations"]}
    assert ("zone", "a") not in found
    assert ("status", "error") not in found
    user = found["user.id", "u-1"]
    assert (user["selected_count"], user["rest_count"]) == (4, 0)
    assert (user["support"], user["rest_share"], user["lift"]) == (0.8, 0.0, 4.0)
    assert found["code", 500]["support"] == 1.0
    assert found["service", "shop"]["lift"] == 2.0
    assert answer["explanations"][0]["support"] == 1.0
    assert found["code", 500]["term"] == "code:500"


async def test_an_explanation_is_of_a_range_and_of_what_a_filter_finds(storage: Storage) -> None:
    asked = {"selection": "status:error", "filter": "service:shop", "signal": "traces"}
    answer = await explain(storage, asked)
    assert (answer["selected"], answer["rest"]) == (5, 5)
    times = {"start": str(NOON), "end": str(NOON + 10 * SECOND), "service_name": ["shop", "pay"]}
    answer = await explain(storage, {"selection": "status:error", **times})
    assert (answer["selected"], answer["rest"]) == (3, 7)
    answer = await explain(storage, {"selection": "severity:error", "signal": "logs"})
    assert (answer["selected"], answer["rest"]) == (12, 108)


@pytest.mark.parametrize(
    ("target", "field"),
    [
        ("/api/attributes/values", "key"),
        ("/api/attributes/values?key=duration", "key"),
        ("/api/attributes/values?key=root.service", "key"),
        ("/api/attributes/values?key=a%20b", "key"),
        ("/api/attributes/keys?signal=metrics", "signal"),
        ("/api/attributes/keys?filter=(", "filter"),
        ("/api/logs/histogram?field=body", "field"),
        ("/api/logs/facets?field=time", "field"),
        ("/api/traces/facets?field=duration", "field"),
        ("/api/traces/facets?" + "&".join(f"field=f{n}" for n in range(21)), "field"),
        ("/api/logs/context", "timestamp"),
        ("/api/logs/context?timestamp=now&window=x", "window"),
    ],
)
async def test_what_cannot_be_read_is_named(storage: Storage, target: str, field: str) -> None:
    assert (await ask(storage, target, 400))["error"]["field"] == field


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({}, "selection"),
        ({"selection": ""}, "selection"),
        ({"selection": "status:bad"}, "selection"),
        ({"selection": 7}, "selection"),
        ({"selection": None}, "selection"),
        ({"selection": ["a"]}, "selection"),
        ({"selection": "a", "filter": "("}, "filter"),
        ({"selection": "a", "start": "soon"}, "start"),
        ({"selection": "a", "start": "now", "end": "now-1h"}, "end"),
        ({"selection": "a", "service_name": "shop"}, "service_name"),
        ({"selection": "a", "service_name": [1]}, "service_name"),
        ({"selection": "a", "signal": "metrics"}, "signal"),
        ({"selection": "a", "tenant": "x"}, "tenant"),
        ({"selection": "a", "limit": "5"}, "limit"),
        (["selection"], "body"),
        ("selection", "body"),
    ],
)
async def test_a_member_that_cannot_be_read_is_named(
    storage: Storage, members: Any, field: str
) -> None:
    assert (await explain(storage, members, 400))["error"]["field"] == field


@pytest.mark.parametrize(
    ("kind", "body", "status", "field"),
    [
        ("application/json", b"", 400, "body"),
        ("application/json", b"{", 400, "body"),
        ("application/json", b'{"selection":"\\ud800"}', 400, "body"),
        ("application/json", b'{"selection":"\xff"}', 400, "body"),
        ("application/json", b'{"a":' * 5000 + b"1" + b"}" * 5000, 400, "body"),
        ("application/json; charset=utf-8", b'{"selection":"a"}', 200, ""),
        ("text/plain", b'{"selection":"a"}', 415, "Content-Type"),
        ("", b'{"selection":"a"}', 415, "Content-Type"),
    ],
)
async def test_a_body_that_is_no_json_object_is_refused(
    storage: Storage, kind: str, body: bytes, status: int, field: str
) -> None:
    app = create_app(parts_with(storage.reader("default")))
    headers = {"content-type": kind} if kind else {}
    found, _, answer = await asyncio.to_thread(
        call_with, app, "/api/explain", b"", "POST", headers, body
    )
    assert found == status, answer
    assert json.loads(answer).get("error", {}).get("field", "") == field


async def test_an_explanation_needs_no_admin_token_and_refuses_other_sites(
    storage: Storage,
) -> None:
    app = create_app(
        replace(parts_with(storage.reader("default")), admin_token="secret", loopback_only=False)
    )
    assert (await asyncio.to_thread(post, app, "/api/explain", {"selection": "a"}))[0] == 200
    foreign = {"content-type": "application/json", "origin": "https://elsewhere.example"}
    found, _, _ = await asyncio.to_thread(
        call_with, app, "/api/explain", b"", "POST", foreign, b'{"selection":"a"}'
    )
    assert found == 403
