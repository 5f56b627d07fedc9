"""A process that replays the dead letters of a folder into a database, to be killed by a test."""

import asyncio
import sys
from pathlib import Path

from argus.storage.open import open_storage
from tests.pipeline.parts import running


async def main(folder: Path) -> None:
    storage = await open_storage("sqlite", str(folder / "argus.db"), query_timeout_s=10)
    async with running(storage.writer, folder / "dlq") as argus:
        sys.stdout.write("replaying\n")
        sys.stdout.flush()
        await argus.empty(within_s=60)
    await storage.close()


asyncio.run(main(Path(sys.argv[1])))
