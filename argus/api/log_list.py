"""The list of log records, as JSON or whole in other formats."""

from starlette.responses import Response

from argus.api import params
from argus.api.answer import Form, json_response
from argus.api.endpoint import Call
from argus.api.exports import asked_for, export, logs_of
from argus.api.insights import Texts, log_answers
from argus.api.logs import Log, LogsResponse
from argus.model import LogRecord
from argus.storage import LogQuery, Page

PARAMS = (
    params.SERVICES,
    params.SEVERITY,
    params.SEARCH,
    params.START,
    params.END,
    params.LIMIT,
    params.OFFSET,
    params.CURSOR,
    params.TRACE_ID,
    params.SPAN_ID,
    params.FILTER,
    params.TYPED,
)


async def list_logs(call: Call) -> Response:
    """GET /api/logs."""
    values = call.values
    limit, offset, cursor = params.paging(values)
    query = LogQuery(
        range=params.open_range(values),
        services=values[params.SERVICES],
        severities=values[params.SEVERITY],
        search=values[params.SEARCH],
        trace_id=values[params.TRACE_ID],
        span_id=values[params.SPAN_ID],
        filter=params.parsed_filter(values, "logs"),
        limit=limit,
        offset=offset,
        cursor=cursor,
    )
    form = Form(values[params.TYPED])
    if media_type := asked_for(call.accept):
        texts = Texts(call)

        async def find(query: LogQuery) -> Page[LogRecord]:
            page = await call.reader.find_logs(query)
            await texts.learn(page.items)
            return page

        return await export(
            media_type, query, find, Log, lambda record: texts.answer(record, form), logs_of
        )
    page = await call.reader.find_logs(query)
    logs = await log_answers(call, page.items, form)
    answer = LogsResponse(logs, page.total, page.total_is_estimate, limit, offset, page.next_cursor)
    return json_response(answer)
