"""Counts what the overview must say from the records themselves, the slow and obvious way."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from argus.model import LogRecord, Span
from argus.storage import Dashboard, Latencies, ServiceErrors

PERCENTILE_ERROR = 0.02


@dataclass
class Recount:
    """Records that were stored, and what they come to."""

    spans: list[Span] = field(default_factory=list)
    logs: list[LogRecord] = field(default_factory=list)

    def dashboard(self, start_ns: int, end_ns: int, services: Sequence[str]) -> Dashboard:
        """The dashboard of a range, with exact percentiles."""
        chosen = chooser(start_ns, end_ns, services)
        spans = [s for s in self.spans if chosen(s.start_ns, s.resource.service_name)]
        logs = [r for r in self.logs if chosen(r.time_ns, r.resource.service_name)]
        names = {s.resource.service_name for s in spans} | {r.resource.service_name for r in logs}
        failing = []
        for name in names:
            of_service = [s for s in spans if s.resource.service_name == name]
            failed = sum(s.status == 2 for s in of_service)
            if failed:
                failing.append(ServiceErrors(name, failed, len(of_service)))
        failing.sort(key=lambda one: (-one.error_count, one.service_name))
        return Dashboard(
            start_ns=start_ns,
            end_ns=end_ns,
            total_traces=len({s.trace_id for s in spans}),
            total_spans=len(spans),
            total_logs=len(logs),
            total_errors=sum(s.status == 2 for s in spans),
            latencies=latencies([s.end_ns - s.start_ns for s in spans if is_entry(s)]),
            active_services=len(names),
            top_failing_services=failing[:10],
        )

    def entries(self, start_ns: int, end_ns: int, services: Sequence[str]) -> list[Span]:
        """The entry spans of a range."""
        chosen = chooser(start_ns, end_ns, services)
        return [
            s for s in self.spans if is_entry(s) and chosen(s.start_ns, s.resource.service_name)
        ]


def chooser(start_ns: int, end_ns: int, services: Sequence[str]) -> Callable[[int, str], bool]:
    """Whether a record of a time and service is in a range and filter."""
    return lambda at, name: start_ns <= at < end_ns and (not services or name in services)


def is_entry(span: Span) -> bool:
    """SERVER, CONSUMER or without a parent."""
    return span.kind in (2, 5) or not span.parent_span_id


def latencies(durations: list[int]) -> Latencies | None:
    """The mean, and percentiles by nearest rank."""
    if not durations:
        return None
    durations.sort()
    ranks = (math.ceil(share * len(durations)) - 1 for share in (0.5, 0.95, 0.99))
    return Latencies(sum(durations) / len(durations), *(float(durations[rank]) for rank in ranks))


def same(found: Dashboard, exact: Dashboard) -> None:
    """Assert that two dashboards agree: counts to the unit, percentiles within 2 %."""
    assert found._replace(latencies=None) == exact._replace(latencies=None)
    close(found.latencies, exact.latencies)


def close(found: Latencies | None, exact: Latencies | None) -> None:
    """Assert that the mean agrees, and percentiles are within 2 % of nearest rank."""
    assert (found is None) == (exact is None)
    if found is not None and exact is not None:
        assert math.isclose(found.avg_ns, exact.avg_ns, rel_tol=1e-9)
        for one, other in zip(found[1:], exact[1:], strict=True):
            assert abs(one - other) <= PERCENTILE_ERROR * other, (found, exact)
