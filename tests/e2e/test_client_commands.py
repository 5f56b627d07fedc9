"""The commands that ask a running server, and exports that come back as they were."""

import csv
import gzip
import io
import json
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx2
import pytest
from click.testing import CliRunner, Result

from argus.api.otlp_json import logs_request, traces_request
from argus.cli import cli
from tests.api.doubles import CHILD, LOG, SPAN, TRACE_ID
from tests.builders import NOON, SECOND, a_log_record, a_span
from tests.e2e.conftest import Argus

OTLP = {"Accept": "application/x-otlp-ndjson"}
ODD: dict[str, Any] = {
    "text": 'a "quoted" line\nand = another', "int": 2**53 + 1, "double": 3.0, "nan": float("nan"),
    "bytes": b"\0\1", "list": [1, "two", None], "map": {"$odd": 1, "k": {"deep": True}},
    "none": None,
}  # fmt: skip


def run(argus: Argus, *words: str) -> Result:
    return CliRunner().invoke(cli, [*words, "--url", argus.url])


def send(argus: Argus, signal: str, request: dict[str, Any], tenant: str = "default") -> None:
    headers = {"X-Scope-OrgID": tenant}
    answer = httpx2.post(f"{argus.url}/v1/{signal}", json=request, headers=headers)
    assert (answer.status_code, answer.json()) == (200, {})


@pytest.fixture(scope="module")
def filled(shared_argus: Argus) -> Argus:
    """A server with 1100 log records, many at the same time, and 60 traces."""
    send(shared_argus, "traces", traces_request([SPAN, CHILD]))
    spans = [a_span(start_ns=NOON + n // 7, attributes=ODD | {"n": n}) for n in range(60)]
    send(shared_argus, "traces", traces_request(spans))
    logs = [
        a_log_record(ODD | {"n": n}, service=f"s{n % 3}", time_ns=NOON + n // 50 * SECOND,
                     attributes={"n": n})
        for n in range(1100)
    ]  # fmt: skip
    send(shared_argus, "logs", logs_request([*logs, LOG]))
    return shared_argus


def exported(argus: Argus, signal: str, tenant: str = "default") -> bytes:
    answer = httpx2.get(f"{argus.url}/api/{signal}", headers=OTLP | {"X-Scope-OrgID": tenant})
    assert answer.headers["content-type"] == OTLP["Accept"]
    return answer.content


@pytest.mark.parametrize("signal", ["traces", "logs"])
@pytest.mark.parametrize("packed", [False, True])
def test_what_is_exported_and_imported_is_exported_as_it_was(
    filled: Argus, tmp_path: Path, signal: str, packed: bool
) -> None:
    path, tenant = tmp_path / "export", f"copy-{packed}"
    assert run(filled, "export", signal, "-o", str(path)).exit_code == 0
    before = path.read_bytes()
    assert before == exported(filled, signal)
    if packed:
        path.write_bytes(gzip.compress(before))
    done = run(filled, "import", str(path), "--tenant", tenant)
    assert (done.exit_code, done.stderr) == (0, "")
    assert exported(filled, signal, tenant) == before


def test_a_trace_of_very_many_spans_is_exported_in_parts_and_imported_whole(
    shared_argus: Argus, tmp_path: Path
) -> None:
    path, few = tmp_path / "export", SPAN._replace(attributes="{}", events="", links="")
    spans = [
        few._replace(span_id=(n + 1).to_bytes(8, "big"), start_ns=NOON + n * n % 7)
        for n in range(12_000)
    ]
    for first in range(0, len(spans), 3_000):
        send(shared_argus, "traces", traces_request(spans[first : first + 3_000]), "long")
    wait_for_spans(shared_argus, "long", len(spans))
    path.write_bytes(exported(shared_argus, "traces", "long"))
    assert [line.count(b'"spanId"') for line in path.read_bytes().splitlines()] == [
        5000,
        5000,
        2000,
    ]
    assert run(shared_argus, "import", str(path), "--tenant", "copy-long").exit_code == 0
    wait_for_spans(shared_argus, "copy-long", len(spans))
    assert exported(shared_argus, "traces", "copy-long") == path.read_bytes()


def wait_for_spans(argus: Argus, tenant: str, spans: int) -> None:
    """Wait until the list says so of the only trace: it may be a second behind."""
    until, counted = time.monotonic() + 20, 0
    while counted != spans:
        assert time.monotonic() < until
        answer = httpx2.get(f"{argus.url}/api/traces", headers={"X-Scope-OrgID": tenant})
        (counted,) = (trace["span_count"] for trace in answer.json()["traces"])


def test_an_export_has_every_match_once_and_what_was_sent(filled: Argus) -> None:
    lines = exported(filled, "logs").splitlines()
    assert len(lines) == 3
    records = [
        record
        for line in lines
        for resource in json.loads(line)["resourceLogs"]
        for scope in resource["scopeLogs"]
        for record in scope["logRecords"]
    ]
    assert len(records) == 1101
    assert logs_request([LOG])["resourceLogs"][0]["scopeLogs"][0]["logRecords"][0] in records


def test_a_list_comes_whole_as_csv_and_as_json_lines(filled: Argus) -> None:
    target = f"{filled.url}/api/logs?filter=service:s0&limit=1"
    table = httpx2.get(target, headers={"Accept": "text/csv"}).text
    rows = list(csv.DictReader(io.StringIO(table)))
    lines = httpx2.get(target, headers={"Accept": "application/x-ndjson"}).text.splitlines()
    assert len(rows) == len(lines) == 367
    for row, line in zip(rows, map(json.loads, lines), strict=True):
        assert (row["id"], row["timestamp"]) == (line["id"], line["timestamp"])
        assert json.loads(row["body"]) == line["body"]
    traces = httpx2.get(f"{filled.url}/api/traces?sort_by=duration", headers={"Accept": "text/csv"})
    found = [row["trace_id"] for row in csv.DictReader(io.StringIO(traces.text))]
    assert len(found) == len(set(found)) == 61


def test_a_bad_export_is_refused_before_it_begins(filled: Argus) -> None:
    answer = httpx2.get(f"{filled.url}/api/logs?filter=(", headers={"Accept": "text/csv"})
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, "filter")


def test_query_prints_what_matches(filled: Argus) -> None:
    done = run(filled, "query", "logs", "n:<2", "--json")
    assert sorted(json.loads(line)["attributes"]["n"] for line in done.stdout.splitlines()) == [
        0,
        1,
    ]
    done = run(filled, "query", "traces", "status:error service:orders")
    assert TRACE_ID.hex() in done.stdout
    assert done.stderr == "1 of 1\n"
    assert run(filled, "query", "logs", "", "--since", "1h").stderr == "0 of 0\n"


def test_trace_prints_a_tree(filled: Argus) -> None:
    lines = run(filled, "trace", TRACE_ID.hex()).stdout.splitlines()
    assert lines[1:] == [
        "└─ orders: GET /orders  1.50ms ERROR",
        "   └─ orders: GET /orders  1.50ms",
    ]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["query", "logs", "("], "filter: column 2: expected"),
        (["query", "logs", "--since", "soon"], "--since: expected a duration"),
        (["trace", "abc"], "trace_id: expected 32 hex digits"),
        (["trace", "ab" * 16], "no span of this trace is known"),
        (["query", "logs", "--tenant", "a b"], "tenant must be 1 to 64 characters"),
        (["tail", "a OR"], "filter: column 5: expected"),
        (["tail", "--tenant", "a b"], "tenant must be 1 to 64 characters"),
        (["export", "traces", "duration:>5"], "filter: column 11: expected a duration"),
        (["import", __file__], "not JSON"),
    ],
)
def test_what_cannot_be_done_is_one_line(filled: Argus, words: list[str], message: str) -> None:
    done = run(filled, *words)
    assert done.exit_code != 0
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"Error: {message}") or words[0] == "import"
    assert message in line


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (b"", "not JSON"),
        (b"5", "neither resourceSpans nor resourceLogs"),
        (b"[1]", "neither resourceSpans nor resourceLogs"),
        (b"[" * 100_000, "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"\x1f\x8b and nothing else", "Unknown compression method"),
        (b'{"resourceSpans": 5}', "not an OTLP traces request"),
    ],
)
def test_a_file_that_is_no_export_is_named_or_what_is_wrong_with_it(
    filled: Argus, tmp_path: Path, written: bytes, message: str
) -> None:
    path = tmp_path / "file"
    path.write_bytes(written)
    done = run(filled, "import", str(path))
    (line,) = done.stderr.splitlines()
    assert (done.exit_code, done.stdout) == (1, "")
    assert line.startswith("Error: ")
    assert message in line


