"""Purge, vacuum and pins, as the API offers them."""

import json
import time
from typing import Any

import pytest

from argus.api import create_app
from tests.api.doubles import TRACE_ID, OneTrace, call, parts_with

PURGE = "/api/admin/purge"
PIN = f"/api/traces/{TRACE_ID.hex()}/pin"


def ask(method: str, path: str, query: str = "", **headers: str) -> tuple[int, Any, OneTrace]:
    """Status, decoded answer, and the data that was asked."""
    data = OneTrace()
    app = create_app(parts_with(data=data))
    status, _, body = call(app, path, query.encode(), method, **headers)
    return status, json.loads(body) if body else None, data


def test_a_purge_says_what_is_gone() -> None:
    status, answer, data = ask("DELETE", PURGE, "days=7")
    assert status == 200
    assert answer == {
        "purged_traces": 1, "purged_spans": 2, "purged_logs": 3, "freed_bytes": 4096,
    }  # fmt: skip
    ((verb, before_ns),) = data.done
    assert verb == "purge"
    assert 0 <= time.time_ns() - 7 * 86_400 * 10**9 - before_ns < 10**10


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("", "days"),
        ("days=-1", "days"),
        ("days=1e9", "days"),
        ("days=1000000000", "days"),
        ("days=NaN", "days"),
        ("days=7.5", "days"),
        ("days=", "days"),
        ("days=0", "confirm"),
        ("days=0&confirm=yes", "confirm"),
    ],
)
def test_a_purge_that_may_be_a_mistake_deletes_nothing(query: str, field: str) -> None:
    status, answer, data = ask("DELETE", PURGE, query)
    assert (status, answer["error"]["field"]) == (400, field)
    assert data.done == []


def test_everything_is_deleted_when_that_is_confirmed() -> None:
    status, _, data = ask("DELETE", PURGE, "days=0&confirm=true")
    assert (status, len(data.done)) == (200, 1)


def test_vacuum_answers_when_it_is_done() -> None:
    assert ask("POST", "/api/admin/vacuum")[:2] == (200, {"status": "vacuumed"})


def test_a_trace_is_pinned_and_let_go_for_its_tenant() -> None:
    for method, verb in (("PUT", "pin"), ("DELETE", "unpin")):
        status, answer, data = ask(method, PIN, x_scope_orgid="red")
        assert (status, answer) == (204, None)
        assert data.done == [(verb, ("red", TRACE_ID))]


def test_whether_a_trace_is_pinned_is_known_to_its_tenant() -> None:
    data = OneTrace()
    app = create_app(parts_with(data=data))
    call(app, PIN, b"", "PUT", x_scope_orgid="red")
    for tenant, pinned in (("red", True), ("blue", False)):
        status, _, body = call(app, PIN, b"", x_scope_orgid=tenant)
        assert (status, json.loads(body)) == (200, {"pinned": pinned})


def test_a_trace_that_is_not_known_cannot_be_pinned() -> None:
    assert ask("PUT", f"/api/traces/{'ab' * 16}/pin")[0] == 404
    status, answer, _ = ask("PUT", "/api/traces/xyz/pin")
    assert (status, answer["error"]["field"]) == (400, "trace_id")
