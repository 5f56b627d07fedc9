"""The registry of a storage's segments: which there are, what they hold, and what becomes of them.

A segment is born as an empty spare, takes all writes while it is active, is sealed and never
changes again, and is dropped as a whole. Each step is one transaction of the control database, so
that a crash leaves a segment before the step or behind it; `load` tidies up what lies between.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, Insert, delete, func, insert, select, update

from argus.errors import StartError
from argus.storage import SegmentLimits
from argus.storage.sql.backend import Backend
from argus.storage.sql.control import Control
from argus.storage.sql.segment import Segment
from argus.storage.sql.tables import (
    LOG_SIGNAL,
    PINNED,
    SCHEMA_VERSION,
    SPAN_SIGNAL,
    blocks,
    known_tenants,
    logs,
    meta,
    registry,
    spans,
    tenants,
)

_RETRY_S = 5.0
_SPARE_FROM = 0.5


_FIELDS = tuple(field.name for field in fields(Segment) if field.init)
_fields = attrgetter(*_FIELDS)


def _same(one: Segment, other: Segment) -> bool:
    same: bool = _fields(one) == _fields(other)
    return same


class Segments:
    """The segments of one storage, newest first. Any thread may read `newest_first`; a change
    replaces the tuple, so that a reading keeps the one it began with."""

    def __init__(self, control: Control, backend: Backend, limits: SegmentLimits) -> None:
        self._control = control
        self.backend = backend
        self._limits = limits
        self._lock = threading.Lock()
        self._next = threading.Lock()
        self._not_before = 0.0
        self.newest_first: tuple[Segment, ...] = ()

    @property
    def active(self) -> Segment:
        """The one segment that takes writes."""
        return self.newest_first[0]

    def load(self) -> None:
        """Open what the registry names, adopt files it does not, create the first one.

        Raises StartError for a file that is missing or written by a newer version.
        """
        self.backend.clear_drafts()
        with self._control.transaction() as connection:
            rows = connection.execute(select(registry)).all()
        dropping = {row.id for row in rows if row.state == "dropping"}
        known = {row.id for row in rows} - dropping - {PINNED}
        for row in rows:
            if row.schema_version > SCHEMA_VERSION:
                where = self.backend.where(row.id)
                raise StartError(f"DB_DSN: {where} was written by a newer argus; upgrade argus")
        self.backend.require(known)
        if PINNED in {row.id for row in rows} and not self.backend.exists(PINNED):
            self.forget(PINNED)
        adopted = [n for n in sorted(self.backend.numbers() - known - dropping) if self._adopt(n)]
        self._publish()
        if self.newest_first and self.active.state == "active":
            if self._versions()[self.active.id] < SCHEMA_VERSION:
                self.roll(*self._last_ids(self.active)).close()
            return
        for segment in self.newest_first:
            if segment.state == "active" and adopted:
                # ids go on behind the newest file, and a segment takes ids without gaps
                last_span_id, last_log_id = self._last_ids(segment)
                self._change(
                    segment.id,
                    state="sealing", last_span_id=last_span_id, last_log_id=last_log_id,
                )  # fmt: skip
        self._create_next()
        if self.backend.exists(PINNED):
            self.open_pinned()

    def _rows(self) -> list[Any]:
        statement = select(registry).where(registry.c.state != "dropping")
        with self._control.transaction() as connection:
            return list(connection.execute(statement.order_by(registry.c.id.desc())).all())

    def _versions(self) -> dict[int, int]:
        return {row.id: row.schema_version for row in self._rows()}

    def _publish(self) -> None:
        present = {segment.id: segment for segment in self.newest_first}
        found = []
        for row in self._rows():
            segment = Segment(**{name: getattr(row, name) for name in _FIELDS})
            old = present.get(segment.id)
            found.append(old if old is not None and _same(old, segment) else segment)
        self.newest_first = tuple(found)

    def _create_next(self) -> None:
        rows = self._rows()
        number, span_id, log_id = 1, 1, 1
        for row in rows:
            number = max(number, row.id + 1)
            span_id = max(span_id, (row.last_span_id or 0) + 1)
            log_id = max(log_id, (row.last_log_id or 0) + 1)
        facts = self._first_facts(span_id, log_id)
        self.backend.create(number, facts)
        self._register(number, "active", facts)
        self._publish()

    @staticmethod
    def _first_facts(first_span_id: int, first_log_id: int) -> dict[str, int]:
        return {
            "schema_version": SCHEMA_VERSION,
            "created_ns": time.time_ns(),
            "first_span_id": first_span_id,
            "first_log_id": first_log_id,
            "folded_span_id": first_span_id - 1,
        }

    def _adopt(self, number: int) -> bool:
        """Take in a file the registry does not name; a spare, without rows, is deleted."""
        if not self.backend.has_tables(number):
            self.backend.remove(number)
            return False
        facts = self._facts(number)
        with self.backend.reader(number, settled=False) as connection:
            last = last_ids(connection, facts["first_span_id"], facts["first_log_id"])
            names = connection.execute(select(tenants)).all()
        if last == (facts["first_span_id"] - 1, facts["first_log_id"] - 1):
            self.backend.remove(number)
            return False
        with self._control.transaction() as connection:
            present = {row.id for row in connection.execute(select(known_tenants.c.id))}
            for row in names:
                if row.id not in present:
                    connection.execute(insert(known_tenants).values(id=row.id, name=row.name))
        self._register(number, "sealing", facts, last)
        return True

    def _facts(self, number: int) -> dict[str, int]:
        with self.backend.reader(number, settled=False) as connection:
            return {row.key: row.value for row in connection.execute(select(meta))}

    def _register(
        self,
        number: int,
        state: str,
        facts: Mapping[str, int],
        last: tuple[int | None, int | None] = (None, None),
    ) -> None:
        with self._control.transaction() as connection:
            connection.execute(_registration(number, state, facts, last))

    def _last_ids(self, segment: Segment) -> tuple[int, int]:
        with self.backend.reader(segment.id, settled=False) as connection:
            return last_ids(connection, segment.first_span_id, segment.first_log_id)

    def _share(self, last_span_id: int, last_log_id: int) -> float:
        """How much of a limit the active segment has reached, when its newest rows are these."""
        active, limits = self.active, self._limits
        rows = last_span_id + last_log_id - active.first_span_id - active.first_log_id + 2
        if not rows:
            return 0.0
        age_s = (time.time_ns() - active.created_ns) / 1e9
        size = self.backend.size(active.id)
        return max(rows / limits.rows, size / limits.bytes, age_s / limits.age_s)

    def due(self, last_span_id: int, last_log_id: int) -> bool:
        """Whether the active segment has to be sealed. Writer thread only."""
        return (
            time.monotonic() >= self._not_before and self._share(last_span_id, last_log_id) >= 1.0
        )

    def prepare(self, last_span_id: int, last_log_id: int) -> None:
        """Make the next segment's file before the writer needs it."""
        with self._next:
            number = self.active.id + 1
            if self._share(last_span_id, last_log_id) >= _SPARE_FROM:
                self._ensure(number, self._first_facts(0, 0))

    def _ensure(self, number: int, facts: Mapping[str, int]) -> None:
        if not self.backend.exists(number):
            self.backend.create(number, facts)

    def roll(self, last_span_id: int, last_log_id: int) -> Connection:
        """Begin a new active segment; its writing connection. Writer thread only.

        When this raises, the old one is still active; `due` waits a while before the next try.
        """
        self._not_before = time.monotonic() + _RETRY_S
        with self._next:
            number = self.active.id + 1
            facts = self._first_facts(last_span_id + 1, last_log_id + 1)
            self._ensure(number, facts)
            writer = self.backend.writer(number)
            try:
                with writer.begin():
                    for key, value in facts.items():
                        writer.execute(update(meta).where(meta.c.key == key).values(value=value))
                self._activate(number, facts)
            except BaseException:
                writer.close()
                raise
        self._not_before = 0.0
        return writer

    def _activate(self, number: int, facts: Mapping[str, int]) -> None:
        with self._lock:
            with self._control.transaction() as connection:
                connection.execute(
                    update(registry)
                    .where(registry.c.state == "active")
                    .values(
                        state="sealing",
                        sealed_ns=facts["created_ns"],
                        last_span_id=facts["first_span_id"] - 1,
                        last_log_id=facts["first_log_id"] - 1,
                    )
                )
                connection.execute(_registration(number, "active", facts))
            self._publish()

    def sealed(self, segment: Segment) -> Segment:
        """Note that a settled segment is sealed, and what it holds."""
        with self.backend.reader(segment.id, settled=True) as connection:
            found = measured(connection)
        found["bytes"] = self.backend.size(segment.id)
        found["sealed_ns"] = segment.sealed_ns or found["max_received_ns"] or time.time_ns()
        self._change(segment.id, state="sealed", **found)
        return self.by_id(segment.id)

    def resized(self, number: int) -> None:
        """Note how large a segment is now."""
        self._change(number, bytes=self.backend.size(number))

    def dropping(self, segment: Segment, along: Callable[[Connection], None]) -> None:
        """Note for good that a segment is to go, and what goes along with that; readings still see
        it, until `leave`."""
        with self._control.transaction() as connection:
            along(connection)
            connection.execute(
                update(registry).where(registry.c.id == segment.id).values(state="dropping")
            )

    def leave(self, number: int) -> None:
        """Let no new reading see what is dropping. Does not wait for the database."""
        with self._lock:
            self.newest_first = tuple(one for one in self.newest_first if one.id != number)

    def forget(self, number: int) -> None:
        """Strike a segment that is gone from the registry."""
        with self._control.transaction() as connection:
            connection.execute(delete(registry).where(registry.c.id == number))

    def unfinished_drops(self) -> list[int]:
        """The numbers of segments whose dropping a crash cut short."""
        statement = select(registry.c.id).where(registry.c.state == "dropping")
        with self._control.transaction() as connection:
            return list(connection.execute(statement).scalars())

    def open_pinned(self) -> Segment:
        """The segment of pinned traces, made when there is none."""
        if not self.backend.exists(PINNED):
            self.backend.create(PINNED, self._first_facts(1, 1))
        if all(segment.id != PINNED for segment in self.newest_first):
            self._register(PINNED, "pinned", self._facts(PINNED))
            with self._lock:
                self._publish()
        return self.by_id(PINNED)

    def by_id(self, number: int) -> Segment:
        """The segment of this number."""
        return next(segment for segment in self.newest_first if segment.id == number)

    def refresh(self, segment: Segment) -> None:
        """Replace the object of a segment whose file was replaced: new readings open it anew."""
        with self._lock:
            self.newest_first = tuple(
                replace(one) if one.id == segment.id else one for one in self.newest_first
            )

    def _change(self, number: int, **values: Any) -> None:
        with self._lock:
            with self._control.transaction() as connection:
                connection.execute(update(registry).where(registry.c.id == number).values(**values))
            self._publish()


