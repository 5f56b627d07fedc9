"""Who may talk to a port: Host allow-list, Origin guard, CORS for OTLP, and the admin token."""

import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from argus.errors import Forbidden, InvalidInput, Misdirected, Unauthorized

DEV_ORIGINS = ("http://localhost:5173", "http://127.0.0.1:5173")
"""Where the web app is served from while someone works on it (Vite's default port)."""

OTLP_PREFIX = "/v1/"

_AUTHORITY = re.compile(r"(\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9._-]{1,253})(?::([0-9]{1,5}))?")
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_DEFAULT_PORTS = {"http": 80, "https": 443}
_PREFLIGHT_HEADERS = {
    "Access-Control-Allow-Methods": "POST",
    "Access-Control-Allow-Headers": (
        "content-type, content-encoding, x-scope-orgid, authorization, traceparent, tracestate"
    ),
    "Access-Control-Max-Age": "600",
}


def split_authority(text: str) -> tuple[str, int | None]:
    """`host[:port]` -> the host in its one spelling (lower case, no brackets) and the port.

    Raises ValueError for anything else, user names and trailing text included.
    """
    match = _AUTHORITY.fullmatch(text)
    if match is None or (match[2] and not 0 < int(match[2]) < 65536):
        raise ValueError("not a host with an optional port")
    host = match[1].lower()
    if host.startswith("["):
        host = str(ip_address(host[1:-1]))
    return host, int(match[2]) if match[2] else None


def _is_loopback(host: str) -> bool:
    try:
        address = ip_address(host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


class AllowedHosts:
    """The names this server answers to. Loopback always is one: no name server can rebind it.

    Entries are host names, addresses, `*.domain` (the domain and its names) or `*` (any).
    """

    def __init__(self, entries: Sequence[str]) -> None:
        names = {entry.lower() for entry in entries}
        self._any = "*" in names
        self._domains = tuple(name[1:] for name in names if name.startswith("*."))
        self._names = {"localhost"} | {self._spelled(name) for name in names}

    @staticmethod
    def _spelled(name: str) -> str:
        try:
            return str(ip_address(name.strip("[]")))
        except ValueError:
            return name

    def __contains__(self, host: str) -> bool:
        return (
            self._any
            or host in self._names
            or _is_loopback(host)
            or any(host == domain[1:] or host.endswith(domain) for domain in self._domains)
        )


@dataclass(frozen=True, slots=True)
class Surface:
    """Whom a port trusts. `cors_origins` count on the OTLP paths only, `dev_origins` everywhere."""

    hosts: AllowedHosts
    cors_origins: frozenset[str] = frozenset()
    dev_origins: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls, allowed_hosts: Sequence[str], cors_origins: Sequence[str], production: bool
    ) -> "Surface":
        """The surface that plain settings describe."""
        return cls(
            AllowedHosts(allowed_hosts),
            frozenset(origin.lower() for origin in cors_origins),
            frozenset() if production else frozenset(DEV_ORIGINS),
        )

    def shared_with(self, scope: Scope) -> str | None:
        """The Origin of a request to an OTLP path whose page may read the answer, if any."""
        if scope["type"] != "http" or not scope["path"].startswith(OTLP_PREFIX):
            return None
        origins = Headers(scope=scope).getlist("origin")
        if len(origins) != 1 or origins[0] == "null":
            return None
        allowed = origins[0].lower() in self.cors_origins or "*" in self.cors_origins
        return origins[0] if allowed else None


class HostGuard:
    """Middleware: refuses requests and handshakes whose Host is not this server's.

    A page whose name was rebound to this machine's address sends that name as Host.
    """

    def __init__(self, app: ASGIApp, surface: Surface) -> None:
        self._app = app
        self._hosts = surface.hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Raises InvalidInput for a Host that is missing, repeated or no host; Misdirected for
        one that is not allowed."""
        if scope["type"] in ("http", "websocket"):
            hosts = Headers(scope=scope).getlist("host")
            if len(hosts) != 1:
                raise InvalidInput("send exactly one Host header", field="Host")
            try:
                host, _ = split_authority(hosts[0])
            except ValueError:
                raise InvalidInput("the Host header names no host", field="Host") from None
            if host not in self._hosts:
                raise Misdirected(
                    f"this server does not answer to {host!r}; add it to ALLOWED_HOSTS",
                    field="Host",
                )
        await self._app(scope, receive, send)


class OriginGuard:
    """Middleware: refuses what another site's page makes a browser send.

    Covers WebSocket handshakes and every method but GET, HEAD and OPTIONS; what is no browser
    sends neither header and passes. Answers the CORS preflights of the OTLP paths. Stands behind
    HostGuard: comparing with the request's own Host proves nothing without it.
    """

    def __init__(self, app: ASGIApp, surface: Surface) -> None:
        self._app = app
        self._surface = surface

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Raises Forbidden for a foreign origin."""
        if scope["type"] == "websocket":
            self._check(scope)
        elif scope["type"] == "http":
            shared = self._surface.shared_with(scope) is not None
            preflight = "access-control-request-method" in Headers(scope=scope)
            if shared and preflight and scope["method"] == "OPTIONS":
                await Response(status_code=204, headers=_PREFLIGHT_HEADERS)(scope, receive, send)
                return
            if not shared and scope["method"] not in _SAFE_METHODS:
                self._check(scope)
        await self._app(scope, receive, send)

    def _check(self, scope: Scope) -> None:
        headers = Headers(scope=scope)
        origins = headers.getlist("origin")
        if len(origins) == 1 and origins[0].lower() in self._surface.dev_origins:
            return
        for site in headers.getlist("sec-fetch-site"):
            if site not in ("same-origin", "none"):
                raise Forbidden("refused: the request comes from another site", field="Origin")
        if len(origins) > 1 or (origins and not self._is_own(origins[0], headers, scope)):
            raise Forbidden("refused: the request comes from another origin", field="Origin")

    def _is_own(self, origin: str, headers: Headers, scope: Scope) -> bool:
        scheme, _, authority = origin.lower().partition("://")
        if scheme not in _DEFAULT_PORTS:
            return False
        try:
            host, port = split_authority(authority)
            _, own_port = split_authority(headers["host"])
        except ValueError:
            return False
        default = _DEFAULT_PORTS[scheme]
        listening = scope["server"][1] if scope.get("server") else None
        # A forwarded port shows in the Host header, the port behind a proxy only in the socket.
        own_ports = {own_port or default, listening or default}
        return host in self._surface.hosts and (port or default) in own_ports


def require_admin(headers: Headers, token: str, loopback_only: bool) -> None:
    """Let only an administrator pass: the bearer of `token`, or, when there is none, anyone on a
    server that only this machine can reach. Raises Unauthorized or Forbidden."""
    if not token:
        if loopback_only:
            return
        raise Forbidden("closed: set ARGUS_ADMIN_TOKEN to use this beyond loopback")
    given = headers.getlist("authorization")
    scheme, _, credentials = given[0].partition(" ") if len(given) == 1 else ("", "", "")
    matches = hmac.compare_digest(credentials.strip().encode("latin-1"), token.encode())
    if scheme.lower() != "bearer" or not matches:
        raise Unauthorized("send the admin token as Authorization: Bearer …")
