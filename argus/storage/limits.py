"""What the operator wants kept of storage, for how long, and when a segment is full."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SegmentLimits:
    """When the active segment is sealed: whichever of these it reaches first."""

    rows: int = 1_000_000
    bytes: int = 2**30
    age_s: float = 86_400.0


@dataclass(frozen=True, slots=True)
class Retention:
    """How long telemetry is kept, in days from its arrival, and in how many bytes; 0: no limit.

    `traces_days` and `logs_days` stand for `days` of one signal; None: as `days` says.
    `rollup_days` are those of the numbers of the overview, from when it happened.
    """

    days: float = 0
    bytes: int = 0
    traces_days: float | None = None
    logs_days: float | None = None
    rollup_days: float = 0

    @property
    def days_of_traces(self) -> float:
        """Days that spans are kept."""
        return self.days if self.traces_days is None else self.traces_days

    @property
    def days_of_logs(self) -> float:
        """Days that log records are kept."""
        return self.days if self.logs_days is None else self.logs_days

    def fitting(self, limits: SegmentLimits) -> SegmentLimits:
        """Limits under which a segment is a small part of what is kept: it goes as a whole."""
        days = [d for d in (self.days_of_traces, self.days_of_logs) if d]
        return SegmentLimits(
            rows=limits.rows,
            bytes=min(limits.bytes, max(self.bytes // 10, 2**20)) if self.bytes else limits.bytes,
            age_s=min([limits.age_s, *(d * 86_400 / 10 for d in days)]),
        )
