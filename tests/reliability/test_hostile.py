"""REL-H1 to H8, H20, H21 against a real process: nothing kills it, blows it up or costs others."""

import gzip
import json
import random
import socket
import time
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import httpx2
import pytest
from google.rpc import status_pb2
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from bench.reliability.server import Server, serving
from bench.reliability.trial import shared
from tests.reliability.hostile import (
    JSON,
    attribute,
    bomb,
    call,
    field,
    fixed64,
    nested,
    post,
    resource_spans,
    span,
    varint,
)

NOW = time.time_ns() - 60_000_000_000
MIB = 2**20
BUDGET_MIB = 600
_numbers = iter(range(1, 10**9))


@pytest.fixture(scope="module")
def argus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("hostile")) as server:
        yield server
        assert server.peak_mib() < BUDGET_MIB
        server.until_settled()
        assert server.metrics().unbalanced() == []
        assert "Traceback" not in server.log.read_text()


@pytest.fixture(autouse=True)
def _alive(argus: Server) -> Iterator[None]:
    """Whatever a test sends, the next sender is served."""
    yield
    n = next(_numbers)
    assert post(argus, resource_spans(span(n, NOW))).status_code == 200
    assert httpx2.get(f"{argus.url}/livez").status_code == 200
    argus.until_settled()


def fresh() -> int:
    return next(_numbers)


def stored(argus: Server, n: int) -> list[dict[str, Any]]:
    """The spans of the trace that `span(n)` is in."""
    answer = httpx2.get(f"{argus.url}/api/traces/{n.to_bytes(16, 'big').hex()}")
    return [] if answer.status_code == 404 else answer.json()["spans"]


def rejected(answer: httpx2.Response) -> int:
    assert answer.status_code == 200
    return ExportTraceServiceResponse.FromString(answer.content).partial_success.rejected_spans


@pytest.mark.parametrize(
    "fields",
    [
        *({"trace_id": value} for value in (b"", b"1", b"x" * 15, b"x" * 17, bytes(16))),
        *({"span_id": value} for value in (b"", b"1", b"x" * 9, b"x" * 1000, bytes(8))),
        {"end_ns": NOW - 1}, {"end_ns": 2**63}, {"end_ns": 2**64 - 1},
    ],
    ids=range(13),
)  # fmt: skip
def test_a_bad_span_costs_itself_only(argus: Server, fields: dict[str, Any]) -> None:
    n, bad = fresh(), fresh()
    assert rejected(post(argus, resource_spans(span(bad, NOW, **fields), span(n, NOW)))) == 1
    assert len(stored(argus, n)) == 1


@pytest.mark.parametrize(
    ("start_ns", "kept"),
    [(0, False), (1, True), (4_294_967_296 * 10**9, True), (2**63 - 2, True), (2**63, False),
     (2**64 - 2, False)],
)  # fmt: skip
def test_times_at_the_edges_are_stored_or_rejected(
    argus: Server, start_ns: int, kept: bool
) -> None:
    n = fresh()
    answer = post(argus, resource_spans(span(n, start_ns, end_ns=start_ns + 1)))
    assert rejected(answer) == (0 if kept else 1)
    assert len(stored(argus, n)) == kept
    argus.get("/api/traces", limit="5")
    argus.get("/api/metrics/dashboard", start="0")


BAD_TEXT = {
    "invalid": b"a\xff\xfeb", "lone continuation": b"\x80", "overlong": b"\xc0\xaf",
    "surrogate": b"\xed\xa0\x80", "NUL": b"a\x00b", "right to left": "\u202egnp.exe".encode(),
    "cut off": "é".encode()[:1], "ten million": b"x" * 10_000_000,
}  # fmt: skip


@pytest.mark.parametrize("text", BAD_TEXT.values(), ids=BAD_TEXT.keys())
def test_a_bad_text_in_any_field_costs_no_span(argus: Server, text: bytes) -> None:
    bad = [fresh() for _ in range(5)]
    good = fresh()
    request = b"".join((
        resource_spans(
            span(bad[0], NOW, name=text),
            span(bad[1], NOW, attribute(text[:100], field(1, text))),
            span(bad[2], NOW, field(3, text[:1000])),
            span(bad[3], NOW, field(15, field(2, text))),
            span(bad[4], NOW, field(11, fixed64(1, NOW) + field(2, text))),
            span(good, NOW),
            extra=field(3, text[:100]),
        ),
    ))  # fmt: skip
    assert rejected(post(argus, request)) == 0
    for n in (*bad, good):
        assert len(stored(argus, n)) == 1


