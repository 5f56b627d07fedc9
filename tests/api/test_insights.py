"""The routes of insights: what was said, what is asked, what would be sent, and the notice."""

import json
from typing import Any

import pytest

from argus.analysis.disabled import Disabled
from argus.api import create_app
from argus.api.live import insight_notice
from argus.errors import Overloaded
from argus.model import LogRecord
from argus.storage import Insight, InsightKey
from argus.telemetry import AiState
from tests.api.doubles import INSIGHT, MemoryReader, call, parts_with

TARGET = "/api/logs/00000000000000ff/insight"


class Unexplained(MemoryReader):
    """A reader to which nothing was ever said."""

    async def insights(self, keys: Any) -> dict[InsightKey, Insight]:
        return {}


class Explaining(Disabled):
    """A desk that notes what it is asked, and refuses after that."""

    state = AiState(True, "small", "ok", 0, 100, 0, 100, None)

    def __init__(self) -> None:
        super().__init__(lambda tenant: MemoryReader(tenant))
        self.asked: list[tuple[str, int, bool]] = []

    def pending(self, tenant: str, key: InsightKey) -> bool:
        return bool(self.asked)

    async def ask(self, tenant: str, record: LogRecord, *, anew: bool = False) -> None:
        if self.asked:
            raise Overloaded("100 errors wait for the model", retry_after_s=10)
        self.asked.append((tenant, record.id, anew))


def answer_of(target: str, method: str = "GET", query: bytes = b"", **parts: Any) -> Any:
    status, _, body = call(create_app(parts_with(**parts)), target, query, method)
    return status, json.loads(body)


def test_what_was_said_is_answered_with_its_parts_even_without_a_model() -> None:
    assert answer_of(TARGET) == (
        200,
        {
            "insight": "It is full.",
            "status": "ready",
            "details": {
                "structured": False,
                "summary": "It is full.",
                "causes": [],
                "checks": [],
                "confidence": None,
                "unverified_ids": [],
                "summary_verified": True,
                "unverified_checks": [],
            },
            "model": "a model",
            "created_at": "2026-01-31T12:00:00.123456789Z",
        },
    )


@pytest.mark.parametrize(("desk", "status"), [(None, "disabled"), (Explaining(), "none")])
def test_nothing_said_is_none_or_disabled(desk: Explaining | None, status: str) -> None:
    parts: dict[str, Any] = {} if desk is None else {"insights": desk}
    _, found = answer_of(TARGET, reader=Unexplained(), **parts)
    assert found == {
        "insight": None, "status": status, "details": None, "model": None, "created_at": None,
    }  # fmt: skip


def test_asking_reaches_the_analyzer_and_is_pending() -> None:
    desk = Explaining()
    status, found = answer_of(TARGET, "POST", b"anew=true", reader=Unexplained(), insights=desk)
    assert (status, found["status"]) == (200, "pending")
    assert desk.asked == [("default", 255, True)]
    status, found = answer_of(TARGET, "POST", insights=desk)
    assert (status, found["error"]["message"]) == (503, "100 errors wait for the model")


def test_asking_without_a_model_is_not_supported() -> None:
    status, found = answer_of(TARGET, "POST")
    assert (status, found["error"]["code"]) == (400, "not_supported")


def test_asking_takes_the_admin_token_beyond_loopback() -> None:
    desk = Explaining()
    status, _ = answer_of(TARGET, "POST", insights=desk, loopback_only=False)
    assert (status, desk.asked) == (403, [])


def test_the_preview_needs_no_model() -> None:
    status, found = answer_of(f"{TARGET}/preview")
    assert (status, found["model"], found["endpoint"]) == (200, None, None)
    assert [message["role"] for message in found["messages"]] == ["system", "user"]
    assert "no stock" in found["messages"][1]["content"]


@pytest.mark.parametrize("suffix", ["", "/preview"])
@pytest.mark.parametrize(("log_id", "status"), [("1", 400), ("x", 400), ("00000000000000fe", 404)])
def test_an_unknown_log_record_is_said_to_be_one(log_id: str, status: int, suffix: str) -> None:
    found, body = answer_of(f"/api/logs/{log_id}/insight{suffix}")
    assert (found, body["error"]["field"]) == (status, "id")


def test_a_notice_says_what_was_said_about_what() -> None:
    assert insight_notice(INSIGHT) == {
        "pattern_id": "382062797465732e",
        "service_name": "orders",
        "service_version": "",
        "log_id": "00000000000000ff",
        "insight": "It is full.",
    }
