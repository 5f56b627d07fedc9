"""/ws shows new log records: all that match, each once, in order, whoever else watches."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from argus.api.live import encode_logs
from argus.live.log_client import MAX_RESUMED
from argus.model import LogRecord
from argus.storage import LogQuery
from tests.builders import a_batch, a_log_record, a_span
from tests.live.server import (
    LiveServer,
    ask,
    bodies,
    live_server,
    next_logs,
    next_message,
    next_notice,
    until,
    watching,
)


async def test_a_new_log_record_is_shown_in_the_shape_of_the_api(server: LiveServer) -> None:
    async with server.connect() as client:
        await until(lambda: server.logs.clients == 1)
        await server.send("first", severity="ERROR", attributes={"n": 3}, trace_id=b"t" * 16)
        (log,) = await next_message(client)
    (stored,) = (await server.storage.reader("default").find_logs(LogQuery())).items
    assert log["id"] == f"{stored.id:016x}"
    assert (log["body"], log["severity"], log["service_name"]) == ("first", "ERROR", "shop")
    assert (log["attributes"], log["trace_id"], log["span_id"]) == ({"n": 3}, "74" * 16, None)
    assert log["timestamp"] == "2026-01-01T12:00:00.000000000Z"


async def test_a_lone_record_is_shown_well_within_half_a_second(server: LiveServer) -> None:
    async with server.connect() as client:
        await until(lambda: server.logs.clients == 1)
        took = []
        for number in range(10):
            began = time.perf_counter()
            await server.send(str(number))
            await next_message(client)
            took.append(time.perf_counter() - began)
    assert sorted(took)[5] < 0.3


async def test_a_message_holds_at_most_a_hundred_and_all_come_in_order(server: LiveServer) -> None:
    async with server.connect() as client:
        await until(lambda: server.logs.clients == 1)
        await server.send(*(f"a{n}" for n in range(150)))
        for n in range(120):
            await server.pipeline.consume(a_batch(a_log_record(f"b{n}")))
        messages: list[list[object]] = []
        while sum(map(len, messages)) < 270:
            messages.append(await next_message(client))
    assert max(map(len, messages)) == 100
    assert bodies([log for message in messages for log in message]) == [
        *(f"a{n}" for n in range(150)),
        *(f"b{n}" for n in range(120)),
    ]


async def test_each_client_sees_what_its_filter_lets_through(server: LiveServer) -> None:
    async with server.connect() as all_, server.connect() as red, server.connect() as blue:
        await watching(red, filter="red")
        await watching(blue, filter="blue")
        await until(lambda: server.logs.clients == 3)
        await server.send("red 1", "blue 1", "green 1", "red blue")
        assert bodies(await next_logs(all_, 4)) == ["red 1", "blue 1", "green 1", "red blue"]
        assert bodies(await next_logs(red, 2)) == ["red 1", "red blue"]
        assert bodies(await next_logs(blue, 2)) == ["blue 1", "red blue"]
        await watching(blue, filter="green")
        await watching(red, filter=None)
        await server.send("blue 2", "green 2")
        assert bodies(await next_logs(blue, 1)) == ["green 2"]
        assert bodies(await next_logs(red, 2)) == ["blue 2", "green 2"]


async def test_a_record_is_written_once_however_many_watch_through_whatever_filter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[int] = []

    def noting(records: Sequence[LogRecord]) -> list[bytes]:
        written.extend(record.id for record in records)
        return encode_logs(records)

    monkeypatch.setattr("tests.live.server.encode_logs", noting)
    async with live_server(tmp_path) as server, AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(server.connect()) for _ in range(12)]
        for number, client in enumerate(clients):
            await watching(client, filter=(None, "red", "red OR blue")[number % 3])
        await server.send("red", "blue", "green")
        for number, client in enumerate(clients):
            await next_logs(client, (3, 1, 2)[number % 3])
    assert len(written) == len(set(written)) == 3


async def test_a_filter_that_is_wrong_is_named_and_the_one_before_holds_on(
    server: LiveServer,
) -> None:
    async with server.connect() as client:
        assert (await watching(client, filter="red"))["filter"] == "red"
        await ask(client, filter="(")
        error = await next_notice(client, "error")
        assert (error["code"], error["field"]) == ("invalid_argument", "filter")
        await server.send("green", "red")
        assert bodies(await next_logs(client, 1)) == ["red"]


async def test_what_a_request_leaves_out_stays_as_it_is(server: LiveServer) -> None:
    async with server.connect() as client:
        await watching(client, filter="red")
        await ask(client)
        assert (await next_notice(client, "watching"))["filter"] == "red"
        await ask(client, filter="")
        assert (await next_notice(client, "watching"))["filter"] is None


async def test_tenants_are_shown_their_own_records_only(server: LiveServer) -> None:
    async with (
        server.connect("/ws?tenant=blue") as blue,
        server.connect(additional_headers={"X-Scope-OrgID": "red"}) as red,
        server.connect() as default,
    ):
        await until(lambda: server.logs.clients == 3)
        await server.send("of blue", tenant="blue")
        await server.send("of red", tenant="red")
        await server.send("of all others")
        assert bodies(await next_logs(blue, 1)) == ["of blue"]
        assert bodies(await next_logs(red, 1)) == ["of red"]
        assert bodies(await next_logs(default, 1)) == ["of all others"]
        await ask(blue, since="0" * 16)
        assert bodies(await next_logs(blue, 1)) == ["of blue"]


async def test_a_client_that_comes_back_gets_what_it_missed_once_and_in_order(
    server: LiveServer,
) -> None:
    async with server.connect() as client:
        await watching(client)
        await server.send("seen 1", "seen 2")
        last = (await next_logs(client, 2))[-1]["id"]
    await server.send(*(f"missed {n}" for n in range(250)), "other")
    await server.send("theirs", tenant="red")
    async with server.connect() as client:
        await ask(client, filter="missed", since=last)
        expected = [f"missed {n}" for n in range(250)]
        assert bodies(await next_logs(client, 250)) == expected
        await server.send("missed live", "other")
        assert bodies(await next_logs(client, 1)) == ["missed live"]


async def test_nothing_is_lost_or_doubled_while_clients_come_back_under_load(
    server: LiveServer,
) -> None:
    sent: list[str] = []
    done = asyncio.Event()

    async def load() -> None:
        while len(sent) < 1500:
            some = [f"{len(sent) + n}" for n in range(25)]
            await server.send(*some)
            sent.extend(some)
            await asyncio.sleep(0.002)
        done.set()

    async def come_and_go(pause: float) -> list[str]:
        seen: list[str] = []
        since = "0" * 16
        while len(seen) < 1500:
            async with server.connect() as client:
                await ask(client, since=since, notices=True)
                leave_at = len(seen) + 100
                while len(seen) < min(1500, leave_at):
                    message = await next_message(client)
                    if isinstance(message, list):
                        seen += bodies(message)
                        since = message[-1]["id"]
                    else:
                        assert message["notice"] == "watching", message
            await asyncio.sleep(pause)
        return seen

    loading = asyncio.create_task(load())
    seen = await asyncio.gather(*(come_and_go(0.01 * n) for n in range(4)))
    await loading
    for each in seen:
        assert each == sent


async def test_who_was_away_for_too_long_is_told_of_the_gap_and_gets_the_newest(
    server: LiveServer,
) -> None:
    for start in range(0, MAX_RESUMED + 300, 100):
        await server.send(*(f"{n}" for n in range(start, start + 100)))
    async with server.connect() as client:
        await ask(client, since="0" * 16, notices=True)
        gap = await next_notice(client, "gap")
        assert gap == {"notice": "gap", "reason": "resumed", "missed": None, "since": "0" * 16}
        shown = await next_logs(client, MAX_RESUMED)
        assert bodies(shown) == [f"{n}" for n in range(300, MAX_RESUMED + 300)]


async def test_an_id_of_another_database_counts_as_none(server: LiveServer) -> None:
    await server.send("before")
    async with server.connect() as client:
        told = await watching(client, since="f" * 15 + "0")
        assert told["since"] == "0" * 16, "by which a client knows that its ids are of another"
        await server.send("after")
        assert bodies(await next_logs(client, 1)) == ["after"]


async def test_the_newest_id_of_a_list_continues_it_without_a_repeat(server: LiveServer) -> None:
    async with server.connect() as client:
        await watching(client)
        await server.send("listed")
        await next_logs(client, 1)
        (listed,) = (await server.storage.reader("default").find_logs(LogQuery())).items
        await ask(client, since=f"{listed.id:016x}", notices=True)
        await server.send("live")
        shown = await next_logs(client, 1)
    assert bodies(shown) == ["live"]


async def test_a_client_that_asks_at_once_sees_nothing_else_before(server: LiveServer) -> None:
    await server.send("red 1", "blue 1")
    async with server.connect() as red, server.connect() as back:
        await until(lambda: server.logs.clients == 2)
        await server.send("red 2", "blue 2")
        await asyncio.sleep(0.05)
        await ask(red, filter="red")
        await ask(back, since="0" * 16)
        assert bodies(await next_logs(red, 1)) == ["red 2"]
        assert bodies(await next_logs(back, 4)) == ["red 1", "blue 1", "red 2", "blue 2"]


async def test_a_client_with_notices_gets_signs_of_life(tmp_path: Path) -> None:
    async with live_server(tmp_path, heartbeat_s=0.05) as server, server.connect() as client:
        await watching(client)
        assert await next_notice(client, "heartbeat") == {"notice": "heartbeat"}


async def test_without_notices_nothing_but_log_records_is_sent(tmp_path: Path) -> None:
    async with live_server(tmp_path, heartbeat_s=0.05) as server, server.connect() as client:
        await ask(client, filter="shown")
        await asyncio.sleep(0.3)
        await server.pipeline.consume(a_batch(a_span()))
        await server.send("shown")
        assert isinstance(await next_message(client), list)


async def test_a_record_too_large_to_be_held_for_everyone_is_told_of(server: LiveServer) -> None:
    async with server.connect() as told, server.connect() as untold:
        await watching(told)
        await until(lambda: server.logs.clients == 2)
        await server.send("small", "x" * 1_100_000, "after")
        assert bodies(await next_message(told)) == ["small"]
        gap = await next_message(told)
        assert (gap["notice"], gap["reason"], gap["missed"]) == ("gap", "too_large", 1)
        assert bodies(await next_message(told)) == ["after"]
        assert bodies(await next_logs(untold, 2)) == ["small", "after"]
    text = server.telemetry.render().decode()
    assert 'argus_live_missed_records_total{reason="too_large"} 2.0' in text


async def test_health_is_shown_again_and_again(server: LiveServer) -> None:
    async with server.connect("/ws/health") as client:
        first, second = await next_message(client), await next_message(client)
    assert first["status"] == second["status"] == "ok"
    assert (first["queue_depth"], first["active_connections"]) == (3, 1)
