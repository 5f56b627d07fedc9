"""Services: their names."""

from starlette.responses import Response

from argus.api.answer import json_response
from argus.api.endpoint import Call


async def list_services(call: Call) -> Response:
    """GET /api/metadata/services."""
    return json_response(await call.reader.service_names())
