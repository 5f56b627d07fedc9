"""Insights: what a model said of a log record, on demand too, and what it would be sent."""

from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec
from starlette.responses import Response

from argus.api import params
from argus.api.answer import Form, Time, convert, json_response
from argus.api.endpoint import Call
from argus.api.logs import Log, log_answer
from argus.api.times import format_time
from argus.errors import InvalidInput, NotFound, NotSupported
from argus.model import LogRecord, parse_log_id
from argus.storage import InsightDetails, InsightKey, insight_key

Status = Literal["ready", "pending", "none", "disabled"]


class InsightResponse(msgspec.Struct):
    """What a model said of records like this: text for people, and the same in its parts. It is
    the model's claim, and plain text. `disabled`: there is no model."""

    insight: str | None
    status: Status
    details: InsightDetails | None
    model: str | None
    created_at: Time | None


class PromptMessage(msgspec.Struct):
    """One message to a model."""

    role: Literal["system", "user"]
    content: str


class PromptPreview(msgspec.Struct):
    """Exactly what would be sent about a log record, to which endpoint, and about the most tokens
    it would cost, the answer included. `model` and `endpoint` are null when there is none."""

    model: str | None
    endpoint: str | None
    messages: list[PromptMessage]
    most_tokens: int


ANEW = params.Param[bool](
    "anew",
    params.choice({"true": True, "false": False}),
    False,
    "Ask again although there is an insight; the new one takes its place.",
    {"type": "string", "enum": ["true", "false"], "default": "false"},
)
ASK_PARAMS = (ANEW,)


class Texts:
    """The insights of some log records, as lists show them."""

    def __init__(self, call: Call) -> None:
        self._reader = call.reader
        self._texts: dict[InsightKey, str] = {}

    async def learn(self, records: Iterable[LogRecord]) -> None:
        """Read what was said of records like these."""
        keys = {key for record in records if (key := insight_key(record)) is not None}
        if keys:
            found = await self._reader.insights(sorted(keys))
            self._texts = {key: insight.text for key, insight in found.items()}

    def answer(self, record: LogRecord, form: Form) -> Log:
        """A log record as answers show it."""
        log = log_answer(record, form)
        key = insight_key(record)
        log.ai_insight = None if key is None else self._texts.get(key)
        return log


async def log_answers(call: Call, records: Sequence[LogRecord], form: Form) -> list[Log]:
    """Log records as answers show them, with what a model said of records like them."""
    texts = Texts(call)
    await texts.learn(records)
    return await convert(records, lambda record: texts.answer(record, form))


async def get_insight(call: Call) -> Response:
    """GET /api/logs/{id}/insight."""
    return json_response(await _insight(call, await _record(call)))


async def ask_for_insight(call: Call) -> Response:
    """POST /api/logs/{id}/insight."""
    record = await _record(call)
    if not call.parts.insights.state.enabled:
        raise NotSupported("no model is set up; docs/ai.md says how")
    await call.parts.insights.ask(call.tenant, record, anew=call.values[ANEW])
    return json_response(await _insight(call, record))


async def preview_insight(call: Call) -> Response:
    """GET /api/logs/{id}/insight/preview."""
    found = await call.parts.insights.preview(call.tenant, await _record(call))
    sent = [PromptMessage(one.role, one.content) for one in found.messages]
    return json_response(PromptPreview(found.model, found.endpoint, sent, found.most_tokens))


async def _record(call: Call) -> LogRecord:
    try:
        log_id = parse_log_id(call.path["id"])
    except ValueError:
        raise InvalidInput("id: not the id of a log record", field="id") from None
    record = await call.reader.get_log(log_id)
    if record is None:
        raise NotFound("no such log record", field="id")
    return record


async def _insight(call: Call, record: LogRecord) -> InsightResponse:
    desk, key = call.parts.insights, insight_key(record)
    found = None if key is None else (await call.reader.insights([key])).get(key)
    status: Status = "ready" if found else "none" if desk.state.enabled else "disabled"
    if key is not None and desk.pending(call.tenant, key):
        status = "pending"
    if found is None:
        return InsightResponse(None, status, None, None, None)
    details = msgspec.json.decode(found.details, type=InsightDetails)
    created_at = format_time(found.created_ns)
    return InsightResponse(found.text, status, details, found.model, created_at)
