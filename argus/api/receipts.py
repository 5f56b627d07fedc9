"""Ingest receipts: for each exporter, what became of what it sent."""

import msgspec
from starlette.responses import Response

from argus.api.answer import Time, json_response
from argus.api.desks import ReceiptRecord
from argus.api.endpoint import Call
from argus.api.times import format_time
from argus.model import Transport


class Receipt(msgspec.Struct):
    """One exporter: `accepted` = `filtered` + `duplicate` + `committed` + `queued`."""

    service_name: str
    instance: str
    peer: str
    transport: Transport
    last_seen: Time
    accepted: int
    rejected: dict[str, int]
    filtered: int
    duplicate: int
    queued: int
    committed: int
    lag_ms: float
    clock_offset_ms: float


class ReceiptsResponse(msgspec.Struct):
    """Exporters since the start of this process, the one heard of last first."""

    receipts: list[Receipt]


async def list_receipts(call: Call) -> Response:
    """GET /api/ingest/receipts."""
    receipts = [_answer(record) for record in call.parts.receipts(call.tenant)]
    return json_response(ReceiptsResponse(receipts))


def _answer(record: ReceiptRecord) -> Receipt:
    return Receipt(
        service_name=record.service_name,
        instance=record.instance,
        peer=record.peer,
        transport=record.transport,
        last_seen=format_time(record.last_seen_ns),
        accepted=record.accepted,
        rejected=dict(record.rejected),
        filtered=record.filtered,
        duplicate=record.duplicate,
        queued=record.queued,
        committed=record.committed,
        lag_ms=record.lag_ms,
        clock_offset_ms=record.clock_offset_ms,
    )
