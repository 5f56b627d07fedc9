"""Query strings: every mistake is named, none of them is a server error."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argus.api import create_app
from argus.api.routes import ENDPOINTS
from argus.query import parse
from argus.storage import LogQuery, TraceQuery
from tests.api.doubles import START_NS, TRACE_ID, MemoryReader, call, parts_with

READER = MemoryReader()
APP = create_app(parts_with(READER))


def get(target: str) -> tuple[int, Any]:
    """Status and decoded body of a request whose query string is sent as it is."""
    path, _, query = target.partition("?")
    status, _, body = call(APP, path, query.encode())
    return status, json.loads(body)


def asked(target: str) -> Any:
    """The query object that a request makes the reader see."""
    status, body = get(target)
    assert status == 200, body
    return READER.queries[-1]


def refused(target: str) -> dict[str, Any]:
    """The error of a request that must be refused with 400."""
    status, body = get(target)
    assert status == 400, body
    error: dict[str, Any] = body["error"]
    return error


def test_every_parameter_of_the_trace_list_reaches_the_reader() -> None:
    query = asked(
        "/api/traces?start=2026-01-31T12:00:00.123456789Z&end=now&service_name=a&service_name[]=b"
        "&status=error&search=%20slow+call&limit=7&offset=3&sort_by=duration&order_by=asc"
        "&min_duration=1500&max_duration=2s"
    )
    assert query.range.start_ns == START_NS
    assert query.range.end_ns > START_NS
    expected = TraceQuery(
        range=query.range, services=("a", "b"), status=2, search="slow call",
        min_duration_ns=1_500_000, max_duration_ns=2 * 10**9, sort_by="duration",
        descending=False, limit=7, offset=3,
    )  # fmt: skip
    assert query == expected


def test_every_parameter_of_the_log_list_reaches_the_reader() -> None:
    query = asked(
        f"/api/logs?service_name=a&severity=critical&severity=Warning&severity=unspecified"
        f"&search=x&trace_id={TRACE_ID.hex().upper()}&span_id={'ab' * 8}&cursor=c"
    )
    assert query == LogQuery(
        services=("a",), severities=("UNSPECIFIED", "WARN", "FATAL"), search="x",
        trace_id=TRACE_ID, span_id=bytes.fromhex("ab" * 8), cursor="c",
    )  # fmt: skip


def test_lists_are_unbounded_and_numbers_cover_fifteen_minutes_by_default() -> None:
    assert asked("/api/traces") == TraceQuery()
    assert asked("/api/logs") == LogQuery()
    range_, services = asked("/api/metrics/dashboard")
    assert range_.end_ns - range_.start_ns == 15 * 60 * 10**9
    assert services == ()


def test_numbers_until_a_given_end_cover_the_fifteen_minutes_before_it() -> None:
    range_, _ = asked("/api/metrics/dashboard?end=1769860800")
    assert range_.end_ns == 1_769_860_800 * 10**9
    assert range_.start_ns == range_.end_ns - 15 * 60 * 10**9


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("limit=1e9", "limit"),
        ("limit=-1", "limit"),
        ("limit=%D9%A3", "limit"),
        ("limit=" + "9" * 5000, "limit"),
        ("offset=99999999999", "offset"),
        ("offset=1e9", "offset"),
        ("offset=5&cursor=x", "cursor"),
        ("cursor=broken", "cursor"),
        ("cursor=", "cursor"),
        ("sort_by=name", "sort_by"),
        ("order_by=up", "order_by"),
        ("status=bad", "status"),
        ("min_duration=fast", "min_duration"),
        ("min_duration=2s&max_duration=1s", "max_duration"),
        ("start=tomorrow", "start"),
        ("start=now&end=now-1h", "end"),
        ("filter=status:bad", "filter"),
        ("servicename=a", "servicename"),
        ("limit=5&limit=6", "limit"),
        ("start=", "start"),
        ("service_name=", "service_name"),
        ("service_name=a%00b", "service_name"),
        ("search=%zz", "search"),
        ("search=%", "search"),
        ("search=%FF%FE", "search"),
        ("search=%ED%A0%80", "search"),
        ("search=" + "x" * 5000, "search"),
        ("severity=ERROR", "severity"),
        ("x" * 70_000, "query"),
    ],
)
def test_a_bad_parameter_is_named(query: str, field: str) -> None:
    assert refused(f"/api/traces?{query}")["field"] == field


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("severity=loud", "severity"),
        ("trace_id=abc", "trace_id"),
        ("trace_id=" + "0" * 32, "trace_id"),
        ("trace_id=" + "g" * 32, "trace_id"),
        ("span_id=" + "a" * 32, "span_id"),
        ("sort_by=duration", "sort_by"),
    ],
)
def test_a_bad_parameter_of_the_log_list_is_named(query: str, field: str) -> None:
    assert refused(f"/api/logs?{query}")["field"] == field


def test_a_filter_is_parsed_for_the_signal_it_is_about() -> None:
    assert asked("/api/logs?filter=severity:error").filter == parse("severity:error", "logs")
    assert asked("/api/traces?filter=kind:server").filter == parse("kind:server", "traces")
    assert asked("/api/logs?filter=") == asked("/api/logs?filter=*") == LogQuery()


def test_a_filter_that_cannot_be_read_is_answered_with_its_column() -> None:
    assert refused("/api/logs?filter=severity:loud") == {
        "code": "invalid_argument",
        "message": "filter: column 10: expected a severity: TRACE, DEBUG, INFO, WARN, ERROR, FATAL",
        "field": "filter",
    }


def test_an_unknown_parameter_is_answered_with_the_known_ones() -> None:
    message = refused("/api/metrics/dashboard?since=5m")["message"]
    assert message == "unknown parameter 'since'; known: start, end, service_name"


def test_a_huge_number_of_service_names_is_refused() -> None:
    many = "&".join(f"service_name=s{number}" for number in range(10_000))
    assert refused(f"/api/traces?{many}")["field"] == "query"
    short = "&".join(["service_name=s"] * 1001)
    assert refused(f"/api/traces?{short}")["field"] == "service_name"


def test_repeated_service_names_are_asked_for_once() -> None:
    assert asked("/api/traces?service_name=b&service_name=a&service_name=b").services == ("b", "a")


PATHS = [one.path.replace("{trace_id}", TRACE_ID.hex()) for one in ENDPOINTS if one.method == "GET"]
NAMES = sorted({param.name for one in ENDPOINTS for param in one.params} | {"tenant", "x", ""})
VALUES = (
    st.text()
    | st.integers().map(str)
    | st.floats().map(str)
    | st.datetimes().map(lambda moment: moment.isoformat() + "Z")
    | st.sampled_from(["now-1h", "a" * 32, "typed", "skeleton", "1h", "OK", "FATAL", "\0", "c"])
)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(PATHS), st.lists(st.tuples(st.sampled_from(NAMES), VALUES), max_size=4))
def test_no_list_of_parameters_is_a_server_error(path: str, pairs: list[tuple[str, str]]) -> None:
    query = urlencode([(name, value.encode(errors="ignore")) for name, value in pairs])
    assert call(APP, path, query.encode())[0] in (200, 400)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(PATHS), st.binary(max_size=60))
def test_no_query_string_is_a_server_error(path: str, raw: bytes) -> None:
    assert call(APP, path, raw)[0] in (200, 400)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40))
def test_no_trace_id_is_a_server_error(text: str) -> None:
    assert call(APP, f"/api/traces/{text}")[0] in (200, 400, 404)
