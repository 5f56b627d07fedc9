"""What makes a record acceptable, and resources and scopes by content: shared by both encodings.

Reasons are a fixed vocabulary; they are metric labels and appear in `partial_success`.
"""

from hashlib import blake2b

from argus.model import UNKNOWN_SERVICE, Resource, Scope

MAX_TIME_NS = 2**63 - 1
NO_TRACE = bytes(16)
NO_SPAN = bytes(8)


def span_fault(trace_id: bytes, span_id: bytes, parent: bytes, start: int, end: int) -> str:
    """Why a span is rejected, or an empty string when it is not."""
    if len(trace_id) != 16 or trace_id == NO_TRACE:
        return "invalid_trace_id"
    if len(span_id) != 8 or span_id == NO_SPAN:
        return "invalid_span_id"
    if parent and len(parent) != 8:
        return "invalid_parent_span_id"
    if start == 0:
        return "start_time_missing"
    if end > MAX_TIME_NS or start > MAX_TIME_NS:
        return "time_out_of_range"
    if end < start:
        return "end_before_start"
    return ""


def log_ids(trace_id: bytes, span_id: bytes) -> tuple[bytes, bytes]:
    """The ids of a log record; with a bad trace id it is kept unlinked (OTLP, logs.proto)."""
    if len(trace_id) != 16 or trace_id == NO_TRACE:
        return b"", b""
    if len(span_id) != 8 or span_id == NO_SPAN:
        return trace_id, b""
    return trace_id, span_id


def make_resource(service: str, attributes: str, dropped: int, schema_url: str) -> Resource:
    """A resource with its content key."""
    key = _key(attributes, str(dropped), schema_url)
    return Resource(key, service or UNKNOWN_SERVICE, attributes, dropped, schema_url)


def make_scope(name: str, version: str, attributes: str, dropped: int, schema_url: str) -> Scope:
    """A scope with its content key."""
    key = _key(name, version, attributes, str(dropped), schema_url)
    return Scope(key, name, version, attributes, dropped, schema_url)


def _key(*parts: str) -> bytes:
    return blake2b("\0".join(parts).encode(), digest_size=12).digest()
