"""What is counted, and who is told, once it is known what became of a request's records."""

from collections.abc import Sequence

from argus.model import Batch
from argus.pipeline import Exporter
from argus.telemetry import Telemetry


class Accounts:
    """The one place where received, stored, duplicate, rejected and filtered are counted.

    A request is received when it is answered with success. A refused one is sent again, and one
    whose sender went away is still committed: only the pipeline knows. The rest is counted when
    the records are in the database, or known not to go there.
    """

    def __init__(self, telemetry: Telemetry, exporters: Sequence[Exporter]) -> None:
        self._telemetry = telemetry
        self._exporters = exporters

    def received(self, batch: Batch) -> None:
        """A request is durable, wherever that may be."""
        self._telemetry.received(batch.signal, batch.received_count)

    def settled(self, batches: Sequence[Batch], stored: Sequence[bool]) -> None:
        """Batches are in the database; `stored` says of each whether it was not before."""
        for batch, new in zip(batches, stored, strict=True):
            self.settled_in_part(batch, len(batch) * new, len(batch) * (not new))
        self.tell([batch for batch, new in zip(batches, stored, strict=True) if new and len(batch)])

    def tell(self, batches: Sequence[Batch]) -> None:
        """Hand batches that were stored now to the exporters."""
        for exporter in self._exporters:
            for batch in batches:
                exporter.export(batch)

    def settled_in_part(self, batch: Batch, stored: int, duplicate: int) -> None:
        """So many of a batch's records were stored now and before; nobody is told."""
        self._telemetry.stored(batch.signal, stored)
        self._telemetry.duplicate(batch.signal, duplicate)
        for reason, count in batch.rejected.items():
            self._telemetry.rejected(batch.signal, reason, count)
        for reason, count in batch.filtered.items():
            self._telemetry.filtered(batch.signal, reason, count)
