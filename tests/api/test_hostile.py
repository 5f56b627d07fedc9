"""Hostile text in every parameter: an answer or a 400 that names the parameter, and soon."""

import asyncio
import json
import time
from collections.abc import Iterator
from itertools import cycle, islice, product
from pathlib import Path
from urllib.parse import quote, unquote

import pytest
from starlette.types import ASGIApp

from argus.api import create_app
from argus.api.endpoint import Endpoint
from argus.api.params import Param
from argus.api.routes import ENDPOINTS
from argus.storage import LogQuery, Storage, TraceQuery
from argus.storage.open import open_storage
from tests.api.doubles import call, parts_with
from tests.api.posting import answer, post
from tests.builders import a_batch, a_log_record, a_span, a_trace_id
from tests.storage.conftest import in_lists

SLOW_S = 2.0
REQUIRED = {
    "/api/attributes/values": ("key", "service"),
    "/api/logs/context": ("timestamp", "now"),
    "/api/explain": ("selection", "status:error"),
    "/api/traces/{trace_id}/spans": ("span_id", "ab" * 8),
    "/api/admin/purge": ("days", "36500"),
}
TRACE_ID = a_trace_id()
IN_PATH = {"trace_id": TRACE_ID.hex(), "id": f"{1:016x}"}
CORES = [
    "' OR '1'='1", '" OR ""="', "'; DROP TABLE spans; --", "1 UNION SELECT name FROM sqlite_master",
    "x') OR 1=1 --", "\\'; DELETE FROM logs; --", "spans MATCH 'a*'", '" NEAR("a" "b")', "a* OR b*",
    "^a", "{words}: a", "a AND b NOT c", '"""', "''''", "%' ESCAPE '%", "_%_%_%", "[a-z]*?",
    "$(id)", "`id`", "{{7*7}}", "${jndi:ldap://x}", "<script>alert(1)</script>", "../../etc/passwd",
    "\x1ftffff", "\u202e\u2066",
]  # fmt: skip
FRAMES = [
    "{}", "a:{}", 'a:"{}"', '"{}"', "({})", "NOT {}", "{} {}", "service:{}", "name:{}*", "*{}*",
    "duration:{}", "resource.{}:*", "root.{}:1", "{}:*", "body:{}", "-{}", "{}\n--", "[{} TO 1]",
    "severity:{}", "\\{}",
]  # fmt: skip
INJECTIONS = [frame.replace("{}", core) for frame, core in product(FRAMES, CORES)]
MALFORMED = {
    "filter": ["(", ")", "a:", ":", '"', "a OR", "NOT", "a:[1 TO", "a:[1 TO 2",
               "a:{1", "trace_id:1", "(" * 99, "a*" * 20, "x " * 2000, "a OR OR b", "AND a",
               "a:>", "a:>x", "a:[x TO 2]"],
    "limit": ["0", "-1", "1e9", "1001", "1.5", "x", " 1", "١", "9" * 30, "1_0"],
    "offset": ["-1", "1e9", "x", "9" * 30, "2147483648"],
    "start": ["yesterday", "2026-13-01T00:00:00Z", "now-", "-1", "1e5", "2026-01-01", "now-5x"],
    "end": ["tomorrow", "2026-02-30T00:00:00Z", "now+1", "NaN", "9" * 40],
    "cursor": ["x", "e30", "AAAA", "null", "%00", "W10", "eyJ0IjoxfQ", "==="],
    "format": ["POINTS", "points;", "x"],
    "sort_by": ["name", "start_time;", "START_TIME", "1"],
    "order_by": ["DESC", "up"],
    "status": ["bad", "2", "OK,ERROR"],
    "severity": ["loud", "ERROR;", "17"],
    "trace_id": ["1", "g" * 32, "0" * 32, "ab" * 17, "' OR 1=1"],
    "span_id": ["1", "0" * 16, "ab" * 9],
    "min_duration": ["fast", "-1ms", "1e3", "9" * 30],
    "max_duration": ["slow", "5 ms"],
    "attributes": ["raw", "TYPED"],
    "signal": ["metrics", ""],
    "key": ["", "a b", "(", "duration", "start", "root.a", 'a"'],
    "field": ["", "time", "(", "x y"],
    "selection": ["", "(", "a:", "NOT"],
    "timestamp": ["", "soon"],
    "window": ["", "5", "1x"],
    "search": ["x" * 5000, "%zz", "%FF", "%00"],
    "service_name": ["", "%00", "%C0%AF"],
    "view": ["bones"],
    "pattern": ["x", "0" * 16, "g" * 16, "ab" * 9],
    "new_since": ["soon", "now+1"],
    "days": ["", "-1", "1e9", "36501", "7.0", "x", "9" * 30],
    "confirm": ["", "yes", "TRUE"],
    "anew": ["", "1", "TRUE"],
}  # fmt: skip


@pytest.fixture(scope="module")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storage]:
    path: Path = tmp_path_factory.mktemp("hostile") / "argus.db"
    with asyncio.Runner() as runner:
        one = runner.run(open_storage("sqlite", str(path), query_timeout_s=10))
        spans = [a_span(f"service {n}", attributes={"n": n}) for n in range(49)]
        spans.append(a_span(trace_id=TRACE_ID))
        runner.run(one.writer.write([a_batch(*spans)]))
        runner.run(one.writer.write([a_batch(*(a_log_record(f"log {n}") for n in range(50)))]))
        yield one
        page = runner.run(one.reader("default").find_traces(TraceQuery()))
        logs = runner.run(one.reader("default").find_logs(LogQuery()))
        assert (page.total, logs.total) == (50, 50)
        runner.run(one.close())


