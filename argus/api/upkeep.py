"""What an operator does to the data: purge, vacuum, and pins that spare a trace."""

from typing import Literal

import msgspec
from starlette.responses import Response

from argus.api import params
from argus.api.answer import json_response
from argus.api.endpoint import Call
from argus.api.times import now_ns
from argus.errors import InvalidInput, NotFound

DAY_NS = 86_400 * 10**9

PURGE_PARAMS = (params.DAYS, params.CONFIRM)


class PurgeResponse(msgspec.Struct):
    """What is gone: traces of which no span is left, spans, log records, and their room on disk."""

    purged_traces: int
    purged_spans: int
    purged_logs: int
    freed_bytes: int


class VacuumResponse(msgspec.Struct):
    """Room that nothing uses was given back to the disk."""

    status: Literal["vacuumed"]


class PinResponse(msgspec.Struct):
    """Whether a trace is kept beyond retention and purges."""

    pinned: bool


async def purge(call: Call) -> Response:
    """DELETE /api/admin/purge."""
    days = call.values[params.DAYS]
    if days == 0 and not call.values[params.CONFIRM]:
        raise InvalidInput("days=0 deletes everything; say so with confirm=true", field="confirm")
    purged = await call.parts.data.purge(now_ns() - days * DAY_NS)
    return json_response(
        PurgeResponse(purged.traces, purged.spans, purged.logs, purged.freed_bytes)
    )


async def vacuum(call: Call) -> Response:
    """POST /api/admin/vacuum."""
    await call.parts.data.vacuum()
    return json_response(VacuumResponse("vacuumed"))


async def trace_pin(call: Call) -> Response:
    """GET /api/traces/{trace_id}/pin."""
    trace_id = params.path_id(call.path, "trace_id", 32)
    return json_response(PinResponse(await call.parts.data.pinned(call.tenant, trace_id)))


async def pin_trace(call: Call) -> Response:
    """PUT /api/traces/{trace_id}/pin."""
    if not await call.parts.data.pin(call.tenant, params.path_id(call.path, "trace_id", 32)):
        raise NotFound("no span of this trace is known", field="trace_id")
    return Response(status_code=204)


async def unpin_trace(call: Call) -> Response:
    """DELETE /api/traces/{trace_id}/pin."""
    await call.parts.data.unpin(call.tenant, params.path_id(call.path, "trace_id", 32))
    return Response(status_code=204)
