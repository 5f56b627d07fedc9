"""Receipts: for each exporter, what became of the records it sent since this start."""

from collections import Counter, OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import msgspec

from argus.model import Batch, LogRecord, Source, Span, Transport

MAX_EXPORTERS = 2_000
"""Exporters remembered; the one that has been silent longest is forgotten first."""


@dataclass(slots=True)
class Receipt:
    """The account of one exporter. `accepted` = filtered + duplicate + committed + queued.

    `lag_ms` is how old the last record of its last request was on arrival; `clock_offset_ms` how
    far that record lay in the future, which only a clock ahead of this machine's explains.
    """

    service_name: str
    instance: str
    peer: str
    transport: Transport
    last_seen_ns: int = 0
    accepted: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    filtered: int = 0
    duplicate: int = 0
    committed: int = 0
    lag_ms: float = 0.0
    clock_offset_ms: float = 0.0

    @property
    def queued(self) -> int:
        """Accepted records that wait for the database."""
        return self.accepted - self.filtered - self.duplicate - self.committed


_Key = tuple[str, str, str, str, str]


class Receipts:
    """The receipts of all tenants. Bounded; kept in memory only."""

    def __init__(self) -> None:
        self._receipts: OrderedDict[_Key, Receipt] = OrderedDict()

    def of_tenant(self, tenant: str) -> list[Receipt]:
        """A tenant's receipts, the exporter heard of last first."""
        return [one for key, one in reversed(self._receipts.items()) if key[0] == tenant]

    def received(self, batch: Batch) -> None:
        """A request was answered with success: its records are durable somewhere."""
        for source in batch.sources:
            receipt = self._of(batch, source)
            receipt.last_seen_ns = batch.received_ns
            receipt.accepted += source.accepted
            receipt.rejected.update(source.rejected)
            if source.newest_ns:
                age_ms = (batch.received_ns - source.newest_ns) / 1e6
                receipt.lag_ms = max(0.0, age_ms)
                receipt.clock_offset_ms = max(0.0, -age_ms)

    def settled(self, batch: Batch, stored: Sequence[Batch]) -> None:
        """What passed the filters is in the database; `stored` is what of it was not before."""
        sources = batch.sources
        if not batch.filtered and sum(map(len, stored)) == len(batch):
            for source in sources:
                self._of(batch, source).committed += source.accepted
            return
        passed, new = _by_resource([batch]), _by_resource(stored)
        for source in sources:
            receipt, key = self._of(batch, source), source.resource.key
            receipt.filtered += source.accepted - passed[key]
            receipt.duplicate += passed[key] - new[key]
            receipt.committed += new[key]

    def _of(self, batch: Batch, source: Source) -> Receipt:
        instance = _instance(source.resource.attributes)
        service = source.resource.service_name
        key = (batch.tenant, service, instance, batch.peer, batch.transport)
        receipt = self._receipts.get(key)
        if receipt is None:
            if len(self._receipts) >= MAX_EXPORTERS:
                self._receipts.popitem(last=False)
            receipt = self._receipts[key] = Receipt(service, instance, batch.peer, batch.transport)
        self._receipts.move_to_end(key)
        return receipt


def _by_resource(batches: Sequence[Batch]) -> Counter[bytes]:
    counts: Counter[bytes] = Counter()
    for batch in batches:
        records: Sequence[Span | LogRecord] = [*batch.spans, *batch.logs]
        counts.update(record.resource.key for record in records)
    return counts


@lru_cache(maxsize=4096)
def _instance(attributes: str) -> str:
    value = msgspec.json.decode(attributes).get("service.instance.id", "")
    return value if isinstance(value, str) else str(value)
