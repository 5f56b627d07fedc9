"""Whose telemetry a request asks for."""

from starlette.datastructures import Headers
from starlette.requests import cookie_parser

from argus.api.query_string import split_query
from argus.errors import InvalidInput
from argus.model import DEFAULT_TENANT
from argus.tenancy import HEADER, parse_tenant

COOKIE = "argus_tenant"


def resolve_tenant(headers: Headers, query: bytes) -> str:
    """The tenant of a request: the header's, else the query string's, else the cookie's, else
    the default one. Raises InvalidInput(field="tenant") for a bad or repeated name."""
    named = headers.getlist(HEADER) or split_query(query).get("tenant", [])
    if not named:
        cookies = cookie_parser("; ".join(headers.getlist("cookie")))
        named = [cookies[COOKIE]] if COOKIE in cookies else [DEFAULT_TENANT]
    if len(named) > 1:
        raise InvalidInput("tenant is given more than once", field="tenant")
    return parse_tenant(named[0])
