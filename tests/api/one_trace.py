"""A double of the stored data as an operator changes it: it knows one trace."""

from typing import Any

from argus.storage import Purged

TRACE_ID = bytes(range(1, 17))


class OneTrace:
    """Stored data that knows one trace, and what was done to it."""

    def __init__(self) -> None:
        self.done: list[tuple[str, Any]] = []

    async def purge(self, before_ns: int) -> Purged:
        self.done.append(("purge", before_ns))
        return Purged(1, 2, 3, 4096)

    async def vacuum(self) -> None:
        self.done.append(("vacuum", None))

    async def pin(self, tenant: str, trace_id: bytes) -> bool:
        self.done.append(("pin", (tenant, trace_id)))
        return trace_id == TRACE_ID

    async def pinned(self, tenant: str, trace_id: bytes) -> bool:
        return ("pin", (tenant, trace_id)) in self.done

    async def unpin(self, tenant: str, trace_id: bytes) -> None:
        self.done.append(("unpin", (tenant, trace_id)))
