"""What the API says of ingest: receipts, and the requests that wait on disk."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from argus.api import create_app
from argus.pipeline.receipts import Receipt
from tests.api.doubles import WaitingLetter, WaitingLetters, parts_with


def client(**parts: Any) -> TestClient:
    return TestClient(create_app(parts_with(**parts)), base_url="http://localhost:8080")


def test_receipts_are_those_of_the_tenant_and_say_what_became_of_each_record() -> None:
    receipt = Receipt("shop", "pod-1", "10.0.0.7", "grpc")
    receipt.last_seen_ns = 1_700_000_000_000_000_000
    receipt.accepted, receipt.committed, receipt.filtered, receipt.duplicate = 10, 4, 3, 2
    receipt.rejected.update({"end_before_start": 5})
    asked: list[str] = []

    def receipts(tenant: str) -> list[Receipt]:
        asked.append(tenant)
        return [receipt]

    answer = client(receipts=receipts).get(
        "/api/ingest/receipts", headers={"x-scope-orgid": "team"}
    )
    assert asked == ["team"]
    assert answer.json()["receipts"] == [
        {
            "service_name": "shop",
            "instance": "pod-1",
            "peer": "10.0.0.7",
            "transport": "grpc",
            "last_seen": "2023-11-14T22:13:20.000000000Z",
            "accepted": 10,
            "rejected": {"end_before_start": 5},
            "filtered": 3,
            "duplicate": 2,
            "queued": 1,
            "committed": 4,
            "lag_ms": 0.0,
            "clock_offset_ms": 0.0,
        }
    ]


def test_dead_letters_are_listed_oldest_first_in_pages() -> None:
    letters = WaitingLetters(*(WaitingLetter(id=f"{n:03d}") for n in range(5)))
    page = client(dead_letters=letters).get("/api/admin/dlq", params={"limit": 2}).json()
    assert [one["id"] for one in page["files"]] == ["000", "001"]
    rest = client(dead_letters=letters).get("/api/admin/dlq", params={"cursor": "001"}).json()
    assert [one["id"] for one in rest["files"]] == ["002", "003", "004"]
    assert rest["next_cursor"] is None
    assert page["files"][0]["received_at"] == "2023-11-14T22:13:20.000000000Z"


def test_a_dead_letter_is_replayed_and_another_deleted() -> None:
    letters = WaitingLetters(WaitingLetter(id="a"), WaitingLetter(id="b"))
    browser = client(dead_letters=letters)
    assert browser.post("/api/admin/dlq/a/replay").json() == {"status": "replayed"}
    assert browser.delete("/api/admin/dlq/b").json() == {"status": "deleted"}
    assert letters.done == [("replayed", "a"), ("deleted", "b")]


@pytest.mark.parametrize(("method", "path"), [("POST", "x/replay"), ("DELETE", "x")])
def test_an_unknown_dead_letter_is_404(method: str, path: str) -> None:
    answer = client().request(method, f"/api/admin/dlq/{path}")
    assert answer.status_code == 404
    assert answer.json()["error"]["field"] == "id"


@pytest.mark.parametrize(("method", "path"), [("POST", "a/replay"), ("DELETE", "a")])
def test_beyond_loopback_without_a_token_nothing_is_replayed_or_deleted(
    method: str, path: str
) -> None:
    letters = WaitingLetters(WaitingLetter(id="a"))
    answer = client(dead_letters=letters, loopback_only=False).request(
        method, f"/api/admin/dlq/{path}"
    )
    assert answer.status_code == 403
    assert not letters.done
