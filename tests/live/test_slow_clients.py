"""Clients that read slowly or never: they lose records or their connection, nobody else does."""

import asyncio
import json
import time
from pathlib import Path

import pytest

from argus.live.messages import MAX_MESSAGE_BYTES
from tests.builders import a_batch, a_log_record
from tests.live.server import (
    LiveServer,
    bodies,
    close_code_of,
    live_server,
    next_logs,
    next_notice,
    until,
    watching,
)

KIB = "k" * 1024


async def flood(server: LiveServer, megabytes: int) -> int:
    """Send records of a KiB; how many."""
    for number in range(megabytes * 10):
        word = "hot" if number % 2 else "cold"
        await server.send(*(f"{number} {word} {KIB}" for _ in range(100)))
        await asyncio.sleep(0.02)
    return megabytes * 1000


async def test_a_client_that_does_not_read_is_closed_with_try_again_later(
    server: LiveServer,
) -> None:
    async with server.connect_narrow() as stalled:
        await until(lambda: server.logs.clients == 1)
        flooding = asyncio.create_task(flood(server, 3))
        await until(lambda: server.logs.clients == 0, within=30)
        # it is cut off if it does not read its goodbye soon
        assert (await close_code_of(stalled))[0] == 1013
        await flooding


async def test_a_client_that_never_reads_again_is_cut_off(server: LiveServer) -> None:
    connection = server.connect_narrow()
    stalled = await connection
    stalled.transport.pause_reading()
    await until(lambda: server.logs.clients == 1)
    await flood(server, 3)
    await until(lambda: not server.http._server.server_state.connections, within=5)
    stalled.transport.abort()


async def test_no_more_than_one_message_waits_for_a_client_that_does_not_read(
    server: LiveServer,
) -> None:
    async with server.connect_narrow() as stalled:
        await watching(stalled, filter="hot")
        stalled.transport.pause_reading()
        (protocol,) = server.http._server.server_state.connections
        waiting = 0
        for number in range(60):
            await server.send(*(f"{number} hot {KIB}" for _ in range(100)))
            await asyncio.sleep(0.02)
            waiting = max(waiting, protocol.transport.get_write_buffer_size())
            if waiting and not server.logs.clients:
                break
        assert 0 < waiting <= MAX_MESSAGE_BYTES + KIB.count("k")
        stalled.transport.abort()


async def test_with_notices_a_slow_client_learns_exactly_how_much_it_missed(
    server: LiveServer,
) -> None:
    async with server.connect_narrow() as slow, server.connect() as healthy:
        await watching(slow, filter="hot")
        await watching(healthy)
        sent = asyncio.create_task(flood(server, 6))
        await next_logs(healthy, 6000)
        await sent
        matching = 3000
        seen: list[str] = []
        missed = 0
        async with asyncio.timeout(20):
            while len(seen) + missed < matching:
                message = json.loads(await slow.recv())
                if isinstance(message, list):
                    seen += bodies(message)
                elif message["notice"] == "gap":
                    assert message["reason"] == "slow"
                    missed += message["missed"]
        assert len(seen) + missed == matching
        assert missed > 0


async def test_after_a_gap_a_slow_client_goes_on_and_can_fetch_what_it_missed(
    server: LiveServer,
) -> None:
    async with server.connect_narrow() as slow:
        await watching(slow)
        slow.transport.pause_reading()
        await flood(server, 2)
        slow.transport.resume_reading()
        gap = await next_notice(slow, "gap")
        assert gap["missed"] > 0
        await server.send("after the gap")
        assert bodies(await next_logs(slow, 1)) == ["after the gap"]
        await slow.send(json.dumps({"since": gap["since"]}))
        again = await next_logs(slow, gap["missed"] + 1)
        assert bodies(again)[-1] == "after the gap"


async def test_stalled_clients_cost_the_others_nothing(server: LiveServer) -> None:
    async def shown(count: int) -> list[float]:
        took = []
        for number in range(count):
            began = time.perf_counter()
            await server.send(f"{number}")
            await next_logs(healthy, 1)
            took.append(time.perf_counter() - began)
        return sorted(took)

    async with server.connect() as healthy:
        await until(lambda: server.logs.clients == 1)
        before = await shown(20)
        stalled = [await server.connect_narrow() for _ in range(20)]
        for one in stalled:
            await watching(one)
            one.transport.pause_reading()
        await until(lambda: server.logs.clients == 21)
        flooding = asyncio.create_task(flood(server, 2))
        await next_logs(healthy, 2000)
        await flooding
        after = await shown(20)
        for one in stalled:
            one.transport.abort()
    assert after[10] < max(0.3, 3 * before[10])


async def test_what_waits_for_one_client_is_bounded(server: LiveServer) -> None:
    async with server.connect_narrow() as stalled:
        await watching(stalled)
        stalled.transport.pause_reading()
        await flood(server, 5)
        (connection,) = server.http._server.server_state.connections
        assert connection.transport.get_write_buffer_size() <= 1024 * 1024
        stalled.transport.abort()


async def test_ingest_is_not_slowed_by_stalled_clients(server: LiveServer) -> None:
    async def ingest() -> float:
        began = time.perf_counter()
        for _ in range(40):
            await server.send(*(KIB for _ in range(100)))
        return time.perf_counter() - began

    alone = min([await ingest() for _ in range(2)])
    stalled = [await server.connect_narrow() for _ in range(10)]
    for one in stalled:
        await watching(one)
        one.transport.pause_reading()
    beside = min([await ingest() for _ in range(2)])
    for one in stalled:
        one.transport.abort()
    assert beside < 2 * alone + 0.5


@pytest.mark.parametrize("notices", [True, False])
async def test_more_than_can_be_told_is_left_out_and_said_so(tmp_path: Path, notices: bool) -> None:
    async with live_server(tmp_path, max_backlog_bytes=10_000) as server:
        async with server.connect() as client:
            if notices:
                await watching(client)
            await until(lambda: server.logs.clients == 1)
            await server.pipeline.consume(a_batch(*(a_log_record(KIB) for _ in range(50))))
            if notices:
                gap = await next_notice(client, "gap")
                assert (gap["reason"], gap["missed"]) == ("overloaded", 50)
                await server.send("after")
                assert bodies(await next_logs(client, 1)) == ["after"]
            else:
                assert (await close_code_of(client))[0] == 1013
        text = server.telemetry.render().decode()
        assert 'argus_live_missed_records_total{reason="overloaded"} 50.0' in text
