"""How much of the machine a run has: looked at before and after it, and summed up over it."""

import ctypes
import os
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bench import baseline
from bench.report import Conditions

_TICKS = os.sysconf("SC_CLK_TCK")
_PR_SET_CHILD_SUBREAPER = 36
_ORPHANS_S = 2.0


@contextmanager
def observed() -> Iterator[Conditions]:
    """What the run inside the context has of the machine; complete when it is left."""
    conditions = Conditions()
    _adopt_orphans()
    began, busy = time.monotonic(), _busy_s()
    _look(conditions)
    yield conditions
    _look(conditions)
    elapsed = time.monotonic() - began
    _await_orphans()
    foreign = max(0.0, _busy_s() - busy - _own_s())
    conditions.foreign_share = foreign / elapsed / (os.cpu_count() or 1)


def _look(conditions: Conditions) -> None:
    share, rate = baseline.spin()
    conditions.spin_share.append(share)
    conditions.spin_rate.append(rate)
    conditions.load.append(os.getloadavg()[0])


def _adopt_orphans() -> None:
    """Become the parent of what a child leaves behind: a browser that is ended does not wait for
    its own, whose processor time would count as that of others.

    https://man7.org/linux/man-pages/man2/PR_SET_CHILD_SUBREAPER.2const.html
    """
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _await_orphans() -> None:
    until = time.monotonic() + _ORPHANS_S
    with suppress(ChildProcessError):
        while time.monotonic() < until:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                time.sleep(0.05)


def _busy_s() -> float:
    """Seconds that all cores together were busy since boot, other guests' share included."""
    fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    user, nice, system, _idle, _iowait, irq, softirq, steal = map(int, fields[:8])
    return (user + nice + system + irq + softirq + steal) / _TICKS


def _own_s() -> float:
    """Processor seconds of this process and of its children that have ended."""
    return sum(
        used.ru_utime + used.ru_stime
        for used in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )
