"""The shell around the port: headers on every answer, errors without secrets, bounded bodies."""

import json
import logging
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

from argus.api import HttpProtocol, Surface, create_app, secure
from argus.api.edge import SECURITY_HEADERS
from argus.errors import Overloaded
from tests.api.doubles import FailingReader, parts_with, serving
from tests.api.raw_http import exchange, parse_response, request_bytes, status_of

HOST = "Host: localhost"
HANDSHAKE = (
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
)


class Impatient(HttpProtocol):
    """The protocol with deadlines that a test can wait for."""

    head_timeout_s = 0.3
    linger_s = 0.3


async def read_all(request: Request) -> Response:
    """Answer with the length of the body."""
    return Response(str(len(await request.body())).encode())


async def overloaded(request: Request) -> Response:
    """Refuse for now."""
    raise Overloaded("the queue is full", retry_after_s=2.5)


async def broken_stream(request: Request) -> Response:
    """Fail in the middle of an answer."""

    async def chunks() -> Iterator[bytes]:  # type: ignore[misc]
        yield b"half"
        raise RuntimeError("secret-dsn-password")

    return StreamingResponse(chunks())


async def refuse(websocket: WebSocket) -> None:
    """Close a handshake without accepting it."""
    await websocket.close()


async def fail(websocket: WebSocket) -> None:
    """Fail before accepting."""
    raise RuntimeError("secret-dsn-password")


ROUTES: list[BaseRoute] = [
    Route("/api/read", read_all, methods=["POST"]),
    Route("/v1/read", read_all, methods=["POST"]),
    Route("/v1/overloaded", overloaded, methods=["POST"]),
    Route("/api/overloaded", overloaded, methods=["GET"]),
    Route("/api/stream", broken_stream, methods=["GET"]),
    WebSocketRoute("/ws/refuse", refuse),
    WebSocketRoute("/ws/fail", fail),
]


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    bundle: Path = tmp_path_factory.mktemp("bundle")
    (bundle / "index.html").write_text("<!doctype html><title>Argus</title>")
    app = create_app(parts_with(FailingReader(), ui=bundle), extra_routes=ROUTES)
    with serving(app) as port:
        yield port


@pytest.fixture(scope="module")
def impatient_port() -> Iterator[int]:
    app = create_app(parts_with(), extra_routes=ROUTES)
    with serving(app, Impatient) as port:
        yield port


@pytest.fixture(scope="module")
def slow_body_port() -> Iterator[int]:
    surface = Surface.of((), (), production=True)
    app = create_app(parts_with(), extra_routes=ROUTES)
    with serving(secure(app, surface, body_timeout_s=0.3)) as port:
        yield port


