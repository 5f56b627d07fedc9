"""Finishes segments that take no more rows, in steps that may be cut off and done again."""

import logging

from argus.storage.sql import summaries
from argus.storage.sql.engine import Database
from argus.storage.sql.index import KINDS
from argus.storage.sql.segment import Segment
from argus.storage.sql.straddling import Straddling
from argus.storage.sql.trace_filter import TraceFilter

_REST = 4.0
"""There is time to cover a segment: until then it is looked into."""

_log = logging.getLogger("argus.storage")


class Sealing:
    """Works on segments in the state `sealing`, and covers sealed ones by the filter of traces."""

    def __init__(self, database: Database, straddling: Straddling, traces: TraceFilter) -> None:
        self._database = database
        self._segments = database.segments
        self._straddling = straddling
        self._traces = traces

    def waiting(self) -> list[Segment]:
        """The segments to finish, oldest first."""
        return [s for s in reversed(self._segments.newest_first) if s.state == "sealing"]

    def fold(self, segment: Segment) -> None:
        """Bring the trace summaries of a segment up to its last span."""
        assert segment.last_span_id is not None
        with self._segments.backend.writer(segment.id) as connection:
            while True:
                with connection.begin():
                    step = summaries.next_step(connection, segment.last_span_id)
                if step is None:
                    return
                self._straddling.join(segment.id, step.summaries)
                with connection.begin():
                    step.store(connection)

    def finish(self, segment: Segment) -> bool:
        """Seal a folded segment; False when a reader is in the way, and it has to be tried again.

        Merging the index makes a look-up that finds nothing six times as fast, and the file is
        nobody else's to write by now.
        """
        if segment.sealed_ns is None:  # the registry was lost, and with it who straddles
            self._straddling.join_all(segment)
        backend = self._segments.backend
        with backend.writer(segment.id) as connection:
            for kind in KINDS:
                with connection.begin():
                    backend.index.optimize(connection, kind)
        if not backend.settle(segment.id):
            return False
        self.cover(segment.id)
        self._segments.sealed(segment)
        if self._database.unread(segment):
            backend.tidy(segment.id)
        return True

    def cover(self, number: int) -> None:
        """Let the filter know the traces of a segment that is settled."""
        work = self._database.courtesy.work(_REST)
        trace_ids = self._segments.backend.trace_ids(number)
        work.rest()
        self._traces.add(number, trace_ids, work.rest)

    def uncovered(self) -> list[Segment]:
        """Sealed segments that the filter does not cover yet, newest first."""
        return [
            segment
            for segment in self._segments.newest_first
            if segment.sealed and not self._traces.covers(segment.id)
        ]
