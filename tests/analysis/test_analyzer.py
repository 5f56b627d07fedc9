"""Errors are explained once for each pattern and version, whatever the model does."""

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from prometheus_client import CollectorRegistry

from argus.analysis.prompt import MOST_ANSWER_TOKENS
from argus.errors import NotSupported, Overloaded
from argus.model import LogRecord, format_time
from argus.storage import InsightDetails, insight_key
from tests.analysis.conftest import Desk, Start
from tests.analysis.model_server import (
    ANSWER,
    Behaviour,
    ModelServer,
    breaks_off,
    floods,
    hangs,
    says,
    status,
    trickles,
)
from tests.builders import NOON, a_batch, a_log_record, a_resource, a_span, a_trace_id


def an_error(body: str = "order 7 failed", version: str = "1.0", **fields: Any) -> LogRecord:
    resource = a_resource("orders", **{"service.version": version})
    return a_log_record(body, severity="ERROR", resource=resource, **fields)


async def until(holds: Callable[[], object], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


async def test_an_error_is_explained_and_the_explanation_kept(
    desk: Desk, model: ModelServer, start: Start
) -> None:
    await start()
    (record,) = await desk.stored(an_error())
    await until(lambda: desk.told)
    ((tenant, insight),) = desk.told
    key = insight_key(record)
    assert key is not None
    assert (tenant, insight.key, insight.log_id) == ("default", key, record.id)
    assert (insight.model, insight.tokens) == ("small", 500)
    details = msgspec.json.decode(insight.details, type=InsightDetails)
    assert details.causes[0].evidence[0].id == f"{record.id:016x}"
    assert details.causes[0].verified
    assert insight.text.startswith("The database refused the order.\nLikely cause: It is full.")
    assert await desk.storage.reader("default").insights([key]) == {key: insight}
    assert await desk.storage.reader("other").insights([key]) == {}
    assert desk.metric("insights_total") == 1
    assert desk.metric("tokens_total") == 500


async def test_a_pattern_is_asked_about_once_for_each_version_and_service(
    desk: Desk, model: ModelServer, start: Start
) -> None:
    await start()
    await desk.send(*(an_error(f"order {n} failed") for n in range(50)))
    await desk.send(*(an_error(f"order {n} failed", version="1.1") for n in range(50)))
    await desk.send(a_log_record("order 9 failed", severity="FATAL", service="bank"))
    await desk.send(a_log_record("order 9 failed", severity="WARN", service="mail"))
    await desk.send(an_error(), tenant="other")
    await until(lambda: len(desk.told) == 4)
    await desk.send(*(an_error(f"order {n} failed") for n in range(50)))
    await asyncio.sleep(0.1)
    found = {(tenant, one.key.service, one.key.version) for tenant, one in desk.told}
    assert found == {("default", "orders", "1.0"), ("default", "orders", "1.1"),
                     ("default", "bank", ""), ("other", "orders", "1.0")}  # fmt: skip
    assert len(model.requests) == 4
    assert model.most_at_once <= 3


async def test_what_was_explained_before_a_restart_is_not_asked_again(
    desk: Desk, model: ModelServer, start: Start
) -> None:
    await start()
    await desk.send(an_error())
    await until(lambda: desk.told)
    desk.registry = CollectorRegistry()
    second = await start(tokens=10_000)
    assert second.state.tokens_used == 500, "what the last hour has cost still counts"
    await desk.send(an_error())
    await asyncio.sleep(0.3)
    assert len(model.requests) == 1


async def test_only_what_the_preview_shows_is_sent(
    desk: Desk, model: ModelServer, start: Start
) -> None:
    analyzer = await start()
    trace_id = a_trace_id()
    await desk.send(
        a_span("web", trace_id=trace_id),
        a_span("orders", trace_id=trace_id, status=2, status_message="no room for ann@example.com",
               attributes={"db.password": "hunter2", "db.system": "sqlite"}),
    )  # fmt: skip
    await desk.send(a_log_record("opening", service="orders", time_ns=NOON - 1_500_000_000))
    desk.analyzer = None
    (record,) = await desk.stored(an_error("token=abcdef refused", trace_id=trace_id))
    preview = await analyzer.preview("default", record)
    await analyzer.ask("default", record)
    await until(lambda: desk.told)
    (request,) = model.requests
    assert request.path == "/v1/chat/completions"
    assert request.body == {
        "model": "small",
        "messages": [message._asdict() for message in preview.messages],
        "max_tokens": MOST_ANSWER_TOKENS,
    }
    assert (preview.model, preview.endpoint) == ("small", model.url)
    head, *pieces = map(json.loads, preview.messages[1].content.splitlines())
    assert head == {"service": "orders", "version": "1.0"}
    assert [piece["name"] for piece in pieces] == ["P1", "L1", "L2", "T1", "S1"]
    assert pieces[0]["last_24_hours"] == 1
    assert pieces[1]["body"] == "token=[redacted] refused"
    assert (pieces[2]["role"], pieces[2]["body"]) == ("just before", "opening")
    assert pieces[2]["seconds"] == -1.5
    assert pieces[4]["message"] == "no room for [email]"
    assert pieces[4]["attributes"] == {"db.password": "[redacted]", "db.system": "sqlite"}


async def test_what_is_cited_says_where_it_can_be_seen(
    desk: Desk, model: ModelServer, start: Start
) -> None:
    names = ["P1", "L1", "L2", "T1", "S1"]
    model.usual = says({"summary": "x", "causes": [{"claim": "y", "evidence": names}]})
    await start()
    trace_id = a_trace_id()
    span = a_span("orders", trace_id=trace_id, status=2)
    await desk.send(span)
    (before,) = await desk.stored(
        a_log_record("opening", service="orders", time_ns=NOON - 1_500_000_000)
    )
    (record,) = await desk.stored(an_error(trace_id=trace_id))
    await until(lambda: desk.told)
    details = msgspec.json.decode(desk.told[0][1].details, type=InsightDetails)
    found = [(one.name, one.id, one.trace_id, one.at) for one in details.causes[0].evidence]
    trace = trace_id.hex()
    assert found == [
        ("P1", record.pattern_id.hex(), None, "2026-01-01T12:01:00.000000000Z"),
        ("L1", f"{record.id:016x}", trace, format_time(record.time_ns)),
        ("L2", f"{before.id:016x}", None, "2026-01-01T11:59:58.500000000Z"),
        ("T1", trace, None, None),
        ("S1", span.span_id.hex(), trace, None),
    ]


async def test_the_request_carries_the_key_and_says_nothing_of_this_machine(
    desk: Desk, model: ModelServer, start: Start
) -> None:
    await start()
    await desk.send(an_error())
    await until(lambda: desk.told)
    headers = model.requests[0].headers
    assert headers["authorization"] == "Bearer k3y"
    assert headers["user-agent"] == "argus"
    allowed = {
        "host",
        "accept",
        "accept-encoding",
        "connection",
        "content-type",
        "content-length",
        "authorization",
        "user-agent",
        "x-stainless-raw-response",
    }
    assert headers.keys() <= allowed


async def test_azure_is_asked_at_its_deployment(
    desk: Desk, model: ModelServer, start: Start
) -> None:
    url = f"http://127.0.0.1:{model.port}"
    await start(url=url, deployment="mine", api_version="2024-06-01")
    await desk.send(an_error())
    await until(lambda: desk.told)
    (request,) = model.requests
    expected = "/openai/deployments/mine/chat/completions?api-version=2024-06-01"
    assert request.path == expected
    assert request.headers["api-key"] == "k3y"


async def test_the_environment_changes_neither_where_nor_what_is_sent(
    desk: Desk, model: ModelServer, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_CUSTOM_HEADERS"):
        monkeypatch.setenv(name, "x: canary")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9")
    await start()
    await desk.send(an_error())
    await until(lambda: desk.told)
    assert "canary" not in str(model.requests[0].headers)


async def test_a_newer_model_is_told_its_limit_by_the_newer_name(
    desk: Desk, model: ModelServer, start: Start
) -> None:
    refusal = b'{"error": {"message": "Use \'max_completion_tokens\' instead."}}'
    model.behaviours = [status(400, refusal)]
    await start()
    await desk.send(an_error())
    await until(lambda: desk.told)
    await desk.send(an_error("another thing broke"))
    await until(lambda: len(desk.told) == 2)
    names = [sorted(request.body)[0] for request in model.requests]
    assert names == ["max_tokens", "max_completion_tokens", "max_completion_tokens"]


@pytest.mark.parametrize(
    ("behaviour", "outcome"),
    [
        (status(429, b"slow down", Retry_After="0"), "rate_limited"),
        (status(500), "failed"),
        (status(503, b"x" * 10_000), "failed"),
        (breaks_off, "unreachable"),
        (hangs, "timeout"),
        (trickles, "timeout"),
    ],
)
async def test_what_passes_is_tried_again(
    desk: Desk, model: ModelServer, start: Start, behaviour: Behaviour, outcome: str
) -> None:
    model.behaviours = [behaviour, behaviour]
    await start(answer_s=0.3)
    await desk.send(an_error())
    await until(lambda: desk.told)
    assert len(model.requests) == 3
    assert desk.metric("requests_total", outcome=outcome) == 2
    assert desk.metric("requests_total", outcome="ok") == 1


@pytest.mark.parametrize(
    ("behaviour", "outcome"),
    [
        (status(401, b'{"error": "no"}'), "refused"),
        (status(302, Location="http://127.0.0.1:9/"), "refused"),
        (status(200, b"not json"), "garbage"),
        (status(200, b"[" * 100_000), "garbage"),
        (status(200, b'{"choices": []}'), "garbage"),
        (status(200, b'{"choices": [{"message": {"content": null}}]}'), "garbage"),
        (status(200, b"\xff\xfe\x00"), "garbage"),
        (status(200, b"\x1f\x8b", Content_Encoding="gzip"), "garbage"),
        (floods(200, 50), "garbage"),
        (floods(400, 50), "refused"),
    ],
)
async def test_what_does_not_pass_is_given_up_at_once(
    desk: Desk, model: ModelServer, start: Start, behaviour: Behaviour, outcome: str
) -> None:
    model.behaviours = [behaviour]
    analyzer = await start()
    (record,) = await desk.stored(an_error())
    key = insight_key(record)
    assert key is not None
    await until(lambda: model.requests and not analyzer.pending("default", key))
    assert desk.metric("requests_total", outcome=outcome) == 1
    assert len(model.requests) == 1
    assert analyzer.state.problem
    assert desk.told == []


async def test_a_dead_endpoint_opens_the_breaker_and_a_live_one_closes_it(
    desk: Desk, model: ModelServer, start: Start
) -> None:
    model.usual = status(500)
    analyzer = await start()
    (record,) = await desk.stored(a_log_record("something else"))
    for letter in "abcd":
        await desk.send(an_error(f"{letter * 9} broke"))
    await until(lambda: analyzer.state.state == "failing")
    with pytest.raises(Overloaded, match="the model does not answer"):
        await analyzer.ask("default", record)
    assert desk.metric("circuit_open") == 1
    model.usual = says(ANSWER)
    await until(lambda: desk.told)
    assert analyzer.state.state == "ok"
    assert analyzer.state.problem is None
    assert desk.metric("circuit_open") == 0


async def test_nobody_listening_is_no_different(desk: Desk, start: Start) -> None:
    analyzer = await start(url="http://127.0.0.1:9/v1")
    await desk.send(an_error())
    await until(lambda: desk.metric("requests_total", outcome="unreachable") == 3)
    assert "cannot be reached" in str(analyzer.state.problem)
    assert analyzer.state.tokens_used == 0


async def test_a_full_queue_drops_and_counts_and_nobody_waits(
    desk: Desk, model: ModelServer, start: Start
) -> None:
    model.usual = hangs
    analyzer = await start()
    words = [a + b + c for a in "abcdefgh" for b in "ijklmnop" for c in "qrst"]
    batch = await desk.send(*(an_error(f"{word} broke") for word in words[:3]))
    await until(lambda: len(model.requests) == 3)
    batch = desk._miner.process(a_batch(*(an_error(f"{word} broke") for word in words[3:])))
    began = time.perf_counter()
    analyzer.export(batch)
    assert time.perf_counter() - began < 0.5
    assert analyzer.state.queue_depth == 100
    assert desk.metric("queue_depth") == 100
    assert desk.metric("dropped_total", reason="queue_full") == len(words) - 103
    with pytest.raises(Overloaded, match="100 errors wait"):
        await analyzer.ask("default", (await desk.stored(a_log_record("yet another")))[0])


async def test_an_error_storm_stays_within_the_budget(
    desk: Desk, model: ModelServer, start: Start
) -> None:
    model.usual = says(ANSWER, 2_000)
    analyzer = await start(tokens=20_000)
    words = [a + b + c for a in "abcdefghij" for b in "klmnopqrst" for c in "uvwxy"]
    batches = [
        desk._miner.process(a_batch(*(an_error(f"{words[(n * 7 + i) % 500]} broke {i}")
                                      for i in range(500))))
        for n in range(20)
    ]  # fmt: skip
    began = time.perf_counter()
    for batch in batches:  # ten thousand errors of five hundred kinds, as fast as it goes
        analyzer.export(batch)
    assert time.perf_counter() - began < 1.0
    await until(lambda: analyzer.state.queue_depth == 0 and not analyzer._pending)
    assert analyzer.state.state == "budget_spent"
    assert analyzer.state.tokens_used <= 20_000
    assert 2 <= len(model.requests) <= 10
    assert desk.metric("dropped_total", reason="budget") > 50
    with pytest.raises(Overloaded, match="AI_TOKENS_PER_HOUR"):
        await analyzer.ask("default", (await desk.stored(a_log_record("yet another")))[0])


async def test_an_answer_without_usage_is_counted_as_what_was_reserved(
    desk: Desk, model: ModelServer, start: Start
) -> None:
    model.usual = says(ANSWER, None)
    analyzer = await start()
    await desk.send(an_error())
    await until(lambda: desk.told)
    assert analyzer.state.tokens_used > MOST_ANSWER_TOKENS


async def test_one_can_ask_about_any_record_and_ask_anew(
    desk: Desk, model: ModelServer, start: Start
) -> None:
    analyzer = await start()
    (record,) = await desk.stored(a_log_record("all is well", severity="INFO"))
    key = insight_key(record)
    assert key is not None
    await analyzer.ask("default", record)
    assert analyzer.pending("default", key)
    await analyzer.ask("default", record)
    await until(lambda: desk.told)
    await analyzer.ask("default", record)
    assert not analyzer.pending("default", key)
    model.usual = says("It is quite well.")
    await analyzer.ask("default", record, anew=True)
    await until(lambda: len(desk.told) == 2)
    found = await desk.storage.reader("default").insights([key])
    assert found[key].text == "It is quite well."
    assert len(model.requests) == 2


async def test_a_record_without_a_pattern_cannot_be_asked_about(desk: Desk, start: Start) -> None:
    analyzer = await start()
    with pytest.raises(NotSupported, match="before records had patterns"):
        await analyzer.ask("default", an_error())
    with pytest.raises(NotSupported, match="before records had patterns"):
        await analyzer.preview("default", an_error())
