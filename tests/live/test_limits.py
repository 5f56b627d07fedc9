"""Who may connect, what they may send, and how a connection ends."""

import asyncio
import contextlib
import gc
import json
import logging
import os
import socket
import struct
import time
import weakref
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from argus.live import Seats
from tests.live.server import (
    Hasty,
    LiveServer,
    ask,
    bodies,
    close_code_of,
    live_server,
    next_logs,
    next_message,
    until,
    watching,
)

PATHS = ["/ws", "/ws/events", "/ws/health"]


async def refused_with(server: LiveServer, target: str, **headers: str) -> int:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    with pytest.raises(InvalidStatus) as refused:
        await server.connect(target, additional_headers=named)
    return refused.value.response.status_code


@pytest.mark.parametrize("path", PATHS)
async def test_a_foreign_page_is_refused_before_the_handshake_is_answered(
    server: LiveServer, path: str
) -> None:
    assert await refused_with(server, path, Origin="http://evil.example") == 403
    assert await refused_with(server, path, Origin="null") == 403
    assert await refused_with(server, path, Sec_Fetch_Site="cross-site") == 403
    own = f"http://127.0.0.1:{server.http.port}"
    async with server.connect(path, additional_headers={"Origin": own}):
        pass


@pytest.mark.parametrize("path", PATHS)
async def test_a_bad_tenant_is_refused_before_the_handshake_is_answered(
    server: LiveServer, path: str
) -> None:
    assert await refused_with(server, f"{path}?tenant=a/b") == 400
    assert await refused_with(server, f"{path}?tenant=a&tenant=b") == 400
    assert await refused_with(server, path, X_Scope_OrgID="a b") == 400
    assert server.telemetry.active_connections == 0


async def test_a_rebound_host_name_is_refused(server: LiveServer) -> None:
    with socket.create_connection(("127.0.0.1", server.http.port)) as raw:
        raw.setblocking(False)
        loop = asyncio.get_running_loop()
        lines = ["GET /ws HTTP/1.1", "Host: evil.example", "Upgrade: websocket",
                 "Connection: Upgrade", "Sec-WebSocket-Version: 13",
                 "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "", ""]  # fmt: skip
        await loop.sock_sendall(raw, "\r\n".join(lines).encode())
        assert (await loop.sock_recv(raw, 100)).startswith(b"HTTP/1.1 421")


async def test_beyond_the_most_clients_more_are_told_to_try_again_later(tmp_path: Path) -> None:
    async with live_server(tmp_path, seats=Seats(3, 1000)) as server:
        held = [await server.connect(path) for path in PATHS]
        await until(lambda: server.telemetry.active_connections == 3)
        async with server.connect("/ws") as one_more:
            assert await close_code_of(one_more) == (1013, "too many clients")
        await held.pop().close()
        await until(lambda: server.telemetry.active_connections == 2)
        async with server.connect("/ws") as another:
            await until(lambda: server.telemetry.active_connections == 3)
            await server.send("hello")
            assert bodies(await next_logs(another, 1)) == ["hello"]
        for one in held:
            await one.close()


def test_one_address_takes_no_more_than_its_share_of_seats() -> None:
    seats = Seats(3, 2)
    assert [seats.take("a"), seats.take("a"), seats.take("a")] == [True, True, False]
    assert [seats.take("b"), seats.take("c")] == [True, False]
    seats.give_back("a")
    assert [seats.take("c"), seats.take("a")] == [True, False]


async def test_the_connections_of_one_address_are_limited_on_the_socket(tmp_path: Path) -> None:
    async with (
        live_server(tmp_path, seats=Seats(1000, 1)) as server,
        server.connect(),
        server.connect("/ws/health") as second,
    ):
        assert (await close_code_of(second))[0] == 1013


@pytest.mark.parametrize("path", PATHS)
async def test_open_connections_are_counted(server: LiveServer, path: str) -> None:
    async with server.connect(path):
        await until(lambda: server.telemetry.active_connections == 1)
    await until(lambda: server.telemetry.active_connections == 0)


@pytest.mark.parametrize("path", PATHS)
async def test_a_frame_over_64_kib_ends_the_connection(server: LiveServer, path: str) -> None:
    async with server.connect(path) as client:
        await client.send("x" * (64 * 1024 + 1))
        assert (await close_code_of(client))[0] == 1009


async def test_a_gigabyte_is_not_read(server: LiveServer) -> None:
    async with server.connect() as client:
        sent = 0
        with contextlib.suppress(ConnectionClosed):
            while sent < 2**30:
                await client.send("x" * 2**20)
                sent += 2**20
        assert (await close_code_of(client))[0] in (1009, 1006)
        assert sent < 64 * 2**20


async def test_a_message_in_many_fragments_ends_the_connection(server: LiveServer) -> None:
    async with server.connect() as client:

        async def endless() -> Any:
            for _ in range(10_000):
                yield ""

        with contextlib.suppress(ConnectionClosed):
            await client.send(endless())
            await client.recv()
        assert (await close_code_of(client))[0] == 1009


@pytest.mark.parametrize(
    "text",
    ["{", "[]", "7", "null", '{"filter": 7}', '{"since": "xyz"}', '{"since": "-000000000000001"}',
     '{"since": 7}', '{"notices": "yes"}', '{"filter": "("}', "\x00", "[" * 60_000],
)  # fmt: skip
async def test_a_bad_request_is_told_of_or_ends_the_connection(
    server: LiveServer, text: str
) -> None:
    async with server.connect() as told, server.connect() as untold:
        await watching(told)
        await told.send(text)
        error = await next_message(told)
        assert (error["notice"], error["code"]) == ("error", "invalid_argument")
        assert error["message"]
        await untold.send(text)
        code, reason = await close_code_of(untold)
        assert code == 1008
        assert reason == error["message"][:123]
        await server.send("still here")
        assert bodies(await next_logs(told, 1)) == ["still here"]


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"service": 7}'])
async def test_a_bad_request_for_events_ends_the_connection(server: LiveServer, text: str) -> None:
    async with server.connect("/ws/events") as client:
        await client.send(text)
        assert (await close_code_of(client))[0] == 1008


