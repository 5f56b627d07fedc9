"""The oracle: what was sent, what was acked, and whether a server holds exactly that."""

import os
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from bench.reliability import reading
from bench.reliability.records import Records, Request, Signal

_SYNC_EVERY_S = 0.1
_SHOWN = 5
_SPAN_SHARE = 0.7


@dataclass
class Verdict:
    """What a comparison found. `lost`, `altered` and `alien` are records, of which none may be;
    `duplicated` counts every row beyond the first of its record."""

    acked: int = 0
    stored: int = 0
    lost: int = 0
    duplicated: int = 0
    altered: int = 0
    alien: int = 0
    damage: list[str] = field(default_factory=list)
    examples: list[str] = field(default_factory=list)

    @property
    def problems(self) -> list[str]:
        """One line for each promise that was broken."""
        counts = {name: getattr(self, name) for name in ("lost", "duplicated", "altered", "alien")}
        lines = [f"{n} of {self.acked} acked {name}" for name, n in counts.items() if n]
        return lines + self.damage + (self.examples if lines else [])


class Oracle:
    """Hands out numbered requests, and notes what became of each in a file of its own.

    The file has a line per answer and is synced ten times a second, on whatever disk `path` lies:
    not the server's. What is neither acked nor refused may or may not be stored.
    """

    def __init__(self, path: Path, records: Records) -> None:
        self.records = records
        self._file = path.open("a", encoding="utf-8")
        self._synced = 0.0
        self._next = 1
        self._sent: dict[int, tuple[Signal, int]] = {}
        self._acked: set[int] = set()
        self.set_aside: set[int] = set()
        """Numbers of records that must be in quarantine and nowhere else."""
        self.refused = 0
        self.answers: Counter[str] = Counter()
        self._spans_due = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._sync()
        self._file.close()

    def next_request(self, size: int) -> Request:
        """A request of new records: seven of ten are spans."""
        self._spans_due += _SPAN_SHARE
        signal: Signal = "logs"
        if self._spans_due >= 1 - 1e-9:
            self._spans_due -= 1
            signal = "traces"
        return self.request(signal, size)

    def request(self, signal: Signal, size: int) -> Request:
        """A request of new records of one signal."""
        request = self.records.request(signal, self._next, size)
        self._next += size
        self._sent[request.first] = (signal, size)
        return request

    def acked(self, request: Request) -> None:
        """A request was answered with success: every record of it is durable."""
        self._note(f"acked {request.first} {request.size} {request.signal}")
        self._acked.add(request.first)

    def not_acked(self, request: Request, answer: str, retryable: bool) -> None:
        """A request was refused (retryable), or its outcome is not known."""
        self._note(f"{'refused' if retryable else 'unknown'} {request.first} {answer}")
        self.answers[answer] += 1
        if retryable:
            self.refused += request.size

    def _note(self, line: str) -> None:
        self._file.write(line + "\n")
        if time.monotonic() - self._synced > _SYNC_EVERY_S:
            self._sync()

    def _sync(self) -> None:
        self._file.flush()
        os.fdatasync(self._file.fileno())
        self._synced = time.monotonic()

    @property
    def sent_records(self) -> int:
        """Records that were handed out."""
        return self._next - 1

    def acked_records(self, signal: Signal | None = None) -> int:
        """Acked records, of one signal or of all."""
        return sum(
            size
            for kind, size in map(self._sent.__getitem__, self._acked)
            if signal is None or kind == signal
        )

    def some_acked(self, step: int) -> Iterable[tuple[int, Signal]]:
        """The first record of every so many acked requests."""
        for first in sorted(self._acked)[::step]:
            yield first, self._sent[first][0]

    def compare(self, data: reading.Data, integrity: bool = True) -> Verdict:
        """Read every row of a server's segments and say what differs from what was acked."""
        verdict = Verdict(acked=self.acked_records())
        signals: dict[int, Signal] = {}
        for first, (signal, size) in self._sent.items():
            signals.update(dict.fromkeys(range(first, first + size), signal))
        seen: Counter[int] = Counter()
        for row in reading.stored(data):
            verdict.stored += 1
            seen[row.number] += 1
            if signals.get(row.number) != row.signal or row.number in self.set_aside:
                verdict.alien += 1
                verdict.examples.append(f"nobody sent {row}")
            elif row != self.records.row(row.number, row.signal):
                verdict.altered += 1
                verdict.examples.append(f"altered: {row}")
        for first in sorted(self._acked):
            for number in range(first, first + self._sent[first][1]):
                if not seen[number] and number not in self.set_aside:
                    verdict.lost += 1
                    verdict.examples.append(f"lost: record {number}")
        verdict.duplicated = verdict.stored - len(seen)
        verdict.examples = verdict.examples[:_SHOWN]
        if integrity:
            verdict.damage = reading.damage(data)
        return verdict
