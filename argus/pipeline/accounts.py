"""What is counted, and who is told, once it is known what became of a request's records."""

from collections.abc import Sequence

from argus.model import Batch
from argus.pipeline import Exporter
from argus.pipeline.receipts import Receipts
from argus.telemetry import Telemetry


class Accounts:
    """The one place where received, stored, duplicate, rejected and filtered are counted.

    A request is received when it is answered with success. A refused one is sent again, and one
    whose sender went away is still committed: only the pipeline knows. The rest is counted when
    the records are in the database, or known not to go there.
    """

    def __init__(
        self, telemetry: Telemetry, exporters: Sequence[Exporter], receipts: Receipts
    ) -> None:
        self._telemetry = telemetry
        self._receipts = receipts
        self._exporters = exporters

    def received(self, batch: Batch) -> None:
        """A request is durable, wherever that may be."""
        self._telemetry.received(batch.signal, batch.received_count)
        self._receipts.received(batch)

    def settled(self, batches: Sequence[Batch], stored: Sequence[Batch]) -> None:
        """Batches are in the database; `stored` has, for each, what of it was not before."""
        for batch, kept in zip(batches, stored, strict=True):
            self._telemetry.stored(batch.signal, len(kept))
            self._telemetry.duplicate(batch.signal, len(batch) - len(kept))
            self._receipts.settled(batch, [kept])
            self._not_stored(batch)
        self._tell(stored)

    def settled_in_part(self, batch: Batch, answered: int, stored: Sequence[Batch]) -> None:
        """Of a batch, so many records are in the database; `stored` are those not there before."""
        new = sum(map(len, stored))
        self._telemetry.stored(batch.signal, new)
        self._telemetry.duplicate(batch.signal, answered - new)
        self._receipts.settled(batch, stored)
        self._not_stored(batch)
        self._tell(stored)

    def _not_stored(self, batch: Batch) -> None:
        for reason, count in batch.rejected.items():
            self._telemetry.rejected(batch.signal, reason, count)
        for reason, count in batch.filtered.items():
            self._telemetry.filtered(batch.signal, reason, count)

    def _tell(self, stored: Sequence[Batch]) -> None:
        for exporter in self._exporters:
            for batch in stored:
                if len(batch):
                    exporter.export(batch)
