"""`python -m bench.reliability.crash_points POINT NTH`: a server that kills itself at a point.

The points lie around what makes records durable. The process wraps the product's own functions
before it serves; the product knows nothing of it.
"""

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from argus.cli import main
from argus.pipeline import dead_letter_folder
from argus.storage.sql import summaries
from argus.storage.sql.rollup_store import RollupStore
from argus.storage.sql.writer import SegmentWriter

Wrap = Callable[[Callable[..., Any]], Callable[..., Any]]


class Fuse:
    """Kills the process when a point is passed for the nth time."""

    def __init__(self, nth: int) -> None:
        self._left = nth

    def burn(self) -> None:
        """The point is passed."""
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def before(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, with the point before it."""

        def wrapped(*args: Any, **kwargs: Any) -> Any:
            self.burn()
            return function(*args, **kwargs)

        return wrapped

    def after(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, with the point after it."""

        def wrapped(*args: Any, **kwargs: Any) -> Any:
            result = function(*args, **kwargs)
            self.burn()
            return result

        return wrapped


class _Os:
    """The module `os`, of which one function is replaced."""

    def __init__(self, name: str, wrap: Wrap) -> None:
        setattr(self, name, wrap(getattr(os, name)))

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)


def _file(name: str) -> Callable[[Wrap], None]:
    return lambda wrap: setattr(dead_letter_folder, "os", _Os(name, wrap))


def _method(owner: Any, name: str) -> Callable[[Wrap], None]:
    return lambda wrap: setattr(owner, name, wrap(getattr(owner, name)))


# the rows are in the transaction when `insert` returns, and committed when `keep` is called
_PLACES: dict[str, Callable[[Wrap], None]] = {
    "commit": _method(SegmentWriter, "keep"),
    "insert": _method(SegmentWriter, "insert"),
    "summaries": _method(summaries, "next_step"),
    "rollups": _method(RollupStore, "add"),
    "letter-sync": _file("fsync"),
    "letter-rename": _file("rename"),
    "letter-unlink": _file("unlink"),
    "folder-sync": _method(dead_letter_folder, "_sync_folder"),
}
POINTS = {
    "before commit": ("insert", "after"),
    "after commit": ("commit", "before"),
    "after commit, before the answer": ("commit", "after"),
    "before summaries": ("summaries", "before"),
    "after summaries": ("summaries", "after"),
    "before rollups": ("rollups", "before"),
    "after rollups": ("rollups", "after"),
    "before letter sync": ("letter-sync", "before"),
    "before letter rename": ("letter-rename", "before"),
    "after letter rename": ("letter-rename", "after"),
    "before folder sync": ("folder-sync", "before"),
    "after folder sync": ("folder-sync", "after"),
    "before unlink": ("letter-unlink", "before"),
    "after unlink": ("letter-unlink", "after"),
}
"""Point -> the place and the side of it."""


def arm(point: str, nth: int) -> None:
    """Make this process die at a point."""
    place, side = POINTS[point]
    fuse = Fuse(nth)
    _PLACES[place](fuse.before if side == "before" else fuse.after)


if __name__ == "__main__":
    arm(sys.argv[1], int(sys.argv[2]))
    sys.argv[1:] = ["serve"]
    main()
