"""Attacks on the web surface, on HTTP and on WebSocket, over real sockets."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

from argus.api import create_app
from argus.api.answer import json_response
from argus.api.endpoint import Call, Endpoint
from argus.api.health import Probe
from argus.api.routes import ENDPOINTS
from argus.api.security import AllowedHosts, require_admin, split_authority
from argus.errors import Forbidden, Unauthorized
from tests.api.doubles import parts_with, serving
from tests.api.raw_http import exchange, request_bytes, status_of

HANDSHAKE = (
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
)


async def greet(socket: WebSocket) -> None:
    """Accept, say a word, and leave."""
    await socket.accept()
    await socket.send_text("hello")
    await socket.close()


async def wipe(call: Call) -> Response:
    """An endpoint that would destroy something."""
    return json_response(Probe("wiped"))


async def export(request: object) -> Response:
    """Stands where the OTLP receiver does."""
    return Response(b"{}", media_type="application/json")


WIPE = Endpoint("DELETE", "/api/wipe", wipe, "Destroy.", answers=(Probe,), admin=True)
ROUTES: list[BaseRoute] = [
    WebSocketRoute("/ws", greet),
    Route("/v1/traces", export, methods=["POST", "OPTIONS"]),
]


def server(**changes: Any) -> Iterator[int]:
    """The port of a server with a WebSocket, an OTLP path and an endpoint that destroys."""
    parts = parts_with(allowed_hosts=("argus.example", "*.corp.example"), **changes)
    app = create_app(parts, extra_routes=ROUTES, endpoints=(*ENDPOINTS, WIPE))
    with serving(app) as port:
        yield port


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    yield from server(cors_origins=("https://shop.example",), production=True)


@pytest.fixture(scope="module")
def dev_port() -> Iterator[int]:
    yield from server()


@pytest.fixture(scope="module")
def open_port() -> Iterator[int]:
    """Bound beyond loopback, no token."""
    yield from server(loopback_only=False)


@pytest.fixture(scope="module")
def token_port() -> Iterator[int]:
    """Bound beyond loopback, with a token."""
    yield from server(loopback_only=False, admin_token="s3cret")


def status(port: int, method: str, target: str, *headers: str) -> int:
    return status_of(port, request_bytes(target, method, *headers))


def handshake(port: int, *headers: str, target: str = "/ws") -> int:
    lines = (f"GET {target} HTTP/1.1", *HANDSHAKE, *headers, "", "")
    return status_of(port, "\r\n".join(lines).encode("latin-1"))


GOOD_HOSTS = [
    "localhost", "LOCALHOST:9", "127.0.0.1", "127.0.0.1:1", "127.8.9.10", "[::1]", "[::1]:8080",
    "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "argus.example", "Argus.Example:443",
    "corp.example", "a.b.corp.example",
]  # fmt: skip
FOREIGN_HOSTS = [
    "evil.example", "evil.example:8080", "localhost.evil.example", "localhost.", "argus.example.",
    "xcorp.example", "169.254.169.254", "[fe80::1]", "[::ffff:10.0.0.1]", "0.0.0.0", "2130706433",
    "127.0.0.1.evil.example", "127.1",
]  # fmt: skip
BROKEN_HOSTS = [
    "", "localhost:8080@evil.example", "evil.example@localhost", "localhost:", "localhost:port",
    "localhost:99999", "localhost:0", "localhost evil.example", "localhost,evil.example",
    "localhost/", "::1", "[::1", "[::1]x", "[::g]", "a" * 300, "local\xefhost", "http://localhost",
]  # fmt: skip


@pytest.mark.parametrize("host", GOOD_HOSTS)
def test_own_names_are_answered_on_http_and_websocket(port: int, host: str) -> None:
    assert status(port, "GET", "/livez", f"Host: {host}") == 200
    assert handshake(port, f"Host: {host}") == 101


@pytest.mark.parametrize("host", FOREIGN_HOSTS)
def test_a_rebound_name_is_misdirected_on_http_and_websocket(port: int, host: str) -> None:
    assert status(port, "GET", "/livez", f"Host: {host}") == 421
    assert handshake(port, f"Host: {host}") == 421


@pytest.mark.parametrize("host", BROKEN_HOSTS)
def test_a_host_header_that_names_no_host_is_refused(port: int, host: str) -> None:
    assert status(port, "GET", "/livez", f"Host: {host}") == 400
    assert handshake(port, f"Host: {host}") == 400


@pytest.mark.parametrize("hosts", [(), ("localhost", "localhost"), ("localhost", "evil.example")])
def test_anything_but_one_host_header_is_refused(port: int, hosts: tuple[str, ...]) -> None:
    lines = [f"Host: {host}" for host in hosts]
    assert status(port, "GET", "/livez", *lines) == 400
    assert handshake(port, *lines) == 400


def test_forwarded_headers_do_not_change_the_host(port: int) -> None:
    forwarded = ("X-Forwarded-Host: localhost", "Forwarded: host=localhost")
    assert status(port, "GET", "/livez", "Host: evil.example", *forwarded) == 421
    assert status(port, "GET", "/livez", "Host: localhost", "X-Forwarded-Host: evil.example") == 200


def test_an_absolute_target_cannot_name_another_host(port: int) -> None:
    assert status(port, "GET", "http://evil.example/livez", "Host: localhost") == 400
    assert status(port, "GET", "http://evil.example/livez", "Host: evil.example") == 421
    assert status(port, "GET", "http://localhost/livez", "Host: localhost") == 200
    assert handshake(port, "Host: localhost", target="http://evil.example/ws") == 400


def test_a_misdirected_request_learns_what_to_set(port: int) -> None:
    _, _, body = exchange(port, request_bytes("/api/health", "GET", "Host: evil.example"))
    error = json.loads(body)["error"]
    assert (error["code"], error["field"]) == ("misdirected_request", "Host")
    assert "ALLOWED_HOSTS" in error["message"]


def test_a_star_allows_any_host() -> None:
    assert "anything.example" in AllowedHosts(["*"])


@pytest.mark.parametrize("text", ["", ":80", "[::1]:0", "a:b", "user@host", "[zz]", "a b"])
def test_what_is_no_authority_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"host|address"):
        split_authority(text)


FOREIGN_PAGES = [
    ("Origin: http://evil.example",),
    ("Origin: null",),
    ("Origin: http://localhost.evil.example:8080",),
    ("Origin: http://localhost:3000",),
    ("Origin: https://localhost",),
    ("Origin: file://localhost",),
    ("Origin: localhost",),
    ("Origin: ",),
    ("Origin: http://localhost:8080/",),
    ("Origin: http://user@localhost:8080",),
    ("Origin: http://localhost:8080 http://evil.example",),
    ("Origin: http://localhost:8080", "Origin: http://evil.example"),
    ("Origin: http://localhost:5173",),
    ("Sec-Fetch-Site: cross-site",),
    ("Sec-Fetch-Site: same-site",),
    ("Sec-Fetch-Site: same-site", "Origin: http://localhost:8080"),
    ("Sec-Fetch-Site: cross-site", "Origin: http://localhost:8080"),
    ("Sec-Fetch-Site: same-origin", "Sec-Fetch-Site: cross-site"),
    ("Sec-Fetch-Site: same-origin", "Origin: http://evil.example"),
    ("Sec-Fetch-Site: nonsense",),
    ("Origin: https://shop.example",),
]
OWN_PAGES: list[tuple[str, ...]] = [
    (),
    ("Sec-Fetch-Site: none",),
    ("Sec-Fetch-Site: same-origin",),
    ("Origin: http://localhost:8080",),
    ("Origin: HTTP://LOCALHOST:8080",),
    ("Origin: http://127.0.0.1:8080", "Sec-Fetch-Site: same-origin"),
    ("Origin: http://argus.example:8080", "Sec-Fetch-Site: same-origin"),
]
HOST = "Host: localhost:8080"


@pytest.mark.parametrize("headers", FOREIGN_PAGES)
def test_a_foreign_page_cannot_change_anything_nor_open_a_websocket(
    port: int, headers: tuple[str, ...]
) -> None:
    for method in ("DELETE", "POST", "PUT", "PATCH"):
        assert status(port, method, "/api/wipe", HOST, *headers) == 403
    # websockets itself answers 400 to repeated headers
    assert handshake(port, HOST, *headers) in (403, 400)


@pytest.mark.parametrize("headers", OWN_PAGES)
def test_the_own_page_and_plain_clients_pass(port: int, headers: tuple[str, ...]) -> None:
    assert status(port, "DELETE", "/api/wipe", HOST, *headers) == 200
    assert handshake(port, HOST, *headers) == 101


def test_a_rebound_page_is_stopped_by_its_host_even_when_its_origin_matches(port: int) -> None:
    rebound = ("Host: evil.example:8080", "Origin: http://evil.example:8080")
    assert status(port, "DELETE", "/api/wipe", *rebound) == 421
    assert handshake(port, *rebound) == 421


def test_a_page_behind_a_tls_proxy_or_a_forwarded_port_is_the_own_one(port: int) -> None:
    for host, origin in [
        ("argus.example", "https://argus.example"),
        ("localhost:9000", "http://localhost:9000"),
    ]:
        headers = (f"Host: {host}", f"Origin: {origin}")
        assert status(port, "DELETE", "/api/wipe", *headers) == 200
        assert handshake(port, *headers) == 101


def test_reading_needs_no_origin(port: int) -> None:
    assert status(port, "GET", "/api/health", HOST, "Origin: http://evil.example") == 200
    assert status(port, "HEAD", "/api/health", HOST, "Sec-Fetch-Site: cross-site") == 200


@pytest.mark.parametrize("origin", ["http://localhost:5173", "http://127.0.0.1:5173"])
def test_the_development_server_passes_unless_in_production(
    port: int, dev_port: int, origin: str
) -> None:
    headers = (HOST, f"Origin: {origin}", "Sec-Fetch-Site: same-site")
    assert status(dev_port, "DELETE", "/api/wipe", *headers) == 200
    assert handshake(dev_port, *headers) == 101
    assert status(port, "DELETE", "/api/wipe", *headers) == 403
    assert handshake(port, *headers) == 403


def test_a_listed_origin_may_send_otlp_and_nothing_else(port: int) -> None:
    headers = (HOST, "Origin: https://shop.example", "Sec-Fetch-Site: cross-site")
    answered, seen, _ = exchange(port, request_bytes("/v1/traces", "POST", *headers))
    assert answered == 200
    assert seen["access-control-allow-origin"] == "https://shop.example"
    assert seen["vary"] == "Origin"
    assert status(port, "DELETE", "/api/wipe", *headers) == 403
    _, seen, _ = exchange(port, request_bytes("/api/health", "GET", *headers))
    assert "access-control-allow-origin" not in seen


def test_a_listed_origin_gets_its_preflight_answered(port: int) -> None:
    ask = ("Access-Control-Request-Method: POST", "Access-Control-Request-Headers: content-type")
    for origin, allowed in [
        ("https://shop.example", "https://shop.example"),
        ("https://evil.example", None),
        ("null", None),
    ]:
        request = request_bytes("/v1/traces", "OPTIONS", HOST, f"Origin: {origin}", *ask)
        answered, seen, _ = exchange(port, request)
        assert seen.get("access-control-allow-origin") == allowed
        if allowed:
            assert answered == 204
            assert "content-type" in seen["access-control-allow-headers"]


def test_an_unlisted_origin_cannot_send_otlp(port: int) -> None:
    headers = (HOST, "Origin: https://evil.example", "Content-Type: application/json")
    answered, seen, body = exchange(port, request_bytes("/v1/traces", "POST", *headers))
    assert answered == 403
    assert json.loads(body)["code"] == 7
    assert "access-control-allow-origin" not in seen


def test_beyond_loopback_without_a_token_nothing_can_be_destroyed(open_port: int) -> None:
    assert status(open_port, "DELETE", "/api/wipe", HOST) == 403
    assert status(open_port, "DELETE", "/api/wipe", HOST, "Authorization: Bearer x") == 403
    assert status(open_port, "GET", "/api/health", HOST) == 200


@pytest.mark.parametrize(
    "credentials",
    [
        (),
        ("Authorization: Bearer wrong",),
        ("Authorization: Bearer ",),
        ("Authorization: Bearer",),
        ("Authorization: s3cret",),
        ("Authorization: Basic s3cret",),
        ("Authorization: Bearer s3cret2",),
        ("Authorization: Bearer s3cret", "Authorization: Bearer s3cret"),
        ("Authorization: Bearer s\xe9cret",),
    ],
)
def test_only_the_right_token_opens_what_destroys(
    token_port: int, credentials: tuple[str, ...]
) -> None:
    request = request_bytes("/api/wipe", "DELETE", HOST, *credentials)
    answered, headers, body = exchange(token_port, request)
    assert answered == 401
    assert headers["www-authenticate"] == "Bearer"
    assert b"s3cret" not in body


def test_the_right_token_opens_what_destroys(token_port: int) -> None:
    for scheme in ("Bearer", "bearer"):
        header = f"Authorization: {scheme} s3cret"
        assert status(token_port, "DELETE", "/api/wipe", HOST, header) == 200


def test_a_token_does_not_excuse_a_foreign_page(token_port: int) -> None:
    headers = (HOST, "Authorization: Bearer s3cret", "Origin: http://evil.example")
    assert status(token_port, "DELETE", "/api/wipe", *headers) == 403


def test_a_token_is_asked_for_on_loopback_too() -> None:
    with pytest.raises(Unauthorized):
        require_admin(Headers({}), "s3cret", loopback_only=True)


def test_a_token_may_hold_any_letters() -> None:
    header = "Bearer sécret".encode().decode("latin-1")
    require_admin(Headers({"authorization": header}), "sécret", loopback_only=False)


def test_without_a_token_loopback_is_open_and_the_rest_closed() -> None:
    require_admin(Headers({}), "", loopback_only=True)
    with pytest.raises(Forbidden):
        require_admin(Headers({"authorization": "Bearer "}), "", loopback_only=False)


def test_every_endpoint_that_is_no_get_asks_for_the_administrator() -> None:
    open_to_all = [one.path for one in ENDPOINTS if one.method != "GET" and not one.admin]
    assert open_to_all == ["/api/explain"]  # it only reads
