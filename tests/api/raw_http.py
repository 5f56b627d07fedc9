"""HTTP as bytes on a socket: requests that no client library would send, and their answers."""

import socket
from collections.abc import Sequence


def exchange(port: int, request: bytes, timeout: float = 10) -> tuple[int, dict[str, str], bytes]:
    """Send raw bytes to a port, read one answer until the peer closes: status, headers, body."""

    with socket.create_connection(("127.0.0.1", port), timeout=timeout) as connection:
        connection.sendall(request)
        data = b"".join(iter(lambda: connection.recv(65536), b""))
    return parse_response(data)


def status_of(port: int, request: bytes, timeout: float = 10) -> int:
    """Send raw bytes to a port and read no more than the status of the answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=timeout) as connection:
        connection.sendall(request)
        data = b""
        while b"\r\n" not in data:
            chunk = connection.recv(65536)
            if not chunk:
                break
            data += chunk
    return int(data.split(b" ")[1])


def parse_response(data: bytes) -> tuple[int, dict[str, str], bytes]:
    """Raw bytes of an HTTP answer -> status, headers by lower-case name, body."""
    head, _, body = data.partition(b"\r\n\r\n")
    status_line, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    return int(status_line.split(" ")[1]), headers, body


def request_bytes(
    target: str = "/api/health", method: str = "GET", *headers: str, body: bytes = b""
) -> bytes:
    """A raw HTTP/1.1 request that asks for the connection to be closed."""
    lines: Sequence[str] = [f"{method} {target} HTTP/1.1", *headers, "Connection: close", "", ""]
    return "\r\n".join(lines).encode("latin-1") + body
