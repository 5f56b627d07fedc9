"""What answers are made of: JSON fields that come ready from storage, and the response itself."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar

import msgspec
from starlette.responses import Response

from argus import model
from argus.attributes import (
    EMPTY,
    plain_attributes_json,
    plain_json,
    typed_attributes,
    typed_text,
)

S = TypeVar("S")
T = TypeVar("T")

_SLICE = 200
"""Records converted before other tasks get their turn: a few milliseconds."""


def _described(description: str, **schema: Any) -> Any:
    return msgspec.Meta(description=description, extra_json_schema=schema)


Time = Annotated[str, _described("RFC 3339 in UTC, nine fractional digits.", format="date-time")]
TraceId = Annotated[str, _described("32 hex digits.", pattern="^[0-9a-f]{32}$")]
SpanId = Annotated[str, _described("16 hex digits.", pattern="^[0-9a-f]{16}$")]
Attributes = Annotated[
    msgspec.Raw, msgspec.Meta(extra_json_schema={"$ref": "#/components/schemas/Attributes"})
]
AnyValue = Annotated[
    msgspec.Raw, _described("Any JSON value; with `attributes=typed` an OTLP AnyValue.")
]


class Scope(msgspec.Struct, gc=False):
    """The instrumentation scope that made a record."""

    name: str
    version: str
    attributes: Attributes
    dropped_attributes_count: int


class Form:
    """How one answer writes attributes: plain JSON, or OTLP's AnyValue without loss.

    Resources and scopes repeat all through an answer, so each is written once and embedded.
    """

    def __init__(self, typed: bool) -> None:
        self._typed = typed
        self._written: dict[str, msgspec.Raw] = {}
        self._empty = msgspec.Raw(b"[]" if typed else b"{}")

    def attributes(self, text: str) -> msgspec.Raw:
        """The stored text of a record's attributes -> JSON."""
        if text == EMPTY:
            return self._empty
        if self._typed:
            return msgspec.Raw(msgspec.json.encode(typed_attributes(text)))
        return plain_attributes_json(text)

    def decoded_attributes(self, value: dict[str, Any] | None) -> msgspec.Raw:
        """Decoded attributes of an event or a link -> JSON."""
        return self.attributes(msgspec.json.encode(value or {}).decode())

    def value(self, text: str) -> msgspec.Raw:
        """The stored text of one value -> JSON."""
        if self._typed:
            return msgspec.Raw(msgspec.json.encode(typed_text(text)))
        return plain_json(text)

    def resource(self, resource: model.Resource) -> msgspec.Raw:
        """The attributes of a resource -> JSON."""
        return self._once(resource.attributes)

    def scope(self, scope: model.Scope) -> Scope:
        """An instrumentation scope -> its answer."""
        attributes = self._once(scope.attributes)
        return Scope(scope.name, scope.version, attributes, scope.dropped_attributes_count)

    def _once(self, text: str) -> msgspec.Raw:
        written = self._written.get(text)
        if written is None:
            written = self._written[text] = self.attributes(text)
        return written


def hex_or_none(raw: bytes) -> str | None:
    """An id as hex text; None when it is absent."""
    return raw.hex() if raw else None


async def convert(records: Sequence[S], one: Callable[[S], T]) -> list[T]:
    """Each record through `one`, in slices, so that a large answer stalls nobody else."""
    converted: list[T] = []
    for start in range(0, len(records), _SLICE):
        if start:
            await asyncio.sleep(0)
        converted.extend(map(one, records[start : start + _SLICE]))
    return converted


def json_response(value: Any, status: int = 200) -> Response:
    """A struct, list or dict as JSON; telemetry is the tenant's own, so no cache may keep it."""
    headers = {"Cache-Control": "no-store"}
    return Response(msgspec.json.encode(value), status, headers, "application/json")
