"""The OpenAPI document says what the server does."""

import json
import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from argus.api import create_app, openapi_json
from argus.api.routes import ENDPOINTS
from tests.api.doubles import SPAN_ID, TRACE_ID, WaitingLetter, WaitingLetters, call, parts_with
from tests.api.posting import post
from tests.api.test_insights import Explaining

DOCUMENT: dict[str, Any] = json.loads(openapi_json())
ID = "00000000000000ff"
LETTERS = WaitingLetters(WaitingLetter(id=ID), WaitingLetter(id="2"))
APP = create_app(parts_with(dead_letters=LETTERS, insights=Explaining()))
QUERIES = {
    "/api/admin/purge": "days=7",
    "/api/attributes/values": "key=service",
    "/api/logs/context": "timestamp=now",
    "/api/traces/{trace_id}/spans": f"span_id={SPAN_ID.hex()}",
}
BODIES = {"/api/explain": {"selection": "status:error"}}
IN_PATH = {"trace_id": TRACE_ID.hex(), "id": ID}

TARGETS = [
    *((one.method, one.path, QUERIES.get(one.path, "")) for one in ENDPOINTS if not one.empty),
    ("GET", "/api/traces/{trace_id}", "view=skeleton"),
    ("GET", "/api/traces/{trace_id}", "view=columns"),
    ("GET", "/api/traces/{trace_id}", "attributes=typed"),
    ("GET", "/api/logs", "attributes=typed"),
]
FAILURES = [
    ("/api/traces", "limit=0"),
    ("/api/traces/{trace_id}", "x=1"),
    ("/api/logs", "filter=a:"),
]


def schema_of(path: str, answer: str, method: str = "GET") -> dict[str, Any]:
    """The schema of an answer, with the components it refers to."""
    content = DOCUMENT["paths"][path][method.lower()]["responses"][answer]["content"]
    (media_type,) = content
    return {**content[media_type]["schema"], "components": DOCUMENT["components"]}


def test_every_schema_of_the_document_is_one_and_refers_to_what_is_there() -> None:
    assert DOCUMENT["openapi"] == "3.1.0"
    components = DOCUMENT["components"]["schemas"]
    for schema in components.values():
        Draft202012Validator.check_schema(schema)
    for item in DOCUMENT["paths"].values():
        for operation in item.values():
            for parameter in operation["parameters"]:
                Draft202012Validator.check_schema(parameter["schema"])
    named = set(re.findall(r'"#/components/schemas/(\w+)"', openapi_json()))
    assert named == set(components)


def test_every_operation_is_complete() -> None:
    for path, item in DOCUMENT["paths"].items():
        for operation in item.values():
            places = [(one["name"], one["in"]) for one in operation["parameters"]]
            assert len(set(places)) == len(places)
            in_path = {name for name, place in places if place == "path"}
            assert in_path == set(re.findall(r"{(\w+)}", path))
            assert operation["summary"]
            for response in operation["responses"].values():
                assert response["description"]
            assert all(
                "content" in one for code, one in operation["responses"].items() if code != "204"
            )


def test_the_document_is_the_one_the_server_gives() -> None:
    served = json.loads(call(APP, "/api/openapi.json")[2])
    assert served["info"].pop("version") == "9.9.9"
    version = DOCUMENT["info"]["version"]
    assert {**served, "info": {**served["info"], "version": version}} == DOCUMENT


def test_every_route_is_in_the_document() -> None:
    listed = {(method.upper(), path) for path, item in DOCUMENT["paths"].items() for method in item}
    assert listed == {(one.method, one.path) for one in ENDPOINTS}


def test_every_operation_has_a_name_of_its_own() -> None:
    items = DOCUMENT["paths"].values()
    names = [operation["operationId"] for item in items for operation in item.values()]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(("method", "path", "query"), TARGETS)
def test_every_answer_is_as_its_schema_says(method: str, path: str, query: str) -> None:
    LETTERS.letters[ID] = WaitingLetter(id=ID)
    if path in BODIES:
        status, headers, body = post(APP, path, BODIES[path])
    else:
        status, headers, body = call(APP, path.format(**IN_PATH), query.encode(), method)
    assert status == 200
    if headers["content-type"] == "application/json":
        schema = schema_of(path, "200", method)
        Draft202012Validator(schema).validate(json.loads(body))
        assert closed(schema, DOCUMENT["components"]["schemas"], json.loads(body))


@pytest.mark.parametrize(("path", "query"), FAILURES)
def test_every_error_is_as_its_schema_says(path: str, query: str) -> None:
    status, _, body = call(APP, path.replace("{trace_id}", TRACE_ID.hex()), query.encode())
    assert status == 400
    Draft202012Validator(schema_of(path, "default")).validate(json.loads(body))


def closed(schema: dict[str, Any], components: dict[str, Any], value: Any) -> bool:
    """Whether the top level of an answer has no member that its schema does not name."""
    choices = schema.get("anyOf", [schema])
    named = [components[one["$ref"].rpartition("/")[2]] for one in choices if "$ref" in one]
    if not named:
        return True
    return any(set(value) == set(one["properties"]) == set(one["required"]) for one in named)


def test_a_body_has_the_members_that_are_parameters() -> None:
    operation = DOCUMENT["paths"]["/api/explain"]["post"]
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    assert schema["required"] == ["selection"]
    assert set(schema["properties"]) == {
        "signal", "selection", "filter", "start", "end", "service_name",
    }  # fmt: skip
    assert [one["in"] for one in operation["parameters"]] == ["header"]
    Draft202012Validator(schema).validate(BODIES["/api/explain"])


def test_parameters_are_listed_where_they_are_taken() -> None:
    operation = DOCUMENT["paths"]["/api/traces"]["get"]
    parameters = {one["name"]: one for one in operation["parameters"]}
    assert parameters["limit"]["schema"]["maximum"] == 1000
    assert parameters["service_name"]["schema"]["type"] == "array"
    assert parameters["X-Scope-OrgID"]["in"] == "header"
    trace = DOCUMENT["paths"]["/api/traces/{trace_id}"]["get"]["parameters"]
    assert trace[0] == {
        "name": "trace_id", "in": "path", "required": True, "schema": {"type": "string"},
    }  # fmt: skip
