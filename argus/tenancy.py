"""The rule for tenant names, one for every door telemetry and questions come in by."""

import re

from argus.errors import InvalidInput

HEADER = "x-scope-orgid"
"""The HTTP header, or gRPC metadata key, that names the tenant."""

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")


def parse_tenant(name: str) -> str:
    """The tenant `name` stands for: 1 to 64 of the characters A-Z a-z 0-9 _ . and -.

    Raises InvalidInput(field="tenant") for any other text.
    """
    if _NAME.fullmatch(name) is None:
        raise InvalidInput(
            "tenant must be 1 to 64 characters out of A-Z a-z 0-9 _ . -", field="tenant"
        )
    return name
