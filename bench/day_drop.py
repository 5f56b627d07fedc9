"""Measures how long retention takes to drop the oldest of ten days, and what a writer feels."""

import asyncio
import os
import time
from functools import partial
from pathlib import Path

from argus.receivers import otlp
from argus.storage import Retention, Storage
from argus.storage.open import open_storage
from bench.baseline import connect
from bench.corpora import Corpus, corpus
from bench.history import DAY_NS
from bench.report import Line

_FIRST_NUMBER = 2**31
"""Requests from here on are not among those of a history."""
_GIVE_UP_S = 120.0
_LOOKED_ON_S = 2.0
_OLDEST = "SELECT max_received_ns FROM segments WHERE state = 'sealed' ORDER BY id LIMIT 1"


def lines(database: Path, size: int) -> list[Line]:
    """Open a database of ten days so that the first of them is over its time; it loses that day."""
    oldest = min(Path(f"{database}.segments").glob("[0-9]*.db"))
    connection = connect(f"file:{database}?mode=ro", uri=True)
    (received_ns,) = connection.execute(_OLDEST).fetchone()
    connection.close()
    return asyncio.run(_dropped(database, oldest, received_ns, size))


async def _dropped(database: Path, oldest: Path, received_ns: int, size: int) -> list[Line]:
    shop = corpus("shop")
    retention = Retention(days=(time.time_ns() - received_ns - 1) / DAY_NS)
    storage = await open_storage("sqlite", str(database), query_timeout_s=60, retention=retention)
    writes: list[float] = []
    writing = asyncio.create_task(_write(storage, shop, writes))
    began = time.perf_counter()
    exists = partial(os.path.exists, oldest)
    while exists():
        if time.perf_counter() - began > _GIVE_UP_S:
            raise SystemExit(f"{oldest} was not dropped")
        await asyncio.sleep(0.001)
    took_ms = (time.perf_counter() - began) * 1000
    await asyncio.sleep(_LOOKED_ON_S)  # what a drop leaves to be done is part of it
    writing.cancel()
    await asyncio.wait([writing])
    await storage.close()
    calm = sorted(writes)[len(writes) // 2]
    return [
        Line(f"one of ten days dropped at {size}", "ms", [took_ms], at_most=100),
        Line(f"longest write while it was dropped at {size}", "ms", [max(writes)], at_most=150,
             note=f"512 spans; the median of {len(writes)} writes was {calm:.1f} ms"),
    ]  # fmt: skip


async def _write(storage: Storage, shop: Corpus, took_ms: list[float]) -> None:
    number = _FIRST_NUMBER
    while True:
        body, _ = shop.fresh(number)
        batch = otlp.decode("traces", body, "default", time.time_ns())
        began = time.perf_counter()
        await storage.writer.write([batch])
        took_ms.append((time.perf_counter() - began) * 1000)
        number += 1
