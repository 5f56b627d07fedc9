"""The three doubles: a Sink remembers, a Failing refuses, a Slow waits until it is let go."""

import asyncio
from collections.abc import Sequence

from argus.model import Batch, LogRecord, Span


class Sink:
    """A consumer, writer and exporter that keeps what it is given. Each write is one commit."""

    def __init__(self) -> None:
        self.batches: list[Batch] = []
        self.commits: list[list[Batch]] = []

    async def consume(self, batch: Batch) -> None:
        self.batches.append(batch)

    async def write(self, batches: Sequence[Batch]) -> list[Batch]:
        self.commits.append(list(batches))
        self.batches.extend(batches)
        return list(batches)

    def export(self, batch: Batch) -> None:
        self.batches.append(batch)

    @property
    def spans(self) -> list[Span]:
        return [span for batch in self.batches for span in batch.spans]

    @property
    def logs(self) -> list[LogRecord]:
        return [log for batch in self.batches for log in batch.logs]


class Failing(Sink):
    """Raises `error` for every batch whose tenant is in `tenants` (for all, when None)."""

    def __init__(self, error: Exception, tenants: frozenset[str] | None = None) -> None:
        super().__init__()
        self.error = error
        self.tenants = tenants

    def _check(self, batches: Sequence[Batch]) -> None:
        if self.tenants is None or any(batch.tenant in self.tenants for batch in batches):
            raise self.error.with_traceback(None)

    async def consume(self, batch: Batch) -> None:
        self._check([batch])
        await super().consume(batch)

    async def write(self, batches: Sequence[Batch]) -> list[Batch]:
        self._check(batches)
        return await super().write(batches)


class Slow(Sink):
    """Keeps nothing until `gate` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = asyncio.Event()
        self.entered = asyncio.Event()

    async def consume(self, batch: Batch) -> None:
        self.entered.set()
        await self.gate.wait()
        await super().consume(batch)

    async def write(self, batches: Sequence[Batch]) -> list[Batch]:
        self.entered.set()
        await self.gate.wait()
        return await super().write(batches)
