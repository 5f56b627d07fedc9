"""Writes to the active segment, and begins the next one when it is full."""

import logging
import time
from collections.abc import Sequence

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from argus.errors import ArgusError
from argus.model import Batch
from argus.storage.sql.backend import unavailable
from argus.storage.sql.bulk import Rows
from argus.storage.sql.control import Tenants
from argus.storage.sql.engine import Database
from argus.storage.sql.exactly_once import ExactlyOnce
from argus.storage.sql.segments import last_ids
from argus.storage.sql.tables import meta
from argus.storage.sql.texts import encodable
from argus.storage.sql.writer import SegmentWriter

_log = logging.getLogger("argus.storage")

_FIRST = Rows(meta, keys=("key",), merge={"value": "min"})
_LAST = Rows(meta, keys=("key",), merge={"value": "max"})


class Active:
    """The rows of the active segment. Writer thread only, but for what says otherwise."""

    def __init__(self, database: Database, tenants: Tenants, once: ExactlyOnce) -> None:
        self._database = database
        self._segments = database.segments
        self._tenants = tenants
        self._once = once
        with database.reading() as reading:
            segment = reading.segments[0]
            connection = reading.connection(segment)
            ids = last_ids(connection, segment.first_span_id, segment.first_log_id)
        self._rows = SegmentWriter(self._segments.backend.index, *ids)
        self._uncertain = False

    @property
    def last_span_id(self) -> int:
        """The newest span that is committed. Any thread."""
        return self._rows.last_span_id

    @property
    def last_log_id(self) -> int:
        """The newest log record that is committed. Any thread."""
        return self._rows.last_log_id

    @property
    def due(self) -> bool:
        """Whether the segment is full or old. Any thread."""
        return self._segments.due(self.last_span_id, self.last_log_id)

    def prepare(self) -> None:
        """Have the next segment ready before it is needed. Upkeep thread."""
        self._segments.prepare(self.last_span_id, self.last_log_id)

    def write(self, batches: Sequence[Batch]) -> list[Batch]:
        """Store batches as `Writer.write` promises."""
        try:
            stored = self._commit(batches)
        except UnicodeEncodeError:
            stored = self._commit([encodable(batch) for batch in batches])
        self.roll_when_due()
        return stored

    def _commit(self, batches: Sequence[Batch]) -> list[Batch]:
        received = [batch.received_ns for batch in batches] or [time.time_ns()]

        def store(connection: Connection) -> list[Batch]:
            if self._uncertain:
                self._recover(connection)
            _FIRST.insert(connection, ("min_received_ns", min(received)))
            admitted = self._once.admit(connection, owned)
            stored = self._rows.insert(connection, admitted)
            _LAST.insert(connection, ("max_received_ns", max(received)))
            return stored

        try:
            owned = [(self._tenants.ensure(batch.tenant), batch) for batch in batches]
            stored = self._database.transact(store)
        except BaseException as error:
            self._rows.forget()
            self._once.forget()
            self._uncertain = True
            if isinstance(error, DBAPIError):
                raise unavailable(error) from error
            raise
        self._rows.keep()
        self._uncertain = False
        return stored

    def _recover(self, connection: Connection) -> None:
        """Go on behind what is stored: a commit that seemed to fail may have been one."""
        active = self._segments.active
        # which waits until that commit is over
        _FIRST.insert(connection, ("min_received_ns", 2**63 - 1))
        ids = last_ids(connection, active.first_span_id, active.first_log_id)
        if ids != (self._rows.last_span_id, self._rows.last_log_id):
            self._rows = SegmentWriter(self._segments.backend.index, *ids)

    def roll_when_due(self) -> None:
        """Begin a new segment when it is time; what fails is tried again later."""
        if self.due:
            try:
                self.roll()
            except (ArgusError, OSError) as error:
                _log.warning("the segment goes on, though it is full: %s", error)

    def roll(self) -> None:
        """Begin a new segment, unless this one has no rows. Raises Unavailable."""
        if self._uncertain:
            self._database.transact(self._recover)
        active, rows = self._segments.active, self._rows
        last = rows.last_span_id, rows.last_log_id
        if last != (active.first_span_id - 1, active.first_log_id - 1):
            self._database.roll(*last)
            self._rows = SegmentWriter(self._segments.backend.index, *last)
