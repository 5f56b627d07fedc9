"""A volume that can be filled and freed: a small tmpfs, or a limit on files that acts alike."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.reliability.server import Server

_LEFT = 64 * 1024


class Volume:
    """A folder on a small file system of its own, which needs the right to mount one; without it,
    filling means that no file of the server may grow."""

    def __init__(self, path: Path, mounted: bool) -> None:
        self.path = path
        self.mounted = mounted
        self._ballast = path / "ballast"
        self._ballast.touch()

    def fill(self, server: Server) -> None:
        """Take all the room that is left but a little."""
        if not self.mounted:
            server.limit_files(0)
            return
        # unbuffered, and a file that is there already: on a full volume neither could be made
        with self._ballast.open("r+b", buffering=0) as file:
            block = bytes(_LEFT)
            try:
                while file.write(block) == len(block):
                    pass
            except OSError:
                pass
            file.truncate(max(0, file.tell() - _LEFT))

    def free(self, server: Server) -> None:
        """Give the room back."""
        if not self.mounted:
            server.limit_files(None)
            return
        os.truncate(self._ballast, 0)


@contextmanager
def volume(path: Path, mib: int) -> Iterator[Volume]:
    """An empty volume of so many MiB."""
    path.mkdir(parents=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={mib}m", "tmpfs", str(path)]
    mounted = subprocess.run(command, capture_output=True).returncode == 0
    try:
        yield Volume(path, mounted)
    finally:
        if mounted:
            subprocess.run(["umount", str(path)], check=True)