@pytest.mark.parametrize("depth", [10, 47, 100, 1_000, 100_000])
@pytest.mark.parametrize("number", [5, 6], ids=["arrays", "maps"])
def test_deep_values_cost_an_attribute_at_most(argus: Server, depth: int, number: int) -> None:
    n = fresh()
    body = resource_spans(span(n, NOW, attribute(b"deep", nested(depth, number))))
    assert rejected(post(argus, body)) == 0
    (found,) = stored(argus, n)
    assert ("deep" in found["attributes"]) == (found["dropped_attributes_count"] == 0)
    assert ("deep" in found["attributes"]) == (depth == 10)


@pytest.mark.parametrize("depth", [10, 100, 1_000, 100_000])
def test_deep_json_is_kept_or_refused(argus: Server, depth: int) -> None:
    n = fresh()
    opening, closing = '{"arrayValue":{"values":[' * depth, "]}}" * depth
    body = (
        '{"resourceSpans":[{"scopeSpans":[{"spans":[{'
        f'"traceId":"{n:032x}","spanId":"{n:016x}","name":"x","startTimeUnixNano":"{NOW}",'
        f'"endTimeUnixNano":{NOW + 1},"attributes":[{{"key":"deep","value":{opening}{closing}}}]'
        "}]}]}]}"
    )
    answer = httpx2.post(f"{argus.otlp}/v1/traces", content=body, headers=JSON)
    assert answer.status_code in (200, 400)
    assert answer.headers["content-type"] == "application/json"
    if answer.status_code == 200:
        assert len(stored(argus, n)) == 1
    else:
        assert depth > 100
        assert json.loads(answer.text)["message"]


def test_floods_of_attributes_are_cut_off_and_counted(argus: Server) -> None:
    n = fresh()
    many = b"".join(attribute(b"k%d" % i, field(1, b"v")) for i in range(100_000))
    assert rejected(post(argus, resource_spans(span(n, NOW, many)))) == 0
    (found,) = stored(argus, n)
    assert len(found["attributes"]) + found["dropped_attributes_count"] == 100_000
    assert len(found["attributes"]) < 10_000


def test_giant_values_and_keys_are_left_out_and_counted(argus: Server) -> None:
    n = fresh()
    giants = attribute(b"k", field(1, b"x" * (32 * MIB))) + attribute(b"k" * MIB, field(1, b"v"))
    assert rejected(post(argus, resource_spans(span(n, NOW, giants)))) == 0
    (found,) = stored(argus, n)
    assert found["dropped_attributes_count"] + len(found["attributes"]) == 2


def test_duplicate_and_empty_keys_are_the_same_every_time(argus: Server) -> None:
    texts = []
    for _ in range(3):
        n = fresh()
        pairs = b"".join(attribute(b"k", field(1, b"%d" % i)) for i in range(3))
        body = resource_spans(span(n, NOW, pairs + attribute(b"", field(1, b"empty"))))
        assert rejected(post(argus, body)) == 0
        texts.append(stored(argus, n)[0]["attributes"])
    assert texts[0] == texts[1] == texts[2]


@pytest.mark.parametrize(
    "body",
    [field(1, b"") * 1_000_000, field(1, field(2, b"")) * 500_000,
     field(1, field(2, field(2, b"") * 1_000_000))],
    ids=["resources", "scopes", "spans"],
)  # fmt: skip
def test_a_million_empty_messages_are_read_without_stopping_the_others(
    argus: Server, body: bytes
) -> None:
    began = time.monotonic()
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(post, argus, body)
        while not answer.done():
            asked = time.monotonic()
            assert post(argus, resource_spans(span(fresh(), NOW))).status_code == 200
            assert time.monotonic() - asked < shared(2)
    assert answer.result().status_code == 200
    assert time.monotonic() - began < shared(10)


def test_more_messages_than_any_sender_has_are_refused(argus: Server) -> None:
    answer = post(argus, field(1, b"") * 5_000_000)
    assert answer.status_code == 400
    assert "too many messages" in status_pb2.Status.FromString(answer.content).message


def test_twenty_thousand_resources_of_one_span_are_stored(argus: Server) -> None:
    first = fresh()
    numbers = [first] + [fresh() for _ in range(19_999)]
    body = b"".join(resource_spans(span(n, NOW), service=b"flood-%d" % n) for n in numbers)
    assert rejected(post(argus, body)) == 0
    argus.until_settled()
    assert len(stored(argus, numbers[-1])) == 1


NAMES = ["__proto__", "constructor", "'; DROP TABLE spans; --", "%", "_", "{{7*7}}", "\\", '"',
         "<script>", "a\nb", "\u0000", "$bytes", "../../etc/passwd"]  # fmt: skip


