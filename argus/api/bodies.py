"""JSON bodies: the same parameters as in a query string, as the members of an object."""

from collections.abc import Sequence
from typing import Any

import msgspec
from starlette.datastructures import Headers
from starlette.requests import Request

from argus.api.params import Param, Values, parse_texts
from argus.errors import InvalidInput, UnsupportedMediaType

JSON = "application/json"


async def parse_body(params: Sequence[Param[Any]], request: Request) -> Values:
    """The body of a request -> the values of `params`.

    Raises InvalidInput that names the member (`body` for one that is no object), and
    UnsupportedMediaType for a body that does not call itself JSON.
    """
    _require_json(request.headers)
    try:
        members = msgspec.json.decode(await request.body(), type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInput(f"body: expected a JSON object: {error}", field="body") from None
    known = {param.name: param for param in params}
    return parse_texts(params, {n: _texts(n, v, known.get(n)) for n, v in members.items()})


def _require_json(headers: Headers) -> None:
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != JSON:
        raise UnsupportedMediaType(f"send a JSON object as {JSON}", field="Content-Type")


def _texts(name: str, value: Any, param: Param[Any] | None) -> list[str]:
    name = name[:100]
    if param is not None and param.repeats:
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise InvalidInput(f"{name}: expected a list of strings", field=name)
        return value
    if not isinstance(value, str):
        raise InvalidInput(f"{name}: expected a string", field=name)
    return [value]


def body_schema(params: Sequence[Param[Any]]) -> dict[str, Any]:
    """The JSON schema of the object."""
    properties = {
        param.name: {"description": param.description, **param.value_schema} for param in params
    }
    required = [param.name for param in params if param.required]
    return {
        "type": "object", "properties": properties, "additionalProperties": False,
        "required": required,
    }  # fmt: skip
