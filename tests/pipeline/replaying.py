"""A process that replays the dead letters of a folder into a ledger, to be killed by a test."""

import asyncio
import sys
from pathlib import Path

from tests.pipeline.ledger import Ledger
from tests.pipeline.parts import running


async def main(folder: Path) -> None:
    ledger = Ledger(folder / "ledger.db")
    async with running(ledger, folder / "dlq") as argus:
        sys.stdout.write("replaying\n")
        sys.stdout.flush()
        await argus.empty(within_s=60)


asyncio.run(main(Path(sys.argv[1])))
