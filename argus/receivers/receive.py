"""The one path of an export request behind both transports: bytes in, durable and counted out."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256

from argus.errors import InvalidInput
from argus.model import DEFAULT_TENANT, Batch, Encoding, Signal, Transport
from argus.pipeline import Consumer
from argus.pipeline.budget import ByteBudget
from argus.receivers.decoder import Decoder
from argus.receivers.otlp import decode
from argus.receivers.otlp_json import decode_json
from argus.receivers.slices import SLICE_BYTES, slices
from argus.tenancy import parse_tenant

RECORD_NAMES: dict[Signal, str] = {
    "traces": "spans",
    "logs": "log records",
    "metrics": "data points",
}

_SLICES_AT_ONCE = 3


@dataclass(frozen=True, slots=True)
class _Request:
    """What all batches of one request share."""

    signal: Signal
    encoding: Encoding
    tenant: str
    peer: str
    transport: Transport
    received_ns: int

    def decode(self, body: bytes, key: bytes) -> Batch:
        """The batch of a request, or of one slice of it. Raises InvalidInput."""
        function = decode if self.encoding == "protobuf" else decode_json
        batch = function(self.signal, body, self.tenant, self.received_ns)
        batch.key = key
        batch.peer, batch.transport = self.peer, self.transport
        return batch

    def batches(self, body: bytes) -> Iterator[Batch]:
        """The batches of a large request, one of each slice. Raises InvalidInput."""
        # equal slices may be meant, equal requests are not: a slice is known by its request
        key = request_key(self.signal, body, self.tenant)
        for number, piece in enumerate(slices(self.signal, self.encoding, body)):
            yield self.decode(piece, sha256(key + b" %d" % number).digest()[:16])


class RequestPath:
    """Decodes a request and waits until the pipeline has made it durable.

    `budget` bounds the bytes of all requests between arrival and answer, on both transports.
    """

    def __init__(self, consumer: Consumer, budget: ByteBudget, max_request_bytes: int) -> None:
        self._consumer = consumer
        self.budget = budget
        self.max_request_bytes = max_request_bytes
        self._decoder = Decoder()

    async def receive(
        self,
        signal: Signal,
        encoding: Encoding,
        body: bytes,
        tenant: str,
        peer: str,
        transport: Transport,
    ) -> tuple[int, str]:
        """(records rejected, why in one line); raises InvalidInput, Overloaded, Unavailable.

        When this returns, every record that was not rejected or filtered is durable.
        """
        request = _Request(signal, encoding, tenant, peer, transport, time.time_ns())
        if len(body) <= SLICE_BYTES:
            batch = await self._decoder.run(
                len(body), lambda: request.decode(body, request_key(signal, body, tenant))
            )
            await self._consumer.consume(batch)
            return batch.rejected_count, explain(signal, batch.received_count, batch.rejected)
        try:
            return await self._receive_large(request, body)
        except ExceptionGroup as group:
            raise group.exceptions[0] from None

    async def _receive_large(self, request: "_Request", body: bytes) -> tuple[int, str]:
        """Slice by slice: the next is decoded beside the loop while the last are committed."""
        batches = request.batches(body)
        received = 0
        rejected: Counter[str] = Counter()
        async with asyncio.TaskGroup() as waiting:
            places = asyncio.Semaphore(_SLICES_AT_ONCE)

            async def consume(batch: Batch) -> None:
                try:
                    await self._consumer.consume(batch)
                finally:
                    places.release()

            while True:
                await places.acquire()
                batch = await self._decoder.next_of(batches)
                if batch is None:
                    break
                received += batch.received_count
                rejected.update(batch.rejected)
                waiting.create_task(consume(batch))
        return rejected.total(), explain(request.signal, received, rejected)

    def close(self) -> None:
        """Release the decoding thread."""
        self._decoder.close()


def request_key(signal: Signal, body: bytes, tenant: str) -> bytes:
    """The digest by which a byte-identical retry is recognised; 16 bytes."""
    # of the digests in hashlib the fastest where the processor has instructions for it
    digest = sha256(f"{signal} {tenant} ".encode())
    digest.update(body)
    return digest.digest()[:16]


def explain(signal: Signal, received: int, rejected: Mapping[str, int]) -> str:
    """One line on what of a request was rejected; empty when nothing was."""
    if not rejected:
        return ""
    names, total = RECORD_NAMES[signal], sum(rejected.values())
    if signal == "metrics":
        return f"metrics are not stored: {total} {names} rejected"
    reasons = ", ".join(f"{reason} {count}" for reason, count in sorted(rejected.items()))
    return f"rejected {total} of {received} {names}: {reasons}"


def invalid_body(detail: str) -> InvalidInput:
    """The error for a body that cannot be read."""
    return InvalidInput(f"body: {detail}", field="body")


def tenant_of(name: str | None) -> str:
    """The tenant that a request's header names; the default one without."""
    return parse_tenant(name) if name else DEFAULT_TENANT
