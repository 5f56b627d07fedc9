"""What schemathesis makes of the OpenAPI document, asked of a real server."""

import json
from typing import Any

import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from argus.api import openapi_json
from tests.e2e.conftest import Argus

ALWAYS = [
    not_a_server_error, status_code_conformance, content_type_conformance,
    response_schema_conformance,
]  # fmt: skip
DOCUMENT = schemathesis.openapi.from_dict(json.loads(openapi_json()))


@DOCUMENT.parametrize()
@settings(max_examples=5, deadline=None, database=None, suppress_health_check=list(HealthCheck))
def test_any_request_is_answered_as_the_document_says(
    case: schemathesis.Case[Any], shared_argus: Argus
) -> None:
    # on the loopback address, what needs the token elsewhere is allowed without
    open_to_all = "security" not in case.operation.definition.raw
    checks = [*ALWAYS, negative_data_rejection] if open_to_all else ALWAYS
    case.call_and_validate(base_url=shared_argus.url, checks=checks)
