"""What the API needs of pipeline and storage, as protocols: `app.py` hands in what fulfils them."""

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol

from argus.model import LogRecord, Signal, Transport
from argus.storage import InsightKey, Purged
from argus.telemetry import AiState


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


class ChatMessage(Protocol):
    """One message to a model."""

    @property
    def role(self) -> Literal["system", "user"]:
        """Who says it."""

    @property
    def content(self) -> str:
        """What is said."""


class Prompt(Protocol):
    """What would be sent to a model."""

    @property
    def model(self) -> str | None:
        """Its name; None when there is none."""

    @property
    def endpoint(self) -> str | None:
        """Where it is."""

    @property
    def messages(self) -> Sequence[ChatMessage]:
        """All of what is sent."""

    @property
    def most_tokens(self) -> int:
        """About the most that it costs, the answer included."""


class InsightDesk(Protocol):
    """The analysis of errors as the API uses it."""

    @property
    def state(self) -> AiState:
        """How it is doing."""

    def pending(self, tenant: str, key: InsightKey) -> bool:
        """Whether an insight is being made."""

    async def ask(self, tenant: str, record: LogRecord, *, anew: bool) -> None:
        """Have a log record explained. Raises NotSupported and Overloaded."""

    async def preview(self, tenant: str, record: LogRecord) -> Prompt:
        """What `ask` would send. Raises NotSupported."""


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
