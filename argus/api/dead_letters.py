"""Dead letters: the requests that wait on disk, to be looked at, replayed and deleted."""

from typing import Literal

import msgspec
from starlette.responses import Response

from argus.api.answer import Time, json_response
from argus.api.desks import LetterRecord
from argus.api.endpoint import Call
from argus.api.params import CURSOR, LIMIT
from argus.api.times import format_time
from argus.model import Signal

LIST_PARAMS = (LIMIT, CURSOR)


class DeadLetter(msgspec.Struct):
    """One request that waits."""

    id: str
    tenant: str
    signal: Signal
    records: int
    bytes: int
    received_at: Time
    reason: str
    attempts: int


class DeadLettersResponse(msgspec.Struct):
    """Requests that wait, oldest first; `next_cursor` is null on the last page."""

    files: list[DeadLetter]
    next_cursor: str | None


class Done(msgspec.Struct):
    """What was done to a request."""

    status: Literal["replayed", "deleted"]


async def list_dead_letters(call: Call) -> Response:
    """GET /api/admin/dlq."""
    limit = call.values[LIMIT]
    found = await call.parts.dead_letters.list(limit + 1, call.values[CURSOR] or "")
    files = [_answer(record) for record in found[:limit]]
    cursor = files[-1].id if len(found) > limit else None
    return json_response(DeadLettersResponse(files, cursor))


async def replay_dead_letter(call: Call) -> Response:
    """POST /api/admin/dlq/{id}/replay."""
    await call.parts.dead_letters.replay(call.path["id"])
    return json_response(Done("replayed"))


async def delete_dead_letter(call: Call) -> Response:
    """DELETE /api/admin/dlq/{id}."""
    await call.parts.dead_letters.discard(call.path["id"])
    return json_response(Done("deleted"))


def _answer(record: LetterRecord) -> DeadLetter:
    return DeadLetter(
        id=record.id,
        tenant=record.tenant,
        signal=record.signal,
        records=record.records,
        bytes=record.bytes,
        received_at=format_time(record.received_ns),
        reason=record.reason,
        attempts=record.attempts,
    )
