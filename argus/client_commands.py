"""The commands that ask a running server: `argus query`, `trace`, `tail`, `export`, `import`."""

import gzip
import json
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from typing import IO, Any
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import Request, urlopen

import click
from websockets.exceptions import InvalidStatus, WebSocketException
from websockets.sync.client import connect

from argus.api.exports import CSV, NDJSON, OTLP
from argus.errors import InvalidInput
from argus.query import FilterSignal, parse
from argus.query.units import read_duration

_TIMEOUT_S = 30.0
_GZIP_MAGIC = b"\x1f\x8b"
_SIGNALS = click.Choice(["traces", "logs"])
_MEDIA_TYPES = {"csv": CSV, "ndjson": NDJSON, "otlp": OTLP}


class _Refused(click.ClickException):
    """What was asked for cannot be read; said in one line, without the usage."""

    exit_code = 2


class Server:
    """Where the server is and whose telemetry is asked for."""

    def __init__(self, url: str, tenant: str) -> None:
        self.url = url.rstrip("/")
        self.tenant = tenant

    def open(
        self, path: str, accept: str = "application/json", body: bytes | None = None
    ) -> IO[bytes]:
        """The answer of a request that must succeed. Raises ClickException with what went wrong."""
        headers = {"Accept": accept, "X-Scope-OrgID": self.tenant}
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            request = Request(self.url + path, body, headers)
            answer: IO[bytes] = urlopen(request, timeout=_TIMEOUT_S)
        except HTTPError as error:
            message = _message(error.read(), f"{error.code} {error.reason}")
            raise click.ClickException(message) from None
        except (HTTPException, OSError, ValueError) as error:
            reason = getattr(error, "reason", error)
            raise click.ClickException(f"{self.url} does not answer: {reason}") from None
        return answer

    def json(self, path: str, body: bytes | None = None) -> Any:
        """The decoded answer of a request that must succeed."""
        with self.open(path, body=body) as answer:
            try:
                return json.load(answer)
            except (HTTPException, OSError, ValueError) as error:
                message = f"{self.url} does not answer as Argus does: {error}"
                raise click.ClickException(message) from None


def _message(body: bytes | bytearray, otherwise: str) -> str:
    """What an answer that is an error says."""
    try:
        found = json.loads(body)
        return str(found["error"]["message"] if "error" in found else found["message"])
    except (ValueError, KeyError, TypeError):
        return otherwise


def _connected(command: Callable[..., None]) -> Callable[..., None]:
    url = click.option(
        "--url", envvar="ARGUS_URL", default="http://127.0.0.1:8080", show_default=True,
        help="The server; also ARGUS_URL.",
    )  # fmt: skip
    tenant = click.option("--tenant", default="default", show_default=True, help="Whose telemetry.")
    return url(tenant(command))


def _bounded(command: Callable[..., None]) -> Callable[..., None]:
    since = click.option("--since", help="How far back, such as 15m or 1h; all without it.")
    return click.argument("filter_", metavar="[FILTER]", default="")(since(command))


def _conditions(signal: FilterSignal, filter_: str, since: str | None) -> dict[str, str]:
    try:
        parse(filter_, signal)
    except InvalidInput as error:
        raise _Refused(error.message) from None
    if since is None:
        return {"filter": filter_}
    if read_duration(since) is None:
        raise _Refused("--since: expected a duration such as 15m or 1h30m")
    return {"filter": filter_, "start": f"now-{since}"}


@click.command("query")
@click.argument("signal", type=_SIGNALS)
@_bounded
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1000))
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@_connected
def query_command(
    signal: FilterSignal, filter_: str, since: str | None, limit: int, as_json: bool, url: str,
    tenant: str,
) -> None:  # fmt: skip
    """Print the newest traces or logs that match FILTER (see docs/query.md)."""
    parameters = urlencode(_conditions(signal, filter_, since) | {"limit": str(limit)})
    answer = Server(url, tenant).json(f"/api/{signal}?{parameters}")
    for record in answer[signal]:
        if as_json:
            click.echo(json.dumps(record, ensure_ascii=False))
        else:
            click.echo(_log_line(record) if signal == "logs" else _trace_line(record))
    if not as_json:
        more = "at least " * answer["total_is_estimate"]
        click.echo(f"{len(answer[signal])} of {more}{answer['total']}", err=True)


def _trace_line(trace: dict[str, Any]) -> str:
    return _one_line(
        f"{trace['start_time']} {trace['trace_id']} {trace['status']:<5} "
        f"{_duration(trace['duration_us']):>9} {trace['span_count']:>5} spans  "
        f"{trace['root_service']}: {trace['root_operation']}"
    )


def _log_line(log: dict[str, Any]) -> str:
    body = log["body"]
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    return _one_line(f"{log['timestamp']} {log['severity']:<5} {log['service_name']}: {text}")


def _one_line(text: str) -> str:
    # it quotes what somebody sent: nothing of it may steer the terminal
    return "".join(one if one.isprintable() else " " for one in text)


def _duration(us: float) -> str:
    for unit, size in (("s", 1_000_000), ("ms", 1000)):
        if us >= size:
            return f"{us / size:.2f}{unit}"
    return f"{us:g}µs"


