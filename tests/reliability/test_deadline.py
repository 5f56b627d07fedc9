"""A query that takes too long is stopped, and who sends telemetry does not notice."""

import time
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from statistics import median
from threading import Event

import httpx2

from argus.api.otlp_json import logs_request
from tests.builders import a_log_record
from tests.e2e.conftest import Argus, running

STORED, SENT = 5000, 15
LONG = " OR ".join(f"note:*{n}*{n}*zz*" for n in range(120))
"""Some 600 000 comparisons of texts, which no index can answer."""

numbers = count()


def send(argus: Argus, many: int) -> float:
    """Seconds until so many log records are acknowledged."""
    # no two requests are the same, or the second would be acknowledged as a repeat
    records = [
        a_log_record(f"line {next(numbers)}", attributes={"note": f"{n} " * 20})
        for n in range(many)
    ]
    request = logs_request(records)
    began = time.monotonic()
    answer = httpx2.post(f"{argus.url}/v1/logs", json=request, timeout=30)
    assert (answer.status_code, answer.json()) == (200, {})
    return time.monotonic() - began


def test_a_query_over_its_deadline_stops_and_ingest_does_not_notice(tmp_path: Path) -> None:
    over = Event()

    def ask(argus: Argus) -> list[tuple[int, str]]:
        answers = []
        while not over.is_set():
            found = httpx2.get(f"{argus.url}/api/logs", params={"filter": LONG}, timeout=30)
            answers.append((found.status_code, found.json().get("error", {}).get("code")))
        return answers

    with running(tmp_path, QUERY_TIMEOUT="100ms") as argus, ThreadPoolExecutor() as pool:
        send(argus, STORED)
        alone = median(send(argus, 1) for _ in range(SENT))
        asking = [pool.submit(ask, argus) for _ in range(3)]
        try:
            beside = median(send(argus, 1) for _ in range(SENT))
        finally:
            over.set()
        answers = {answer for one in asking for answer in one.result()}
        assert answers == {(504, "deadline_exceeded")}
        assert beside < 4 * alone + 0.1
        health = argus.get("/api/health")
        assert (health["ingested_total"], health["dlq_size"]) == (STORED + 2 * SENT, 0)
