"""`python -m bench.reliability.holdings FILE`: a server that at each SIGUSR1 collects its garbage
and notes in a file how many asyncio tasks and blocks of memory are left. The product knows nothing
of it."""

import asyncio
import gc
import signal
import sys
from pathlib import Path

from argus.cli import main


def note_holdings(file: Path) -> None:
    """Make this process note what it holds when it is asked to."""

    def note(*_: object) -> None:
        gc.collect()
        unfinished = file.with_suffix(".unfinished")
        unfinished.write_text(f"{len(asyncio.all_tasks())} {sys.getallocatedblocks()}")
        unfinished.replace(file)

    signal.signal(signal.SIGUSR1, note)


if __name__ == "__main__":
    note_holdings(Path(sys.argv[1]))
    sys.argv[1:] = ["serve"]
    main()
