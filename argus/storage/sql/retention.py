"""Drops segments that are over their time or over the room there is, and foresees a full disk."""

import logging
import time
from functools import partial

from sqlalchemy import Table, func, select, tuple_

from argus.storage import Retention
from argus.storage.sql import rewrite
from argus.storage.sql.departures import Departures
from argus.storage.sql.engine import Database
from argus.storage.sql.pins import Pins
from argus.storage.sql.rolling import Rolling
from argus.storage.sql.segment import Segment
from argus.storage.sql.straddling import Straddling
from argus.storage.sql.tables import PINNED, attached, logs, pins, spans
from argus.storage.sql.trace_filter import TraceFilter

FOREVER = 2**63 - 1
DAY_NS = 86_400 * 10**9
_LEAST_HISTORY_NS = 600 * 10**9
_EXPIRE_EVERY_S = 60.0

_log = logging.getLogger("argus.storage")


class Keeper:
    """Used by the upkeep thread, but for what says otherwise."""

    def __init__(
        self,
        database: Database,
        retention: Retention,
        pins: Pins,
        straddling: Straddling,
        traces: TraceFilter,
        rolling: Rolling,
        departures: Departures,
    ) -> None:
        self._database = database
        self._segments = database.segments
        self._retention = retention
        self._pins = pins
        self._straddling = straddling
        self._traces = traces
        self._rolling = rolling
        self._departures = departures
        self._leaving: list[Segment] = []
        self._expired = -_EXPIRE_EVERY_S
        self._taken_in = False

    def apply(self) -> None:
        """Bring the storage to what the retention allows."""
        self.sweep()
        now = time.time_ns()
        for segment in self._sealed():
            self._expire(segment, now)
        limit = self._retention.bytes
        while limit and self.bytes() > limit and (sealed := self._sealed()):
            self.drop(sealed[0])
        if time.monotonic() - self._expired >= _EXPIRE_EVERY_S:
            self._expired = time.monotonic()
            self._rolling.expire(self._retention.rollup_days)

    def sweep(self) -> bool:
        """Delete what was dropped while somebody read it, and nobody does any more; whether
        somebody still does."""
        read = []
        for segment in self._leaving:
            if self._removed(segment):
                self._forget(segment)
            else:
                read.append(segment)
        self._leaving = read
        return bool(read)

    def count_ahead(self) -> bool:
        """Count the traces of a sealed segment for the day it goes, or have some of those that went
        in the rollups; False when there is nothing left to do."""
        for segment in self._departures.uncounted(self._sealed()):
            self._departures.count(segment)
            return True
        self._taken_in = self._taken_in or not self._rolling.take_in()
        return not self._taken_in

    def _sealed(self) -> list[Segment]:
        return [s for s in reversed(self._segments.newest_first) if s.sealed]

    def _expire(self, segment: Segment, now: int) -> None:
        received = segment.max_received_ns or segment.sealed_ns or now
        spans_over, logs_over = (
            bool(days) and received < now - days * DAY_NS
            for days in (self._retention.days_of_traces, self._retention.days_of_logs)
        )
        if (spans_over or not segment.spans) and (logs_over or not segment.logs):
            if spans_over or logs_over:
                self.drop(segment)
        elif spans_over and self._unpinned(segment, spans):
            self.cut(segment, FOREVER, None)
        elif logs_over and self._unpinned(segment, logs):
            self.cut(segment, None, FOREVER)

    def drop(self, segment: Segment) -> tuple[int, int]:
        """Drop a sealed segment as a whole; the spans and log records kept for their pins. What
        needs its rows was done before, but for what is pinned or has parts elsewhere."""
        self._rolling.keep(segment)
        self._segments.dropping(segment, self._departures.leaving(segment))
        kept = self._pins.keep(segment.id, partial(self._segments.leave, segment.id))
        self._traces.forget(segment.id)
        removed = self._removed(segment)
        self._straddling.renew(segment.id)
        if removed:
            self._forget(segment)
        else:
            self._leaving.append(segment)
        return kept

    def cut(self, segment: Segment, spans_ns: int | None, logs_ns: int | None) -> None:
        """Rewrite a sealed segment without the spans and log records up to these times (None:
        leaves that signal alone), but for those that are pinned."""
        self._rolling.keep(segment)
        if spans_ns is not None:
            self._departures.cutting(segment, spans_ns)
            self._taken_in = False
        with self._segments.backend.draft(segment.id) as connection:
            rewrite.delete_upto(connection, self._segments.backend.index, spans_ns, logs_ns)
        self._segments.sealed(segment)
        self._segments.backend.compact(segment.id)
        self._segments.resized(segment.id)
        self._database.unread(segment)
        self._straddling.renew(segment.id)

    def finish_drops(self) -> None:
        """Finish what a crash cut short, before anybody reads."""
        for number in self._segments.unfinished_drops():
            if self._segments.backend.exists(number):
                self._pins.keep(number, partial(self._segments.leave, number))
            self._straddling.renew(number)
            self._segments.backend.remove(number)
            self._segments.forget(number)

    def _removed(self, segment: Segment) -> bool:
        if not self._database.unread(segment, any_state=True):
            return False
        self._segments.backend.remove(segment.id)
        return True

    def _forget(self, segment: Segment) -> None:
        self._segments.forget(segment.id)
        self._taken_in = False

    def _unpinned(self, segment: Segment, table: Table) -> bool:
        """Whether a segment has rows of a kind that are not pinned."""
        with self._database.reading() as reading:
            c, pinned = table.c, attached(pins).c
            trace = tuple_(c.tenant_id, c.trace_id)
            others = trace.not_in(select(pinned.tenant_id, pinned.trace_id))
            found = reading.connection(segment).execute(select(c.id).where(others).limit(1))
            return found.first() is not None

    def bytes(self) -> int:
        """Bytes on disk. Any thread."""
        backend = self._segments.backend
        return backend.control_bytes + sum(backend.size(s.id) for s in self._segments.newest_first)

    def counts(self, last_span_id: int, last_log_id: int) -> tuple[int, int]:
        """Spans and log records that are stored. Any thread."""
        found_spans = found_logs = 0
        with self._database.reading() as reading:
            for segment in reading.segments:
                if segment.id == PINNED:
                    connection = reading.connection(segment)
                    counted = [select(func.count()).select_from(t) for t in (spans, logs)]
                    some = tuple(connection.execute(one).scalar_one() for one in counted)
                elif segment.sealed:
                    some = segment.spans or 0, segment.logs or 0
                else:
                    last = segment.last_span_id, segment.last_log_id
                    some = (
                        (last_span_id if last[0] is None else last[0]) - segment.first_span_id + 1,
                        (last_log_id if last[1] is None else last[1]) - segment.first_log_id + 1,
                    )
                found_spans, found_logs = found_spans + some[0], found_logs + some[1]
        return found_spans, found_logs

    def full_in_days(self) -> float | None:
        """When the disk, or the bytes that retention allows, will be full at the pace of the last
        day; None when retention comes first, or when there is too little to tell from."""
        now = time.time_ns()
        segments = [s for s in self._segments.newest_first if s.id != PINNED]
        began = max(now - DAY_NS, min(s.created_ns for s in segments))
        if now - began < _LEAST_HISTORY_NS:
            return None
        grown = sum(self._since(segment, began, now) for segment in segments)
        per_day = grown * DAY_NS / (now - began)
        used, room = self.bytes(), self._segments.backend.free_bytes
        if self._retention.bytes:
            left = max(0, self._retention.bytes - used)
            room = left if room is None else min(room, left)
        if room is None:
            return None
        days = max(self._retention.days_of_traces, self._retention.days_of_logs)
        endless = not (self._retention.days_of_traces and self._retention.days_of_logs)
        if per_day <= 0 or (not endless and per_day * days < used + room):
            return None
        return room / per_day

    def _since(self, segment: Segment, began: int, now: int) -> float:
        """Bytes of a segment that came after a time, as if they came evenly."""
        first, last = segment.created_ns, segment.sealed_ns or now
        share = 1.0 if last <= first else (last - max(began, first)) / (last - first)
        return max(0.0, share) * self._segments.backend.size(segment.id)