def _registration(
    number: int,
    state: str,
    facts: Mapping[str, int],
    last: tuple[int | None, int | None] = (None, None),
) -> Insert:
    return insert(registry).values(
        id=number,
        state=state,
        schema_version=facts["schema_version"],
        created_ns=facts["created_ns"],
        first_span_id=facts["first_span_id"],
        first_log_id=facts["first_log_id"],
        last_span_id=last[0],
        last_log_id=last[1],
    )


def measured(connection: Connection) -> dict[str, int | None]:
    """What the registry knows of a sealed segment, read from its rows."""
    facts = {row.key: row.value for row in connection.execute(select(meta))}
    found: dict[str, int | None] = {
        "min_received_ns": facts.get("min_received_ns"),
        "max_received_ns": facts.get("max_received_ns"),
    }
    for name, table, signal in (("span", spans, SPAN_SIGNAL), ("log", logs, LOG_SIGNAL)):
        counted = select(func.count()).select_from(table)
        found[f"{name}s"] = connection.execute(counted).scalar_one()
        for bound, column in (("min", blocks.c.min_ns), ("max", blocks.c.max_ns)):
            ordered = column.desc() if bound == "max" else column
            statement = select(column).where(blocks.c.signal == signal).order_by(ordered).limit(1)
            found[f"{bound}_{name}_ns"] = connection.execute(statement).scalar_one_or_none()
    return found


def last_ids(connection: Connection, first_span_id: int, first_log_id: int) -> tuple[int, int]:
    """The ids of the newest span and log record of a segment, or those before its first."""
    ids = []
    for table, first in ((spans, first_span_id), (logs, first_log_id)):
        newest = connection.execute(
            select(table.c.id).order_by(table.c.id.desc()).limit(1)
        ).scalar_one_or_none()
        ids.append(first - 1 if newest is None else newest)
    return ids[0], ids[1]
