"""The OpenAPI document, generated from the route table and the answers' types."""

import json
import re
from functools import lru_cache
from typing import Any

import msgspec
from starlette.responses import Response

from argus.api.answer import json_response
from argus.api.bodies import JSON, body_schema
from argus.api.endpoint import Call, Endpoint
from argus.api.params import TYPED, Param
from argus.api.problems import ErrorResponse

_REF = "#/components/schemas/{name}"
_ATTRIBUTES: dict[str, Any] = {
    "description": "Attributes by key; an integer beyond 2^53 is a string, bytes are base64.",
    "type": "object",
    "additionalProperties": True,
}
_TYPED_ATTRIBUTES: dict[str, Any] = {
    "description": "Attributes as OTLP/JSON writes them: a list of KeyValue, values AnyValue.",
    "type": "array",
    "items": {
        "type": "object",
        "properties": {"key": {"type": "string"}, "value": {"type": "object"}},
        "required": ["key", "value"],
        "additionalProperties": False,
    },
}
_PATH_PARAM = re.compile(r"{(\w+)}")
_REFERENCE = re.compile(r'"#/components/schemas/(\w+)"')
_NAMED = re.compile(r'("title": "|"#/components/schemas/)(\w+)(")')
_TENANT = {
    "name": "X-Scope-OrgID",
    "in": "header",
    "required": False,
    "description": "Whose telemetry is asked for; also `?tenant=` or the cookie `argus_tenant`.",
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9_.-]{1,64}$", "default": "default"},
}


async def get_openapi(call: Call) -> Response:
    """GET /api/openapi.json."""
    return json_response(document(call.endpoints, call.parts.version))


@lru_cache(maxsize=2)
def document(endpoints: tuple[Endpoint, ...], version: str) -> dict[str, Any]:
    """The OpenAPI 3.1 document of a route table, as JSON-ready values."""
    types = [answer for endpoint in endpoints for answer in endpoint.answers]
    refs, components = msgspec.json.schema_components([*types, ErrorResponse], ref_template=_REF)
    typed = _typed_components(components)
    schemas = iter(refs)
    problem = refs[-1]
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        answers = [next(schemas) for _ in endpoint.answers]
        if TYPED in endpoint.params:
            answers += [renamed for one in answers if (renamed := _typed(one, typed)) != one]
        operation = _operation(endpoint, answers, problem)
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Argus",
            "version": version,
            "description": "Traces, logs and numbers of one Argus server.",
        },
        "paths": paths,
        "components": {
            "schemas": components | typed | {"Attributes": _ATTRIBUTES},
            "securitySchemes": {"admin": {"type": "http", "scheme": "bearer"}},
        },
    }


def _typed_components(components: dict[str, Any]) -> dict[str, Any]:
    """The components that hold attributes, as `attributes=typed` shapes them: TypedSpan ..."""
    carriers = {"Attributes"}
    while found := {
        name
        for name, schema in components.items()
        if name not in carriers and carriers & set(_REFERENCE.findall(json.dumps(schema)))
    }:
        carriers |= found
    names = dict.fromkeys(f"Typed{name}" for name in carriers)
    plain = components | {"Attributes": _TYPED_ATTRIBUTES}
    return {f"Typed{name}": _typed(plain[name], names) for name in sorted(carriers)}


def _typed(schema: dict[str, Any], typed: dict[str, Any]) -> dict[str, Any]:
    """A schema whose references, and title, are those of the typed components."""

    def renamed(match: re.Match[str]) -> str:
        name = f"Typed{match[2]}"
        return f"{match[1]}{name}{match[3]}" if name in typed else match[0]

    result: dict[str, Any] = json.loads(_NAMED.sub(renamed, json.dumps(schema)))
    return result


def _operation(
    endpoint: Endpoint, answers: list[dict[str, Any]], problem: dict[str, Any]
) -> dict[str, Any]:
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _PATH_PARAM.findall(endpoint.path)
    ]
    if not endpoint.in_body:
        parameters += [_parameter(param) for param in endpoint.params]
    if endpoint.tenanted:
        parameters.append(_TENANT)
    if not endpoint.answers:
        schema: dict[str, Any] = {"type": "string"}
    else:
        schema = answers[0] if len(answers) == 1 else {"anyOf": answers}
    success: dict[str, Any] = {"204": {"description": "Done."}}
    if not endpoint.empty:
        content = {endpoint.media_type: {"schema": schema}}
        success = {"200": {"description": "Success.", "content": content}}
    operation = {
        "operationId": endpoint.handler.__name__,
        "summary": endpoint.summary,
        "parameters": parameters,
        "responses": {
            **success,
            "default": {
                "description": "What went wrong.",
                "content": {"application/json": {"schema": problem}},
            },
        },
    }
    if endpoint.in_body:
        content = {JSON: {"schema": body_schema(endpoint.params)}}
        operation["requestBody"] = {"required": True, "content": content}
    if endpoint.admin:
        operation["security"] = [{"admin": []}]
    return operation


def _parameter(param: Param[Any]) -> dict[str, Any]:
    return {
        "name": param.name,
        "in": "query",
        "required": param.required,
        "description": param.description,
        "schema": dict(param.value_schema),
    }