@pytest.fixture(scope="module")
def app(storage: Storage) -> ASGIApp:
    return create_app(parts_with(storage.reader("default")))


PLACES: list[tuple[Endpoint, Param[object]]] = [
    (endpoint, param)
    for endpoint in ENDPOINTS
    for param in endpoint.params
    if (endpoint.path, param.name) != ("/api/admin/dlq", "cursor")  # any text is a place in it
]
IDS = [
    (endpoint, name)
    for endpoint in ENDPOINTS
    for name in IN_PATH
    if f"{{{name}}}" in endpoint.path and "dlq" not in endpoint.path
]
BROKEN = {"%zz", "%FF", "%C0%AF"}
TAKES_TEXT = {"filter", "search", "service_name", "key", "field", "selection", "prefix", "cursor"}


def asked(app: ASGIApp, endpoint: Endpoint, name: str, escaped: str) -> tuple[int, str]:
    """Status and named field of a request with one hostile parameter; it must not take long."""
    required, value = REQUIRED.get(endpoint.path, (name, ""))
    extra = f"&{required}={value}" if required != name else ""
    started = time.perf_counter()
    if endpoint.in_body:
        text = unquote(escaped)
        member = [text] if any(p.name == name and p.repeats for p in endpoint.params) else text
        status, _, body = post(app, endpoint.path, {required: value} | {name: member})
    else:
        query, path = f"{name}={escaped}{extra}".encode(), endpoint.path.format(**IN_PATH)
        status, _, body = call(app, path, query, endpoint.method)
    assert time.perf_counter() - started < SLOW_S, (endpoint.path, name, escaped)
    return status, json.loads(body).get("error", {}).get("field", "") if status >= 400 else ""


def test_there_are_as_many_hostile_inputs_as_promised() -> None:
    assert len(set(INJECTIONS)) == 500
    named = {param.name for _, param in PLACES}
    placed = [(p, text) for p in PLACES for text in MALFORMED.get(p[1].name, ())]
    assert len(placed) >= 200
    assert named - MALFORMED.keys() == {"prefix", "after"} & named


def test_an_injection_finds_nothing_but_an_answer(app: ASGIApp) -> None:
    texts = [place for place in PLACES if place[1].name in TAKES_TEXT]
    others = cycle(PLACES)
    for number, injection in enumerate(INJECTIONS):
        for endpoint, param in (texts[number % len(texts)], *islice(others, 2)):
            status, field = asked(app, endpoint, param.name, quote(injection, safe=""))
            assert status in (200, 400), (endpoint.path, param.name, injection)
            assert field == (param.name if status == 400 else "")


def test_an_injection_is_no_id(app: ASGIApp) -> None:
    assert {endpoint.path for endpoint, _ in IDS} > {
        "/api/traces/{trace_id}",
        "/api/logs/{id}/insight",
    }
    for injection, (endpoint, name) in zip(INJECTIONS, cycle(IDS), strict=False):
        if "/" not in injection:
            path = endpoint.path.format(**IN_PATH | {name: injection})
            query = "=".join(REQUIRED.get(endpoint.path, ())).encode()
            status, _, body = call(app, path, query, endpoint.method)
            assert (status, json.loads(body)["error"]["field"]) == (400, name), path


@pytest.mark.parametrize("name", MALFORMED)
def test_what_is_malformed_is_refused_by_name_wherever_it_is_taken(app: ASGIApp, name: str) -> None:
    for endpoint, param in PLACES:
        if param.name == name:
            for text in MALFORMED[name]:
                if endpoint.in_body and text in BROKEN:
                    continue  # only a query string can be broken in this way
                escaped = text if text.startswith("%") else quote(text, safe="")
                assert asked(app, endpoint, name, escaped) == (400, name), (endpoint.path, text)


async def test_ten_thousand_services_are_told_apart_and_too_many_asked_for_are_refused(
    tmp_path: Path,
) -> None:
    storage = await open_storage("sqlite", str(tmp_path / "a.db"), query_timeout_s=10)
    try:
        spans = [a_span(f"service-{n}") for n in range(10_000)]
        for start in range(0, 10_000, 1000):
            await storage.writer.write([a_batch(*spans[start : start + 1000])])
        await in_lists(storage)
        app = create_app(parts_with(storage.reader("default")))
        for query, total in (("service:service-77*", 111), ("service:*-9999", 1)):
            started = time.perf_counter()
            status, _, body = await answer(app, "/api/traces", f"filter={query}".encode())
            assert (status, json.loads(body)["total"]) == (200, total)
            assert time.perf_counter() - started < SLOW_S
        names = "&".join(f"service_name=service-{n}" for n in range(10_000))
        status, _, body = await answer(app, "/api/traces", names.encode())
        assert (status, json.loads(body)["error"]["field"]) == (400, "query")
        for count in (101, 900, 2000):
            names = "&".join(f"service_name=service-{n}" for n in range(count))
            status, _, body = await answer(app, "/api/traces", names.encode())
            assert (status, json.loads(body)["error"]["field"]) == (400, "service_name")
        names = "&".join(f"service_name=service-{n}" for n in range(100))
        for path in ("/api/traces", "/api/logs", "/api/attributes/keys", "/api/traces/facets"):
            started = time.perf_counter()
            assert (await answer(app, path, names.encode()))[0] == 200, path
            assert time.perf_counter() - started < SLOW_S
    finally:
        await storage.close()
