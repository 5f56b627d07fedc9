"""The one path of an export request behind both transports: bytes in, durable and counted out."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256

from argus.errors import InvalidInput
from argus.model import DEFAULT_TENANT, Batch, Encoding, Signal, Transport
from argus.pipeline import Consumer
from argus.pipeline.budget import ByteBudget
from argus.receivers.otlp import decode
from argus.receivers.otlp_json import decode_json
from argus.tenancy import parse_tenant

RECORD_NAMES: dict[Signal, str] = {
    "traces": "spans",
    "logs": "log records",
    "metrics": "data points",
}

_OFF_LOOP_BYTES = 256 * 1024


class RequestPath:
    """Decodes a request and waits until the pipeline has made it durable.

    `budget` bounds the bytes of all requests between arrival and answer, on both transports.
    """

    def __init__(self, consumer: Consumer, budget: ByteBudget, max_request_bytes: int) -> None:
        self._consumer = consumer
        self.budget = budget
        self.max_request_bytes = max_request_bytes
        # one thread: decoding holds the interpreter, more would only take turns
        self._decoder = ThreadPoolExecutor(1, thread_name_prefix="decode")

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
        function = decode if encoding == "protobuf" else decode_json
        now = time.time_ns()
        if len(body) > _OFF_LOOP_BYTES:
            loop = asyncio.get_running_loop()
            batch = await loop.run_in_executor(self._decoder, function, signal, body, tenant, now)
        else:
            batch = function(signal, body, tenant, now)
        batch.key = request_key(signal, body, tenant)
        batch.peer, batch.transport = peer, transport
        await self._consumer.consume(batch)
        return batch.rejected_count, explain(batch)

    def close(self) -> None:
        """Release the decoding thread."""
        self._decoder.shutdown(wait=True)


def request_key(signal: Signal, body: bytes, tenant: str) -> bytes:
    """The digest by which a byte-identical retry is recognised; 16 bytes."""
    # of the digests in hashlib the fastest where the processor has instructions for it
    digest = sha256(f"{signal} {tenant} ".encode())
    digest.update(body)
    return digest.digest()[:16]


def explain(batch: Batch) -> str:
    """One line on what of a request was rejected; empty when nothing was."""
    if not batch.rejected:
        return ""
    names = RECORD_NAMES[batch.signal]
    if batch.signal == "metrics":
        return f"metrics are not stored: {batch.rejected_count} {names} rejected"
    reasons = ", ".join(f"{reason} {count}" for reason, count in sorted(batch.rejected.items()))
    return f"rejected {batch.rejected_count} of {batch.received_count} {names}: {reasons}"


def invalid_body(detail: str) -> InvalidInput:
    """The error for a body that cannot be read."""
    return InvalidInput(f"body: {detail}", field="body")


def tenant_of(name: str | None) -> str:
    """The tenant that a request's header names; the default one without."""
    return parse_tenant(name) if name else DEFAULT_TENANT