@pytest.mark.parametrize("words", [["query", "logs"], ["export", "logs"], ["tail"]])
def test_a_server_that_is_not_there_is_named(tmp_path: Path, words: list[str]) -> None:
    absent = Argus(tmp_path)
    for url in (absent.url, "nothing"):
        absent.url = url
        done = run(absent, *words)
        (line,) = done.stderr.splitlines()
        assert done.exit_code == 1
        assert line.startswith(
            f"Error: {url.replace('http', 'ws' * (words == ['tail']) or 'http')}"
        )


class Failing(BaseHTTPRequestHandler):
    """Breaks off in the middle of an answer."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"5\r\nfirst\r\n100\r\n")
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: what it does is expected."""


@pytest.mark.parametrize(
    ("words", "message"),
    [(["export", "logs"], "the export is not whole"), (["query", "logs"], "does not answer as")],
)
def test_an_answer_that_breaks_off_is_an_error(
    tmp_path: Path, words: list[str], message: str
) -> None:
    argus = Argus(tmp_path)
    with HTTPServer(("127.0.0.1", 0), Failing) as server:
        argus.url = f"http://127.0.0.1:{server.server_port}"
        serving = Thread(target=server.handle_request)
        serving.start()
        done = run(argus, *words)
        serving.join()
    (line,) = done.stderr.splitlines()
    assert done.exit_code == 1
    assert line.startswith("Error: ")
    assert message in line


def test_tail_prints_what_arrives_and_matches(filled: Argus) -> None:
    command = [sys.executable, "-u", "-m", "argus", "tail", "severity:error", "--url", filled.url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as tail:
        assert tail.stdout is not None
        try:
            deadline = time.monotonic() + 20
            while not filled.get("/api/health")["active_connections"]:
                assert time.monotonic() < deadline
                time.sleep(0.05)
            time.sleep(0.2)  # the filter follows the connection
            records = [a_log_record("calm"), a_log_record("wild\x1b[2J", severity="ERROR")]
            send(filled, "logs", logs_request(records))
            assert tail.stdout.readline() == "2026-01-01T12:00:00.000000000Z ERROR shop: wild [2J\n"
        finally:
            tail.terminate()
