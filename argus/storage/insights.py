"""What a model said of a pattern, and which log records that is about."""

from functools import lru_cache
from typing import NamedTuple

import msgspec

from argus.model import LogRecord


class InsightEvidence(msgspec.Struct):
    """A piece of evidence that a claim cites. `kind` (`log`, `span`, `pattern` or `trace`) and
    `id` are null for one that does not exist. Where to see it: `trace_id` is the trace of a span
    or log record, `at` the time of a log record, or up to which a pattern was counted."""

    name: str
    kind: str | None
    id: str | None
    trace_id: str | None = None
    at: str | None = None


class InsightClaim(msgspec.Struct):
    """What a model holds to be true. `verified`: it cites evidence, and all of that, and all that
    its text names, exists."""

    text: str
    evidence: list[InsightEvidence]
    verified: bool


class InsightDetails(msgspec.Struct):
    """What a model said. `structured` is false when it did not answer in the form it was asked
    for; then `summary` is all of its text. `unverified_ids` are ids of log records, spans and
    traces, and names of evidence, in its text that were not in the evidence; when any of them is
    in the summary that is not verified, and `unverified_checks` are the positions of the checks
    that have one."""

    structured: bool
    summary: str
    causes: list[InsightClaim]
    checks: list[str]
    confidence: str | None
    unverified_ids: list[str]
    summary_verified: bool = True
    unverified_checks: list[int] = []


class InsightKey(NamedTuple):
    """What an insight is about: a pattern in one version of a service (an empty text: it says
    none)."""

    pattern_id: bytes
    service: str
    version: str


class Insight(NamedTuple):
    """What a model said. `details` is the JSON of
    `InsightDetails`; `log_id` is the record it was asked about."""

    key: InsightKey
    created_ns: int
    log_id: int
    model: str
    tokens: int
    text: str
    details: str


def insight_key(record: LogRecord) -> InsightKey | None:
    """What an insight about a log record is about; None for a record without a pattern."""
    if not record.pattern_id:
        return None
    resource = record.resource
    return InsightKey(record.pattern_id, resource.service_name, _version(resource.attributes))


@lru_cache(maxsize=1024)
def _version(attributes: str) -> str:
    version = msgspec.json.decode(attributes).get("service.version", "")
    return version if isinstance(version, str) else ""
