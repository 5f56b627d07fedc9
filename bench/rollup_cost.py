"""What the rollups cost: all rows of a database folded anew, into a control database of its own."""

import tempfile
import time
from pathlib import Path

from sqlalchemy import NullPool, func, select

from argus.storage.sql import migrations
from argus.storage.sql.courtesy import Courtesy
from argus.storage.sql.driver import sqlite_engine
from argus.storage.sql.edges import Calls
from argus.storage.sql.rolling import young_ns
from argus.storage.sql.rollup_store import RollupStore
from argus.storage.sql.rollups import Progress, next_step
from argus.storage.sql.tables import logs, spans


def fold_cost_us(path: Path) -> float:
    """Processor time per span, in microseconds, log records included. The database is closed."""
    folded, store, calls, progress = 0, RollupStore(), Calls(), Progress(0, 0)
    rest = Courtesy().work().rest
    with tempfile.TemporaryDirectory(prefix="argus-fold-") as folder:
        engine = sqlite_engine(Path(folder) / "control.db", writable=True, poolclass=NullPool)
        migrations.upgrade(engine)
        began = time.process_time()
        with engine.connect() as control:
            for file in sorted(Path(f"{path}.segments").glob("[0-9]*.db")):
                reader = sqlite_engine(file, writable=False, poolclass=NullPool)
                with reader.connect() as rows:
                    last = Progress(
                        *(rows.execute(select(func.max(t.c.id))).scalar_one() or 0
                          for t in (spans, logs))
                    )  # fmt: skip
                    while step := next_step(rows, progress, last, calls, rest):
                        with control.begin():
                            store.add(control, step, young_ns())
                        folded += step.progress.span_id - progress.span_id
                        progress = step.progress
        return (time.process_time() - began) / folded * 1e6
