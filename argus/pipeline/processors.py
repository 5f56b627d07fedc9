"""The operator's ingest filters: a severity floor and lists of services."""

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any

from argus.model import Batch, severity_floor


class SeverityFloor:
    """Leaves out log records below a severity; those without any severity pass."""

    def __init__(self, name: str) -> None:
        """Raises ValueError for a word that is no severity."""
        self._floor = severity_floor(name)

    def process(self, batch: Batch) -> Batch:
        """The batch without the records below the floor, which are counted as filtered."""
        if not batch.logs:
            return batch
        return _keep(batch, "severity", _always, lambda log: not 0 < log.severity < self._floor)


class ServiceLists:
    """Leaves out records of services that are excluded, or not among the allowed when any are."""

    def __init__(self, allowed: Collection[str], excluded: Collection[str]) -> None:
        self._allowed = frozenset(allowed)
        self._excluded = frozenset(excluded)

    def process(self, batch: Batch) -> Batch:
        """The batch without the records of those services, which are counted as filtered."""

        def keep(record: Any) -> bool:
            name = record.resource.service_name
            return name not in self._excluded and (not self._allowed or name in self._allowed)

        return _keep(batch, "service", keep, keep)


def _always(record: Any) -> bool:
    return True


def _keep(
    batch: Batch, reason: str, keep_span: Callable[[Any], bool], keep_log: Callable[[Any], bool]
) -> Batch:
    spans = [span for span in batch.spans if keep_span(span)]
    logs = [log for log in batch.logs if keep_log(log)]
    left_out = len(batch) - len(spans) - len(logs)
    if not left_out:
        return batch
    filtered = Counter(batch.filtered) + Counter({reason: left_out})
    return replace(batch, spans=spans, logs=logs, filtered=dict(filtered))
