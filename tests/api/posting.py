"""Posts JSON to an ASGI application."""

import json
from typing import Any

from starlette.types import ASGIApp

from tests.api.doubles import call_with

JSON = {"content-type": "application/json"}


def post(app: ASGIApp, path: str, members: Any) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of the answer."""
    return call_with(app, path, b"", "POST", JSON, json.dumps(members).encode())