REQUESTS = {
    "an answer": (request_bytes("/api/health", "GET", HOST), 200),
    "a list that fails": (request_bytes("/api/traces", "GET", HOST), 500),
    "a bad parameter": (request_bytes("/api/logs?limit=x", "GET", HOST), 400),
    "an unknown route": (request_bytes("/api/nope", "GET", HOST), 404),
    "a wrong method": (request_bytes("/api/health", "PUT", HOST), 405),
    "a misdirected request": (request_bytes("/api/health", "GET", "Host: evil"), 421),
    "a foreign page": (request_bytes("/api/x", "POST", HOST, "Origin: null"), 403),
    "too large a body": (request_bytes("/api/read", "POST", HOST, "Content-Length: 9999999"), 413),
    "a page of the app": (request_bytes("/traces", "GET", HOST), 200),
    "a missing asset": (request_bytes("/assets/x.js", "GET", HOST), 404),
    "metrics": (request_bytes("/metrics", "GET", HOST), 200),
    "a probe": (request_bytes("/livez", "HEAD", HOST), 200),
    "no HTTP": (b"\x16\x03\x01 garbage\r\n\r\n", 400),
    "too large a head": (b"GET / HTTP/1.1\r\nX: " + b"x" * 2_000_000, 400),
    "an overloaded receiver": (request_bytes("/v1/overloaded", "POST", HOST), 503),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_every_kind_of_answer_carries_the_security_headers(port: int, name: str) -> None:
    request, expected = REQUESTS[name]
    status, headers, _ = exchange(port, request)
    assert status == expected
    for header, value in SECURITY_HEADERS:
        assert headers[header.decode()] == value.decode()


@pytest.mark.parametrize(
    ("target", "host", "expected"),
    [
        ("/ws/refuse", HOST, 403),
        ("/ws/fail", HOST, 500),
        ("/ws/nowhere", HOST, 404),
        ("/ws/refuse", "Host: evil.example", 421),
    ],
)
def test_a_refused_handshake_carries_the_security_headers(
    port: int, target: str, host: str, expected: int
) -> None:
    lines = (f"GET {target} HTTP/1.1", *HANDSHAKE, host, "", "")
    status, headers, body = exchange(port, "\r\n".join(lines).encode())
    assert status == expected
    assert headers["content-security-policy"] == SECURITY_HEADERS[0][1].decode()
    assert b"secret" not in body


def test_an_unexpected_error_says_nothing_and_is_logged_once(
    port: int, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        _, _, body = exchange(port, request_bytes("/api/traces", "GET", HOST))
    assert json.loads(body) == {
        "error": {"code": "internal", "message": "internal error", "field": None}
    }
    assert len(caplog.records) == 1
    assert "secret-dsn-password" in str(caplog.records[0].exc_info)


def test_an_answer_that_fails_halfway_is_cut_off(port: int) -> None:
    status, headers, body = exchange(port, request_bytes("/api/stream", "GET", HOST))
    assert status == 200
    assert headers["transfer-encoding"] == "chunked"
    assert body == b"4\r\nhalf\r\n"


def test_an_error_that_may_pass_says_when_to_come_back(port: int) -> None:
    status, headers, body = exchange(port, request_bytes("/api/overloaded", "GET", HOST))
    assert (status, headers["retry-after"]) == (503, "3")
    assert json.loads(body)["error"]["code"] == "unavailable"


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("application/json", b'{"code":14,"message":"the queue is full"}'),
        ("application/x-protobuf", b"\x08\x0e\x12\x11the queue is full"),
        ("application/x-protobuf; charset=x", b"\x08\x0e\x12\x11the queue is full"),
    ],
)
def test_an_error_on_an_otlp_path_is_a_status_in_the_requests_encoding(
    port: int, kind: str, expected: bytes
) -> None:
    request = request_bytes("/v1/overloaded", "POST", HOST, f"Content-Type: {kind}")
    _, headers, body = exchange(port, request)
    assert body == expected
    assert headers["content-type"] == kind.partition(";")[0]


def test_a_body_over_the_limit_is_refused_by_its_length(port: int) -> None:
    for length in ("1048577", "9" * 30):
        request = request_bytes("/api/read", "POST", HOST, f"Content-Length: {length}")
        assert status_of(port, request) in (400, 413)


def test_a_chunked_body_over_the_limit_is_refused_while_it_arrives(port: int) -> None:
    chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    head = request_bytes("/api/read", "POST", HOST, "Transfer-Encoding: chunked")
    status, _, body = exchange(port, head + chunk * 17 + b"0\r\n\r\n")
    assert status == 413
    assert json.loads(body)["error"]["code"] == "too_large"


def test_a_body_within_the_limit_is_read(port: int) -> None:
    request = request_bytes("/api/read", "POST", HOST, "Content-Length: 9", body=b"x" * 9)
    assert exchange(port, request)[2] == b"9"


def test_the_size_of_an_otlp_body_is_the_receivers_own_matter(port: int) -> None:
    body = b"x" * (2 * 1024 * 1024)
    request = request_bytes("/v1/read", "POST", HOST, f"Content-Length: {len(body)}", body=body)
    assert exchange(port, request)[2] == b"2097152"


