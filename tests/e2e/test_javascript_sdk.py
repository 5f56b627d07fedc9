"""The OpenTelemetry JavaScript SDK over HTTP, JSON and protobuf: what was sent is read back."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Argus
from tests.e2e.telemetry import by_key, typed_attributes

CLIENT = Path(__file__).parent / "js"
ATTRIBUTES = {"http.route": "/cart", "n": 3, "ratio": 0.25, "ok": True, "tags": ["a", "b"]}


@pytest.fixture(scope="module", params=["json", "proto"])
def sent(request: pytest.FixtureRequest, shared_argus: Argus) -> tuple[Any, Any]:
    """(what the client says it sent, the trace as read back)"""
    node = shutil.which("node")
    if node is None or not (CLIENT / "node_modules").is_dir():
        pytest.skip("JavaScript SDK: needs Node and `npm ci` in tests/e2e/js")
    command = [node, "send.mjs", shared_argus.otlp, request.param, json.dumps(ATTRIBUTES)]
    done = subprocess.run(command, cwd=CLIENT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    return said, shared_argus.get(f"/api/traces/{said['traceId']}", attributes="typed")


def span_of(answer: Any, span_id: str) -> Any:
    (found,) = [span for span in answer["spans"] if span["span_id"] == span_id]
    return found


def test_the_root_span_is_read_back(sent: tuple[Any, Any]) -> None:
    said, answer = sent
    root = span_of(answer, said["rootId"])
    assert (root["operation_name"], root["kind"]) == ("GET /cart", "SERVER")
    assert by_key(root["attributes"]) == typed_attributes(ATTRIBUTES)
    assert root["start_time"].endswith(f"{int(said['start']) % 10**9:09d}Z")
    assert root["end_time"].endswith(f"{int(said['end']) % 10**9:09d}Z")
    assert root["links"][0]["span_id"] == "b7ad6b7169203331"
    assert by_key(root["links"][0]["attributes"]) == {"why": {"stringValue": "retry"}}
    assert by_key(root["resource"])["service.version"] == {"stringValue": "3.1"}
    assert (root["scope"]["name"], root["scope"]["version"]) == ("js.lib", "0.1")


def test_the_failed_child_is_read_back_with_its_exception(sent: tuple[Any, Any]) -> None:
    said, answer = sent
    child = span_of(answer, said["childId"])
    assert child["parent_span_id"] == said["rootId"]
    assert (child["status"], child["status_message"]) == ("ERROR", "no such table")
    (event,) = child["events"]
    assert event["name"] == "exception"
    assert by_key(event["attributes"])["exception.type"] == {"stringValue": "TypeError"}


def test_the_log_with_its_structured_body_is_read_back(sent: tuple[Any, Any]) -> None:
    said, answer = sent
    (log,) = answer["logs"]
    assert (log["severity"], log["span_id"]) == ("WARN", said["rootId"])
    body = by_key(log["body"]["kvlistValue"]["values"])
    assert body["text"] == {"stringValue": "cart is slow"}
    assert body["items"] == {"arrayValue": {"values": [{"intValue": "1"}, {"intValue": "2"}]}}
    assert by_key(log["attributes"]) == {"ms": {"doubleValue": 12.5}}
