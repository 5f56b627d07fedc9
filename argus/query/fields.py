"""The well-known fields of spans and of log records: their names, aliases and kinds."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from argus.model import SpanKind, StatusCode

FilterSignal = Literal["traces", "logs"]
"""What a filter is about: spans or log records."""

FieldKind = Literal["string", "text", "id", "enum", "severity", "integer", "duration", "time"]
"""string: compared whole, in its case. text: searched by words. id: hexadecimal digits.
enum: one of `Field.names`. severity: one of the names of `argus.model`, in their order.
integer, duration and time: whole numbers (nanoseconds), ordered."""


@dataclass(frozen=True, slots=True)
class Field:
    """One well-known field.

    `names` are the words of an enum and their numbers; `digits` the length of an id.
    `optional` numbers are missing when 0, others never; strings, ids and texts when empty.
    """

    name: str
    kind: FieldKind
    aliases: tuple[str, ...] = ()
    names: tuple[tuple[str, int], ...] = ()
    digits: int = 0
    optional: bool = False

    @property
    def always(self) -> bool:
        """Whether every record has a value."""
        return self.kind not in ("string", "text", "id") and not self.optional


def _names(enum: type[SpanKind] | type[StatusCode]) -> tuple[tuple[str, int], ...]:
    return tuple((member.name.lower(), member.value) for member in enum)


_BOTH = (
    Field("service", "string", ("service.name", "service_name")),
    Field("trace_id", "id", digits=32),
    Field("span_id", "id", digits=16),
    Field("scope", "string", ("scope.name", "otel.scope.name")),
    Field("scope.version", "string", ("otel.scope.version",)),
)
SPAN_FIELDS = (
    *_BOTH,
    Field("name", "string", ("operation", "operation_name")),
    Field("kind", "enum", ("span_kind",), _names(SpanKind), optional=True),
    Field("status", "enum", ("status_code",), _names(StatusCode), optional=True),
    Field("status_message", "string"),
    Field("duration", "duration"),
    Field("start", "time", ("start_time", "time", "timestamp")),
    Field("end", "time", ("end_time",)),
    Field("parent_span_id", "id", ("parent_id",), digits=16),
    Field("trace_state", "string"),
)
LOG_FIELDS = (
    *_BOTH,
    Field("body", "text"),
    Field("severity", "severity", ("level",), optional=True),
    Field("severity_text", "string"),
    Field("severity_number", "integer", optional=True),
    Field("time", "time", ("timestamp",)),
    Field("observed", "time", ("observed_time",), optional=True),
    Field("event_name", "string", ("event",)),
    Field("pattern", "id", ("pattern_id",), digits=16),
)


def _by_name(fields: Iterable[Field]) -> Mapping[str, Field]:
    return {name: field for field in fields for name in (field.name, *field.aliases)}


FIELDS: Mapping[FilterSignal, Mapping[str, Field]] = {
    "traces": _by_name(SPAN_FIELDS),
    "logs": _by_name(LOG_FIELDS),
}
"""Signal -> name or alias -> field."""

Prefix = Literal["", "span.", "log.", "resource."]

ROOT = "root."
PREFIXES: Mapping[FilterSignal, tuple[Prefix, ...]] = {
    "traces": ("span.", "resource."),
    "logs": ("log.", "resource."),
}
"""Signal -> what may stand before a key to say whose attribute it is."""