def test_names_that_mean_something_elsewhere_mean_nothing_here(argus: Server) -> None:
    for name in NAMES:
        n, text = fresh(), name.encode()
        body = resource_spans(span(n, NOW, attribute(text, field(1, text)), name=text))
        assert rejected(post(argus, body)) == 0
        (found,) = stored(argus, n)
        shown = name.replace("\u0000", "\ufffd")
        assert (found["operation_name"], found["attributes"]) == (shown, {shown: shown})
        if "\x00" not in name:
            assert argus.get("/api/traces", search=name, limit="1")["total"] >= 0


@pytest.mark.parametrize("number", [-1, 25, 2**31 - 1, 99])
def test_unknown_enum_values_are_kept_as_unspecified(argus: Server, number: int) -> None:
    n = fresh()
    kind = b"\x30" + varint(number % 2**64)
    assert rejected(post(argus, resource_spans(span(n, NOW, kind)))) == 0
    (found,) = stored(argus, n)
    assert found["kind"] == "UNSPECIFIED"


BOMBS = {
    "thousand to one": bomb(200),
    "many members": bomb(40) * 5,
    "nested": gzip.compress(bomb(200)),
    "cut off": bomb(8)[:-20],
    "no gzip": b"\x1f\x8b\x08 but not really" * 10,
    "zlib": zlib.compress(bytes(MIB)),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_once_it_is_known(argus: Server, name: str) -> None:
    answer = post(argus, BOMBS[name], **{"content-encoding": "gzip"})
    assert answer.status_code == (413 if name in ("thousand to one", "many members") else 400)


def test_ten_gigabytes_in_ten_megabytes_cost_neither_memory_nor_time(argus: Server) -> None:
    block = bomb(64)
    before, began = argus.peak_mib(), time.monotonic()
    assert post(argus, block * 160, **{"content-encoding": "gzip"}).status_code == 413
    assert time.monotonic() - began < shared(5)
    assert argus.peak_mib() - before < 160


def test_a_bomb_over_grpc_is_resource_exhausted_and_bounded(argus: Server) -> None:
    before = argus.peak_mib()
    assert call(argus, bytes(400 * MIB), compressed=True) is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert argus.peak_mib() - before < 160


@pytest.mark.parametrize("over", [-1, 1])
@pytest.mark.parametrize("way", ["plain", "gzip", "grpc", "grpc gzip"])
def test_the_size_limit_is_64_mib_to_the_byte(argus: Server, over: int, way: str) -> None:
    # unknown fields of no meaning: accepted, and nothing stored
    size = 64 * MIB + over
    body = field(15, bytes(size - 5))
    assert len(body) == size
    if way.startswith("grpc"):
        ok, refused = grpc.StatusCode.OK, grpc.StatusCode.RESOURCE_EXHAUSTED
        code = call(argus, body, compressed=way.endswith("gzip"))
        assert code is (ok if over < 0 else refused)
    elif way == "gzip":
        answer = post(argus, gzip.compress(body, 1), **{"content-encoding": "gzip"})
        assert answer.status_code == (200 if over < 0 else 413)
    else:
        assert post(argus, body).status_code == (200 if over < 0 else 413)


def test_five_hundred_bodies_that_drip_in_keep_nobody_waiting(argus: Server) -> None:
    host, _, port = argus.otlp.removeprefix("http://").rpartition(":")
    head = (
        b"POST /v1/traces HTTP/1.1\r\nHost: " + argus.otlp[7:].encode() + b"\r\n"
        b"Content-Type: application/x-protobuf\r\nContent-Length: 1000000\r\n\r\n"
    )
    drips = [socket.create_connection((host, int(port))) for _ in range(500)]
    try:
        for drip in drips:
            drip.sendall(head + b"\x0a")
        slowest = 0.0
        for _ in range(20):
            for drip in drips:
                drip.sendall(b"\x0a")
            began = time.monotonic()
            assert post(argus, resource_spans(span(fresh(), NOW))).status_code == 200
            slowest = max(slowest, time.monotonic() - began)
        assert slowest < shared(2)
    finally:
        for drip in drips:
            drip.close()


def test_mutated_requests_get_an_answer_and_never_a_server_error(argus: Server) -> None:
    draw = random.Random(7)
    seeds = [
        resource_spans(span(fresh(), NOW, attribute(b"k", nested(3, 6))), span(fresh(), NOW)),
        b'{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"00ff","startTimeUnixNano":1}]}]}]}',
    ]
    with httpx2.Client(base_url=argus.otlp, timeout=30) as client:
        for number in range(1_500):
            body = bytearray(seeds[number % 2])
            for _ in range(draw.randint(1, 8)):
                body[draw.randrange(len(body))] = draw.randrange(256)
            kind = "application/json" if number % 2 else "application/x-protobuf"
            path = draw.choice(("/v1/traces", "/v1/logs", "/v1/metrics"))
            answer = client.post(path, content=bytes(body), headers={"content-type": kind})
            assert answer.status_code in (200, 400)
            assert answer.headers["content-type"] == kind
