"""What is known of one segment."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

from argus.storage.sql.tables import SPAN_SIGNAL


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """One segment as it was when a reading began. What is known only at sealing is None before;
    bounds of no rows stay None. Times are Unix nanoseconds."""

    id: int
    state: str
    created_ns: int
    first_span_id: int
    first_log_id: int
    sealed_ns: int | None = None
    last_span_id: int | None = None
    last_log_id: int | None = None
    min_received_ns: int | None = None
    max_received_ns: int | None = None
    min_span_ns: int | None = None
    max_span_ns: int | None = None
    min_log_ns: int | None = None
    max_log_ns: int | None = None
    spans: int | None = None
    logs: int | None = None
    bytes: int | None = None
    known: dict[Hashable, Any] = field(default_factory=dict, init=False, repr=False)
    """What readings found out about it; that stays true when it is sealed."""

    @property
    def sealed(self) -> bool:
        """Whether nothing of it changes any more."""
        return self.state == "sealed"

    def bounds(self, signal: int) -> tuple[int, int] | None:
        """Earliest and latest time of its rows of a signal; None when it has none.

        Anything is possible in a segment that is not sealed.
        """
        if not self.sealed:
            return -(2**63), 2**63 - 1
        if signal == SPAN_SIGNAL:
            low, high = self.min_span_ns, self.max_span_ns
        else:
            low, high = self.min_log_ns, self.max_log_ns
        return None if low is None or high is None else (low, high)
