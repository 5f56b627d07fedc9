"""The commands that ask a running server, and exports that come back as they were."""

import csv
import gzip
import io
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx2
import pytest

from argus.api.otlp_json import logs_request, traces_request
from tests.api.doubles import CHILD, LOG, SPAN, TRACE_ID
from tests.builders import NOON, SECOND, a_log_record, a_span
from tests.e2e.conftest import Argus

OTLP = {"Accept": "application/x-otlp-ndjson"}
ODD: dict[str, Any] = {
    "text": 'a "quoted" line\nand = another', "int": 2**53 + 1, "double": 3.0, "nan": float("nan"),
    "bytes": b"\0\1", "list": [1, "two", None], "map": {"$odd": 1, "k": {"deep": True}},
    "none": None,
}  # fmt: skip


def run(argus: Argus, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "argus", *words, "--url", argus.url], capture_output=True, text=True
    )


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
    assert run(filled, "export", signal, "-o", str(path)).returncode == 0
    before = path.read_bytes()
    assert before == exported(filled, signal)
    if packed:
        path.write_bytes(gzip.compress(before))
    done = run(filled, "import", str(path), "--tenant", tenant)
    assert (done.returncode, done.stderr) == (0, "")
    assert exported(filled, signal, tenant) == before


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
        (["import", __file__], "not JSON"),
    ],
)
def test_what_cannot_be_done_is_one_line(filled: Argus, words: list[str], message: str) -> None:
    done = run(filled, *words)
    assert done.returncode != 0
    assert message in done.stderr.splitlines()[-1]


def test_a_server_that_is_not_there_is_named(tmp_path: Path) -> None:
    done = run(Argus(tmp_path), "query", "logs")
    assert done.returncode == 1
    assert "does not answer" in done.stderr


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