@click.command("trace")
@click.argument("trace_id")
@_connected
def trace_command(trace_id: str, url: str, tenant: str) -> None:
    """Print the spans of a trace as a tree."""
    detail = Server(url, tenant).json(f"/api/traces/{quote(trace_id, safe='')}?view=skeleton")
    click.echo(_trace_line(detail["trace"]))
    spans = detail["spans"]
    known = {span["span_id"] for span in spans}
    children: dict[str | None, list[dict[str, Any]]] = defaultdict(list)
    for span in spans:
        parent = span["parent_span_id"]
        children[parent if parent in known and parent != span["span_id"] else None].append(span)
    waiting = [(span, "", last) for span, last in _reversed(children[None])]
    shown = set()
    while waiting:
        span, indent, last = waiting.pop()
        if span["span_id"] in shown:
            continue
        shown.add(span["span_id"])
        mark = " ERROR" * (span["status"] == "ERROR")
        name = f"{span['service_name']}: {span['operation_name']}"
        line = f"{indent}{'└─' if last else '├─'} {name}  {_duration(span['duration_us'])}{mark}"
        click.echo(_one_line(line))
        deeper = indent + ("   " if last else "│  ")
        waiting += [(one, deeper, end) for one, end in _reversed(children[span["span_id"]])]


def _reversed(spans: list[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], bool]]:
    for number, span in enumerate(reversed(spans)):
        yield span, number == 0


@click.command("tail")
@click.argument("filter_", metavar="[FILTER]", default="")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@_connected
def tail_command(filter_: str, as_json: bool, url: str, tenant: str) -> None:
    """Print log records that match FILTER as they arrive, until interrupted."""
    _conditions("logs", filter_, None)
    address = f"{url.rstrip('/').replace('http', 'ws', 1)}/ws"
    try:
        with connect(address, additional_headers={"X-Scope-OrgID": tenant}) as socket:
            socket.send(json.dumps({"filter": filter_ or None}))
            for message in socket:
                for record in json.loads(message):
                    line = json.dumps(record, ensure_ascii=False) if as_json else _log_line(record)
                    click.echo(line)
    except InvalidStatus as error:
        raise click.ClickException(_message(error.response.body, str(error))) from None
    except (OSError, WebSocketException) as error:
        raise click.ClickException(f"{address}: {error}") from None


@click.command("export")
@click.argument("signal", type=_SIGNALS)
@_bounded
@click.option("--format", "format_", type=click.Choice(list(_MEDIA_TYPES)), default="otlp",
              show_default=True)  # fmt: skip
@click.option("-o", "--output", type=click.File("wb"), default="-", help="A file; else stdout.")
@_connected
def export_command(
    signal: FilterSignal, filter_: str, since: str | None, format_: str, output: IO[bytes],
    url: str, tenant: str,
) -> None:  # fmt: skip
    """Write all traces or logs that match FILTER; `argus import` reads the otlp format back."""
    path = f"/api/{signal}?{urlencode(_conditions(signal, filter_, since))}"
    try:
        with Server(url, tenant).open(path, _MEDIA_TYPES[format_]) as answer:
            while chunk := answer.read1(65_536):  # type: ignore[attr-defined]
                output.write(chunk)
    except (HTTPException, OSError) as error:
        raise click.ClickException(f"the export is not whole: {error}") from None


@click.command("import")
@click.argument("files", type=click.Path(exists=True, dir_okay=False, path_type=Path), nargs=-1,
                required=True)  # fmt: skip
@_connected
def import_command(files: tuple[Path, ...], url: str, tenant: str) -> None:
    """Send files of OTLP JSON, whole or one request a line, also gzipped, to the server.

    Lines are sent last to first: an export is newest first, and arrival counts among equal times.
    """
    server, requests, rejected = Server(url, tenant), 0, 0
    for path in files:
        try:
            with _unpacked(path) as file:
                for body in _requests(file):
                    rejected += _send(server, path, body)
                    requests += 1
        except (OSError, EOFError) as error:
            raise click.ClickException(f"{path}: {error}") from None
    click.echo(f"sent {requests} requests")
    if rejected:
        raise click.ClickException(f"{rejected} records were rejected")


def _send(server: Server, path: Path, body: bytes) -> int:
    """Send one request; how many of its records the server did not take."""
    try:
        members = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise click.ClickException(f"{path}: not JSON: {error}") from None
    known = {"resourceSpans": "traces", "resourceLogs": "logs"}
    found = known.keys() & members if isinstance(members, dict) else set()
    if not found:
        raise click.ClickException(f"{path}: neither resourceSpans nor resourceLogs in a request")
    partial = server.json(f"/v1/{known[min(found)]}", body).get("partialSuccess") or {}
    return sum(int(count) for name, count in partial.items() if name.startswith("rejected"))


@contextmanager
def _unpacked(path: Path) -> Iterator[IO[bytes]]:
    """A file to seek in, decompressed when it is gzip."""
    with path.open("rb") as file:
        packed = file.read(2) == _GZIP_MAGIC
        file.seek(0)
        if not packed:
            yield file
            return
    with gzip.open(path) as packed_file, tempfile.TemporaryFile() as whole:
        shutil.copyfileobj(packed_file, whole)
        whole.seek(0)
        yield whole


def _requests(file: IO[bytes]) -> Iterator[bytes]:
    """The requests in a file, last to first; one that spans several lines is alone in its file."""
    first = file.readline()
    try:
        json.loads(first)
    except (ValueError, RecursionError):
        yield first + file.read()
        return
    starts, position = [0], len(first)
    for line in file:
        starts.append(position)
        position += len(line)
    for start in reversed(starts):
        file.seek(start)
        if body := file.readline().strip():
            yield body


CLIENT_COMMANDS = (query_command, trace_command, tail_command, export_command, import_command)
