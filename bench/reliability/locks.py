"""The locks that another process may hold on the files of a server."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.baseline import connect
from bench.reliability.reading import databases


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the write lock of every database file of a server."""
    held: list[Any] = []
    try:
        for path in databases(folder):
            connection = connect(path, isolation_level=None, timeout=20)
            held.append(connection)
            connection.execute("BEGIN EXCLUSIVE")
        yield
    finally:
        for connection in held:
            connection.close()
