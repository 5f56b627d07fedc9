"""The OpenAPI document, generated from the route table and the answers' types."""

import re
from functools import lru_cache
from typing import Any

import msgspec
from starlette.responses import Response

from argus.api.answer import json_response
from argus.api.endpoint import Call, Endpoint
from argus.api.params import Param
from argus.api.problems import ProblemAnswer

_REF = "#/components/schemas/{name}"
_PATH_PARAM = re.compile(r"{(\w+)}")
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
    refs, components = msgspec.json.schema_components([*types, ProblemAnswer], ref_template=_REF)
    schemas = iter(refs)
    problem = refs[-1]
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        answers = [next(schemas) for _ in endpoint.answers]
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
            "schemas": components,
            "securitySchemes": {"admin": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(
    endpoint: Endpoint, answers: list[dict[str, Any]], problem: dict[str, Any]
) -> dict[str, Any]:
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _PATH_PARAM.findall(endpoint.path)
    ]
    parameters += [_parameter(param) for param in endpoint.params]
    if endpoint.tenanted:
        parameters.append(_TENANT)
    if not endpoint.answers:
        schema: dict[str, Any] = {"type": "string"}
    else:
        schema = answers[0] if len(answers) == 1 else {"anyOf": answers}
    operation = {
        "operationId": endpoint.handler.__name__,
        "summary": endpoint.summary,
        "parameters": parameters,
        "responses": {
            "200": {
                "description": "Success.",
                "content": {endpoint.media_type: {"schema": schema}},
            },
            "default": {
                "description": "What went wrong.",
                "content": {"application/json": {"schema": problem}},
            },
        },
    }
    if endpoint.admin:
        operation["security"] = [{"admin": []}]
    return operation


def _parameter(param: Param[Any]) -> dict[str, Any]:
    schema = dict(param.schema)
    return {
        "name": param.name,
        "in": "query",
        "required": False,
        "description": param.description,
        "schema": {"type": "array", "items": schema} if param.repeats else schema,
    }
