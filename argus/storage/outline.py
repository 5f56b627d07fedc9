"""The outline of a trace: what a waterfall needs of its spans, however many there are."""

from typing import NamedTuple

from argus.model import TraceSummary


class TraceOutline(NamedTuple):
    """The spans of a trace as columns: each has one place in every list.

    They are in order of their start, the longer first. `span_ids` and `missing_ids` are texts of
    16 hex digits for each id. `parents` are places; the number of spans and more stand for
    `missing_ids`, the parents of which no span is stored, and -1 for none; of several spans with
    one id the first is the parent. `services` and `operations` are places in the names.
    """

    summary: TraceSummary
    span_ids: str
    missing_ids: str
    parents: list[int]
    services: list[int]
    service_names: list[str]
    operations: list[int]
    operation_names: list[str]
    kinds: list[int]
    statuses: list[int]
    starts_ns: list[int]
    ends_ns: list[int]
    logs_total: int
