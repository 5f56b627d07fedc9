"""Deletes what happened before a time: whole segments where it can, rows where it must."""

from typing import Any

from sqlalchemy import Connection, Select, func, or_, select, tuple_

from argus.storage import Purged
from argus.storage.sql.engine import Database
from argus.storage.sql.retention import Keeper
from argus.storage.sql.segment import Segment
from argus.storage.sql.summaries import stored
from argus.storage.sql.tables import (
    LOG_SIGNAL,
    SPAN_SIGNAL,
    attached,
    logs,
    pins,
    spans,
    straddling_parts,
    traces,
)

_PINNED = select(attached(pins).c.tenant_id, attached(pins).c.trace_id)


def _old(upto: int) -> Select[Any]:
    """How many spans and log records there are up to a time, and how many of each are pinned."""
    counted = []
    for table, moment in ((spans, spans.c.start_ns), (logs, logs.c.time_ns)):
        old = select(func.count()).select_from(table).where(moment <= upto)
        pinned = tuple_(table.c.tenant_id, table.c.trace_id).in_(_PINNED)
        counted += [old.scalar_subquery(), old.where(pinned).scalar_subquery()]
    return select(*counted)


class Purge:
    """Used by the upkeep thread. What is in the active segment stays: seal it before."""

    def __init__(self, database: Database, keeper: Keeper) -> None:
        self._database = database
        self._segments = database.segments
        self._keeper = keeper

    def run(self, before_ns: int) -> Purged:
        """Delete what happened before a time, and say what that was. Pinned traces stay."""
        size = self._segments.backend.size
        upto = min(before_ns, 2**63 - 1) - 1
        gone_spans = gone_logs = gone_traces = freed = 0
        for segment in reversed(self._segments.newest_first):
            if not segment.sealed or not _may_be_old(segment, upto):
                continue
            with self._database.reading() as reading:
                connection = reading.connection(segment)
                old = connection.execute(_old(upto)).one()
                lost, elsewhere = _lost_traces(connection, segment.id, upto)
            old_spans, spared_spans, old_logs, spared_logs = old
            is_whole = (old_spans, old_logs) == (segment.spans, segment.logs)
            if not is_whole and (old_spans, old_logs) == (spared_spans, spared_logs):
                continue
            freed += size(segment.id)
            if is_whole:
                self._keeper.drop(segment)
            else:
                self._keeper.cut(segment, upto, upto)
                freed -= size(segment.id)
            gone_spans += old_spans - spared_spans
            gone_logs += old_logs - spared_logs
            gone_traces += lost - self._still_there(elsewhere)
        return Purged(gone_traces, gone_spans, gone_logs, max(0, freed))

    def _still_there(self, keys: list[tuple[int, bytes]]) -> int:
        """How many of some traces are still stored, wherever."""
        found: set[tuple[int, bytes]] = set()
        with self._database.reading() as reading:
            for segment in reading.segments if keys else ():
                found.update(one.key for one in stored(reading.connection(segment), keys))
        return len(found)


def _lost_traces(
    connection: Connection, number: int, upto: int
) -> tuple[int, list[tuple[int, bytes]]]:
    """How many traces have no span in a segment after that time, and those of them that may have
    spans in other segments."""
    trace = tuple_(traces.c.tenant_id, traces.c.trace_id)
    later = select(spans.c.tenant_id, spans.c.trace_id).where(spans.c.start_ns > upto)
    lost = trace.not_in(later)
    count = connection.execute(select(func.count()).select_from(traces).where(lost)).scalar_one()
    parts = attached(straddling_parts).c
    in_parts = select(parts.tenant_id, parts.trace_id).where(parts.segment_id == number)
    doubtful = select(traces.c.tenant_id, traces.c.trace_id).where(
        lost, or_(trace.in_(in_parts), trace.in_(_PINNED))
    )
    return count, [(row[0], row[1]) for row in connection.execute(doubtful)]


def _may_be_old(segment: Segment, upto: int) -> bool:
    bounds = (segment.bounds(SPAN_SIGNAL), segment.bounds(LOG_SIGNAL))
    return any(one is not None and one[0] <= upto for one in bounds)
