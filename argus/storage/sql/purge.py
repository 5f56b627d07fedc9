"""Deletes what happened before a time: whole segments where it can, rows where it must."""

from sqlalchemy import Connection, text

from argus.storage import Purged
from argus.storage.sql.engine import Database
from argus.storage.sql.retention import Keeper
from argus.storage.sql.segments import Segment
from argus.storage.sql.summaries import stored
from argus.storage.sql.tables import LOG_SIGNAL, SPAN_SIGNAL

_OLD = """
SELECT (SELECT count(*) FROM spans WHERE start_ns <= :upto),
       (SELECT count(*) FROM spans WHERE start_ns <= :upto AND {spared}),
       (SELECT count(*) FROM logs WHERE time_ns <= :upto),
       (SELECT count(*) FROM logs WHERE time_ns <= :upto AND {spared})
""".format(spared="(tenant_id, trace_id) IN (SELECT tenant_id, trace_id FROM control.pins)")
_LOST = """
FROM traces WHERE (tenant_id, trace_id) NOT IN
  (SELECT tenant_id, trace_id FROM spans WHERE start_ns > :upto)
"""
_ELSEWHERE = """
AND (tenant_id, trace_id) IN (
  SELECT tenant_id, trace_id FROM control.straddling_parts WHERE segment_id = :number
  UNION SELECT tenant_id, trace_id FROM control.pins)
"""


class Purge:
    """Used by the upkeep thread. What is in the active segment stays: seal it before."""

    def __init__(self, database: Database, keeper: Keeper) -> None:
        self._database = database
        self._segments = database.segments
        self._keeper = keeper

    def run(self, before_ns: int) -> Purged:
        """Delete what happened before a time, and say what that was. Pinned traces stay."""
        size = self._segments.files.size
        upto = min(before_ns, 2**63 - 1) - 1
        spans = logs = traces = freed = 0
        for segment in reversed(self._segments.newest_first):
            if not segment.sealed or not _may_be_old(segment, upto):
                continue
            with self._database.reading() as reading:
                connection = reading.connection(segment)
                old = connection.execute(text(_OLD), {"upto": upto}).one()
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
            spans, logs = spans + old_spans - spared_spans, logs + old_logs - spared_logs
            traces += lost - self._still_there(elsewhere)
        return Purged(traces, spans, logs, max(0, freed))

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
    values = {"upto": upto, "number": number}
    count = connection.execute(text(f"SELECT count(*) {_LOST}"), {"upto": upto}).scalar_one()
    statement = text(f"SELECT tenant_id, trace_id {_LOST} {_ELSEWHERE}")
    return count, [(row[0], row[1]) for row in connection.execute(statement, values)]


def _may_be_old(segment: Segment, upto: int) -> bool:
    bounds = (segment.bounds(SPAN_SIGNAL), segment.bounds(LOG_SIGNAL))
    return any(one is not None and one[0] <= upto for one in bounds)
