"""What a database must know so that segments can live on it; everything else is written once.

SQL itself differs in three more places: `types`, `spelling`, and `bulk`.
"""

import threading
from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager
from typing import Protocol, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from argus.errors import DeadlineExceeded, Unavailable
from argus.storage.sql.index import Index
from argus.storage.sql.segment import Segment

T = TypeVar("T")

_RETRY_AFTER_S = 1.0
_TRIES = 8
"""Of a reading that meets what passes: a database may rebuild the tables of a segment in turn."""


def unavailable(error: DBAPIError) -> Unavailable:
    """What the database's own error is to who asked."""
    return Unavailable(f"storage: {error.orig}", retry_after_s=_RETRY_AFTER_S)


class Reading:
    """One read in progress: the segments it began with, and whether it was told to stop."""

    def __init__(self, backend: "Backend") -> None:
        self.backend = backend
        self.segments: tuple[Segment, ...] = ()
        self.change = 0
        """The number of the last change of rollups that it is sure to see; see `Remembered`."""
        self.started = False
        self.stopped = False
        self._lock = threading.Lock()

    def connection(self, segment: Segment) -> Connection:
        """A connection that reads a segment, in one transaction for as long as the reading lasts.
        Use it before the next one is asked for."""
        raise NotImplementedError

    def settle(self, segment: Segment) -> None:
        """See from now on what the segment holds now."""
        self.connection(segment)

    def stop(self) -> None:
        """Interrupt the statement that runs now, and refuse to start on another segment."""
        raise NotImplementedError

    def close(self) -> None:
        """Give back what it holds."""
        raise NotImplementedError

    def run(self, work: Callable[["Reading"], T]) -> T:
        """Run `work` on this reading. Raises Unavailable when the database refuses."""
        self.started = True
        for tries_left in range(_TRIES - 1, -1, -1):
            try:
                return work(self)
            except DBAPIError as error:
                if self.stopped:
                    raise DeadlineExceeded("the query was stopped") from error
                if not tries_left or not self.backend.passes(error):
                    raise unavailable(error) from error
            self.close()
        raise AssertionError("the last try returns or raises")


class Backend(Protocol):
    """One opened database. Segments go by their number; any thread may call, one at a time per
    connection. What the database refuses is a `DBAPIError`."""

    name: str
    """Where the data lies, for people; no secret."""
    index: Index
    calls_python: bool
    """Whether its statements can call the functions of `functions`."""

    one_writer: bool
    """Whether transactions that write to the control database exclude each other."""

    def lock(self) -> None:
        """Keep other processes away until `close`. Raises StartError when one is there."""

    def migrate(self) -> bool:
        """Bring the control database up to date; False when it was. Raises StartError."""

    def control(self) -> Connection:
        """A connection that may write to the control database."""

    def vacuum(self, control: Connection) -> None:
        """Give the room of deleted rows back to the disk. Raises NotSupported."""

    def where(self, number: int) -> str:
        """What to call a segment in a message."""

    def numbers(self) -> set[int]:
        """The numbers of the segments that are there, that of pinned traces left out."""

    def exists(self, number: int) -> bool:
        """Whether there is a segment."""

    def require(self, numbers: set[int]) -> None:
        """Raise StartError when one of the segments is not there."""

    def require_sound(self, number: int) -> None:
        """Raise StartError when a segment is seen to be damaged."""

    def create(self, number: int, facts: Mapping[str, int]) -> None:
        """Make a segment without rows, with these entries of `meta`; whole or not at all."""

    def has_tables(self, number: int) -> bool:
        """Whether the creation of a segment was finished."""

    def clear_drafts(self) -> None:
        """Delete what a crash left half made."""

    def writer(self, number: int) -> Connection:
        """A connection that may write to a segment."""

    def reader(self, number: int, *, settled: bool) -> Connection:
        """A connection that reads a segment and the control database, outside any reading."""

    def draft(self, number: int) -> AbstractContextManager[Connection]:
        """A connection that changes a settled segment and reads the control database as `control`.
        Readings in progress do not see it."""

    def compact(self, number: int) -> None:
        """Give the room that a change of a settled segment freed back to the disk, if possible."""

    def settle(self, number: int) -> bool:
        """A segment gets no more rows: bring it into its lasting form. False when a reader is in
        the way."""

    def tidy(self, number: int) -> None:
        """Delete what a settled segment does not need any more."""

    def trace_ids(self, number: int) -> list[bytes]:
        """The ids of all traces that the spans and log records of a settled segment name."""

    def size(self, number: int) -> int:
        """Bytes of a segment, perhaps of a moment ago."""

    def remove(self, number: int) -> None:
        """Delete a segment. Deleting what is gone already is no error."""

    def reading(self) -> Reading:
        """A reading that has not begun."""

    def revive(self, connection: Connection) -> None:
        """Have a connection that was not used for a while reach the database again."""

    def passes(self, error: DBAPIError) -> bool:
        """Whether a reading that failed so would succeed if it began anew."""

    def forget(self, segments: Collection[Segment] | None = None) -> None:
        """Close what is kept open of these segments between readings, of all when None."""

    def give_up(self) -> None:
        """End every call that waits for a server, with its connection. Any thread."""

    def close(self) -> None:
        """Let other processes in."""

    @property
    def free_bytes(self) -> int | None:
        """Bytes that are free where the segments lie; None when nobody can tell."""

    @property
    def control_bytes(self) -> int:
        """Bytes of the control database, perhaps of a moment ago."""

    def wal_bytes(self, number: int) -> int:
        """Bytes of a segment's write-ahead log; 0 where the database looks after its own."""
