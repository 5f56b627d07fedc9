"""The lock beside a database that keeps a second process away from it."""

import fcntl
import os
from pathlib import Path

from argus.errors import StartError


class Lock:
    """Holds `<database>.lock` until it is released or the process ends, however it ends."""

    def __init__(self, database: Path) -> None:
        """Take the lock. Raises StartError when another process holds it."""
        path = Path(f"{database}.lock")
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.read(self._file, 32).decode(errors="replace").strip() or "unknown"
            os.close(self._file)
            raise StartError(
                f"DB_DSN: {database.name} is in use by another argus process (pid {holder})"
            ) from error
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Let another process in."""
        os.close(self._file)
