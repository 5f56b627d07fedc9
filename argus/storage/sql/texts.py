"""What text a database can hold: everything but lone surrogate halves."""

from dataclasses import replace
from typing import Any

from argus.model import Batch
from argus.storage import LogQuery, PatternQuery, TraceQuery


def encodable(value: Any) -> Any:
    """The same with every lone surrogate replaced, which no database stores."""
    match value:
        case str():
            return value.encode("utf-8", "replace").decode()
        case Batch():
            return replace(
                value,
                tenant=encodable(value.tenant),
                spans=encodable(value.spans),
                logs=encodable(value.logs),
                patterns=encodable(value.patterns),
            )
        case TraceQuery() | LogQuery():
            return replace(
                value, services=encodable(value.services), search=encodable(value.search)
            )
        case PatternQuery():
            return replace(value, services=encodable(value.services))
        case tuple() if hasattr(value, "_make"):
            return type(value)._make(map(encodable, value))
        case tuple() | list():
            return tuple(map(encodable, value))
    return value