async def test_bytes_end_the_connection(server: LiveServer) -> None:
    async with server.connect() as client:
        await client.send(b"{}")
        assert (await close_code_of(client))[0] == 1003


async def test_text_that_is_not_utf8_ends_the_connection_quietly(
    server: LiveServer, caplog: pytest.LogCaptureFixture
) -> None:
    async with server.connect() as client:
        await client.send(b"\xff\xfe", text=True)
        assert (await close_code_of(client))[0] == 1007
    assert [one for one in caplog.records if one.levelno >= logging.WARNING] == []


async def test_a_thousand_filters_a_second_end_the_connection(server: LiveServer) -> None:
    async with server.connect() as client:
        with contextlib.suppress(ConnectionClosed):
            for number in range(1000):
                await ask(client, filter=f"{number}")
                await asyncio.sleep(0.001)
        assert await close_code_of(client) == (1008, "too many messages")


async def test_pings_of_a_client_that_does_not_read_are_not_kept(server: LiveServer) -> None:
    async with server.connect_narrow() as client:
        await until(lambda: server.logs.clients == 1)
        client.transport.pause_reading()
        ping = b"\x89\xfd" + b"mask" + b"p" * 125
        for _ in range(400):
            client.transport.write(ping * 100)
            await asyncio.sleep(0)
        await asyncio.sleep(0.5)
        (connection,) = server.http._server.server_state.connections
        assert connection.transport.get_write_buffer_size() < 1024 * 1024
        client.transport.abort()


async def test_a_client_that_answers_no_ping_is_cut_off_and_one_that_does_stays(
    server: LiveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Hasty, "ping_s", 0.3)
    async with server.connect() as alive:
        dead = await server.connect()
        await until(lambda: server.logs.clients == 2)
        dead.transport.pause_reading()
        await until(lambda: server.logs.clients == 1)
        await server.send("still here")
        assert bodies(await next_logs(alive, 1)) == ["still here"]
        dead.transport.abort()


def open_sockets() -> int:
    """Sockets of this process. Its readers keep files open, and may open more of them."""
    count = 0
    for one in os.listdir("/proc/self/fd"):
        with suppress(OSError):
            count += os.readlink(f"/proc/self/fd/{one}").startswith("socket:")
    return count


async def test_a_storm_of_connections_and_filters_leaves_nothing_behind(
    server: LiveServer, caplog: pytest.LogCaptureFixture
) -> None:
    sockets = open_sockets()
    tasks = len(asyncio.all_tasks())

    async def visit(number: int) -> None:
        path = PATHS[number % 3]
        async with server.connect(path) as client:
            if path == "/ws":
                await ask(client, filter=f"f{number % 7}", since="0" * 16, notices=True)
            elif path == "/ws/events":
                await ask(client, service=f"s{number % 7}")
            if number % 2:
                client.transport.abort()

    for start in range(0, 300, 50):
        await asyncio.gather(*(visit(start + n) for n in range(50)), return_exceptions=True)
        await server.send("during the storm")
    await until(lambda: server.telemetry.active_connections == 0)
    assert (server.logs.clients, server.events.clients) == (0, 0)
    await until(lambda: not server.http._server.server_state.connections)
    await until(lambda: len(asyncio.all_tasks()) <= tasks)
    gc.collect()
    await until(lambda: open_sockets() <= sockets)
    assert [one.getMessage() for one in caplog.records if one.levelno >= logging.WARNING] == []


async def test_a_client_that_resets_the_connection_is_forgotten(server: LiveServer) -> None:
    client = await server.connect()
    await until(lambda: server.logs.clients == 1)
    raw = client.transport.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.transport.abort()
    await until(lambda: server.logs.clients == 0)


async def test_a_stop_says_going_away_to_everyone_and_waits_for_nobody(tmp_path: Path) -> None:
    async with live_server(tmp_path) as server:
        clients = [await server.connect(path) for path in PATHS * 5]
        stalled = await server.connect_narrow()
        await until(lambda: server.logs.clients == 6)
        stalled.transport.pause_reading()
        for _ in range(10):
            await server.send(*("k" * 1024 for _ in range(100)))
            await asyncio.sleep(0.05)
        reading = [asyncio.create_task(close_code_of(client)) for client in clients]
        await asyncio.sleep(0.1)
        began = time.monotonic()
        await server.http.__aexit__(None, None, None)
        took = time.monotonic() - began
        assert {(await one)[0] for one in reading} == {1001}
        stalled.transport.abort()
    assert took < 3


async def test_a_request_that_http_cannot_read_is_no_handshake(server: LiveServer) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.http.port)
    writer.write(b"GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    answer = await reader.read()
    writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 404")
    assert json.loads(body)["error"]["code"] == "not_found"


async def test_what_a_connection_was_made_of_is_given_back_at_once(server: LiveServer) -> None:
    async with server.connect() as client:
        await watching(client, filter="a")
        (connection,) = server.http._server.server_state.connections
        left = weakref.ref(connection)
        del connection
        gc.collect()
        gc.disable()
    try:
        await until(lambda: left() is None, within=5)
    finally:
        gc.enable()
