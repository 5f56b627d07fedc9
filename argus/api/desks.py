"""What the API needs of pipeline and storage, as protocols: `app.py` hands in what fulfils them."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from argus.model import Signal, Transport
from argus.storage import Purged


class ReceiptRecord(Protocol):
    """What the pipeline knows of one exporter."""

    service_name: str
    instance: str
    peer: str
    transport: Transport
    last_seen_ns: int
    accepted: int
    filtered: int
    duplicate: int
    committed: int
    lag_ms: float
    clock_offset_ms: float

    @property
    def rejected(self) -> Mapping[str, int]:
        """Records that broke a rule, by reason."""

    @property
    def queued(self) -> int:
        """Records that wait for the database."""


class LetterRecord(Protocol):
    """What is known of one waiting request."""

    @property
    def id(self) -> str:
        """Increases in order of arrival."""

    @property
    def tenant(self) -> str:
        """Whose records they are."""

    @property
    def signal(self) -> Signal:
        """What they are."""

    @property
    def records(self) -> int:
        """How many."""

    @property
    def bytes(self) -> int:
        """The size of the file."""

    @property
    def received_ns(self) -> int:
        """When the request arrived."""

    @property
    def reason(self) -> str:
        """Why it is not in the database."""

    @property
    def attempts(self) -> int:
        """How often it was replayed in vain."""


class DataDesk(Protocol):
    """The stored data as an operator changes it; storage fulfils it."""

    async def purge(self, before_ns: int) -> Purged:
        """Delete, for all tenants, what happened before a time."""

    async def vacuum(self) -> None:
        """Give unused room back to the disk. Raises NotSupported."""

    async def pin(self, tenant: str, trace_id: bytes) -> bool:
        """Let a trace outlive retention; False when it is not known."""

    async def pinned(self, tenant: str, trace_id: bytes) -> bool:
        """Whether a trace outlives retention."""

    async def unpin(self, tenant: str, trace_id: bytes) -> None:
        """Take a pin back."""


class DeadLetterDesk(Protocol):
    """The dead-letter queue as the API uses it."""

    async def list(self, limit: int, after: str) -> Sequence[LetterRecord]:
        """Waiting requests, oldest first, from behind the id `after`."""

    async def replay(self, id_: str) -> None:
        """Put one into the database now. Raises NotFound, or Unavailable when it still waits."""

    async def discard(self, id_: str) -> None:
        """Delete one for good. Raises NotFound."""