@pytest.mark.parametrize("path", ["/api/read", "/v1/read"])
def test_a_body_that_drips_in_is_given_up(slow_body_port: int, path: str) -> None:
    started = time.monotonic()
    head = f"POST {path} HTTP/1.1\r\n{HOST}\r\nContent-Length: 100\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", slow_body_port), timeout=10) as connection:
        connection.sendall(head)
        for _ in range(5):
            connection.sendall(b"x")
            time.sleep(0.1)
        status, _, _ = parse_response(connection.recv(65536))
    assert status == 504
    assert time.monotonic() - started < 3


def test_a_client_that_sends_on_after_the_refusal_still_reads_it(port: int) -> None:
    body = b"x" * 8_000_000
    for connection in ("close", "keep-alive"):
        lines = f"POST /api/read HTTP/1.1\r\n{HOST}\r\nConnection: {connection}\r\n"
        head = f"{lines}Content-Length: {len(body)}\r\n\r\n".encode()
        with socket.create_connection(("127.0.0.1", port), timeout=10) as peer:
            peer.sendall(head + body)
            assert parse_response(peer.recv(65536))[0] == 413


def test_one_connection_too_many_is_told_to_come_back() -> None:
    app = create_app(parts_with(), extra_routes=ROUTES)
    request = request_bytes("/livez", "GET", HOST)
    with serving(app, limit=2) as port, socket.create_connection(("127.0.0.1", port)) as first:
        first.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert first.recv(65536).startswith(b"HTTP/1.1 200")
        assert exchange(port, request)[0] == 200
        with socket.create_connection(("127.0.0.1", port)) as second:
            second.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert second.recv(65536).startswith(b"HTTP/1.1 200")
            status, headers, body = exchange(port, request)
    assert (status, headers["retry-after"]) == (503, "1")
    assert headers["content-security-policy"] == SECURITY_HEADERS[0][1].decode()
    assert json.loads(body)["error"]["code"] == "unavailable"


def closes_within(port: int, seconds: float, *pieces: bytes) -> bool:
    """Whether the server ends a connection on which these pieces arrive, 0.1 s apart."""
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as connection:
        try:
            for piece in pieces:
                connection.sendall(piece)
                time.sleep(0.1)
            while connection.recv(65536):
                pass
        except TimeoutError:
            return False
        except OSError:
            return True
    return True


def test_a_head_that_never_ends_loses_its_connection(impatient_port: int) -> None:
    assert closes_within(impatient_port, 3)
    assert closes_within(impatient_port, 3, b"GET /livez HTT", *([b"x"] * 8))
    assert closes_within(impatient_port, 3, *([b"\r\n"] * 8))


def test_the_second_head_of_a_connection_has_a_deadline_too(impatient_port: int) -> None:
    whole = b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"
    assert closes_within(impatient_port, 3, whole, b"GET /livez HTTP/1.1\r\nX: ", b"y", b"y", b"y")


def test_a_body_that_nobody_reads_does_not_hold_the_connection(impatient_port: int) -> None:
    head = b"GET /livez HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n"
    assert closes_within(impatient_port, 3, head, *([b"x"] * 8))


def test_a_request_that_keeps_to_the_deadlines_keeps_its_connection(impatient_port: int) -> None:
    whole = b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with socket.create_connection(("127.0.0.1", impatient_port), timeout=5) as connection:
        for _ in range(5):
            connection.sendall(whole)
            data = b""
            while not data.endswith(b'{"status":"ok"}'):
                data += connection.recv(65536)
            time.sleep(0.15)


def test_pipelined_requests_are_all_answered(impatient_port: int) -> None:
    whole = b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"
    last = request_bytes("/livez", "GET", HOST)
    with socket.create_connection(("127.0.0.1", impatient_port), timeout=5) as connection:
        connection.sendall(whole * 4 + last)
        data = b""
        while chunk := connection.recv(65536):
            data += chunk
    assert data.count(b"HTTP/1.1 200 OK") == 5
