"""REL-A2, A7: OTLP/JSON to the letter, and requests with nothing in them, over real sockets."""

import time
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from bench.reliability.server import Server, serving
from tests.reliability.hostile import JSON, call, field, post

NOW = time.time_ns() - 60_000_000_000
_numbers = iter(range(1, 1000))


@pytest.fixture(scope="module")
def argus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("json")) as server:
        yield server


def send(argus: Server, **fields: Any) -> tuple[int, list[dict[str, Any]]]:
    """The status of a span sent as JSON, and the spans that are stored of its trace."""
    n = next(_numbers)
    span = {
        "traceId": f"{n:032x}", "spanId": f"{n:016x}", "name": "x", "kind": 2,
        "startTimeUnixNano": str(NOW), "endTimeUnixNano": str(NOW + 1), **fields,
    }  # fmt: skip
    body = {"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}
    answer = httpx2.post(f"{argus.otlp}/v1/traces", json=body)
    assert answer.headers["content-type"] == "application/json"
    path = f"{argus.url}/api/traces/{span['traceId'].lower()}"
    found = httpx2.get(path, params={"attributes": "typed"})
    return answer.status_code, found.json()["spans"] if found.status_code == 200 else []


@pytest.mark.parametrize("spell", [str.lower, str.upper, str.title])
def test_ids_are_hex_in_any_case(argus: Server, spell: Any) -> None:
    n = next(_numbers)
    trace_id = f"ab{n:030x}"
    status, spans = send(argus, traceId=spell(trace_id), spanId=spell("abcdef0123456789"))
    assert status == 200
    assert [span["span_id"] for span in spans] == ["abcdef0123456789"]


@pytest.mark.parametrize("end", [NOW + 5, str(NOW + 5)], ids=["number", "string"])
def test_64_bit_integers_are_strings_or_numbers(argus: Server, end: Any) -> None:
    value = {"key": "n", "value": {"intValue": end}}
    status, (span,) = send(argus, endTimeUnixNano=end, attributes=[value])
    assert (status, span["duration_us"]) == (200, 0.005)
    assert span["attributes"] == [{"key": "n", "value": {"intValue": str(NOW + 5)}}]


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_numbers_that_json_has_no_word_for_are_strings(argus: Server, number: str) -> None:
    value = {"key": "d", "value": {"doubleValue": number}}
    status, (span,) = send(argus, attributes=[value])
    assert (status, span["attributes"]) == (200, [value])


def test_bytes_are_base64(argus: Server) -> None:
    value = {"key": "b", "value": {"bytesValue": "AP8="}}
    status, (span,) = send(argus, attributes=[value])
    assert (status, span["attributes"]) == (200, [value])


def test_unknown_keys_and_snake_case_say_nothing(argus: Server) -> None:
    status, (span,) = send(argus, newField={"a": [1]}, trace_state="a=b", parent_span_id="zz")
    assert (status, span["trace_state"], span["parent_span_id"]) == (200, "", None)


def test_an_enum_by_name_is_refused(argus: Server) -> None:
    status, spans = send(argus, kind="SPAN_KIND_SERVER")
    assert (status, spans) == (400, [])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        field(1, b""),
        field(1, field(2, b"")),
        field(1, field(1, b"") + field(2, field(1, b""))),
    ],
    ids=["nothing", "a resource", "a scope", "both"],
)
def test_a_request_with_nothing_in_it_is_a_plain_success(argus: Server, body: bytes) -> None:
    for path in ("/v1/traces", "/v1/logs", "/v1/metrics"):
        answer = post(argus, body, path)
        assert (answer.status_code, answer.content) == (200, b"")
    assert call(argus, body).name == "OK"
    for text in ("{}", '{"resourceSpans":[]}', '{"resourceSpans":[{"scopeSpans":[{}]}]}'):
        answer = httpx2.post(f"{argus.otlp}/v1/traces", content=text, headers=JSON)
        assert (answer.status_code, answer.json()) == (200, {})
