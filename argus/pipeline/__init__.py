"""What receivers and exporters see of the pipeline: consume a batch, be handed a durable one."""

from typing import Protocol

from argus.model import Batch


class Consumer(Protocol):
    """Takes batches from receivers."""

    async def consume(self, batch: Batch) -> None:
        """Return when every record of the batch is durable.

        Raises Overloaded (a bound is reached) or Unavailable (nothing can be persisted); then
        nothing of the batch is kept and the sender may retry.
        """


class Exporter(Protocol):
    """Is handed each batch after it is durable, in commit order. Must not block or raise."""

    def export(self, batch: Batch) -> None:
        """Take note of a durable batch."""


class Processor(Protocol):
    """A pure step between receiver and queue."""

    def process(self, batch: Batch) -> Batch:
        """The batch to go on with; may be the same one."""
