"""One trace as skeletons, as columns, and some of its spans."""

import json

import pytest

from argus.api import create_app
from tests.api.doubles import SPAN_ID, TRACE_ID, call, parts_with
from tests.api.test_routes import TRACE, get


def test_a_skeleton_holds_what_a_waterfall_needs_and_counts_the_logs() -> None:
    answer = get(f"{TRACE}?view=skeleton")
    assert set(answer["spans"][0]) == {
        "trace_id", "span_id", "parent_span_id", "service_name", "operation_name", "kind",
        "start_time", "end_time", "duration_us", "status",
    }  # fmt: skip
    assert (answer["logs"], answer["logs_total"]) == ([], 1)
    assert answer["spans"][2] == {
        "trace_id": TRACE_ID.hex(),
        "span_id": "0b" * 8,
        "parent_span_id": "0c" * 8,
        "service_name": "stock",
        "operation_name": "take",
        "kind": "UNSPECIFIED",
        "start_time": "2026-01-31T12:00:00.123458289Z",
        "end_time": "2026-01-31T12:00:00.123458539Z",
        "duration_us": 0.25,
        "status": "OK",
    }
    whole = get(TRACE)["spans"]
    for bones, span in zip(answer["spans"][:2], whole, strict=True):
        assert bones == {name: span[name] for name in bones}


def test_columns_say_what_skeletons_say() -> None:
    answer = get(f"{TRACE}?view=columns")
    skeleton = get(f"{TRACE}?view=skeleton")
    assert {**answer, "columns": None} == {
        "trace": skeleton["trace"], "columns": None, "logs_total": 1,
    }  # fmt: skip
    columns = answer["columns"]
    assert columns == {
        "span_ids": "".join(span["span_id"] for span in skeleton["spans"]),
        "parents": [-1, 0, 3],
        "missing_ids": "0c" * 8,
        "services": [0, 0, 1],
        "service_names": ["orders", "stock"],
        "operations": [0, 0, 1],
        "operation_names": ["GET /orders", "take"],
        "kinds": [2, 3, 0],
        "statuses": [2, 0, 1],
        "starts_ns": [0, 0, 1_500],
        "durations_ns": [1_500_250, 1_500_250, 250],
    }


@pytest.mark.parametrize("view", ["full", "skeleton", "columns"])
def test_a_trace_of_which_nothing_is_known_is_not_found(view: str) -> None:
    path = f"/api/traces/{'ab' * 16}"
    status, _, body = call(create_app(parts_with()), path, f"view={view}".encode())
    assert (status, json.loads(body)["error"]["field"]) == (404, "trace_id")


def test_some_spans_of_a_trace_come_whole_and_unknown_ones_are_left_out() -> None:
    answer = get(f"{TRACE}/spans?span_id={SPAN_ID.hex()}&span_id={'ab' * 8}")
    assert answer["spans"] == [get(TRACE)["spans"][0]]


@pytest.mark.parametrize("query", ["", "span_id=x", "&".join(["span_id=" + "ab" * 8] * 201)])
def test_spans_that_are_not_named_or_too_many_are_invalid(query: str) -> None:
    status, _, body = call(create_app(parts_with()), f"{TRACE}/spans", query.encode())
    assert (status, json.loads(body)["error"]["field"]) == (400, "span_id")
