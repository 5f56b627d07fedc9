"""A database of an older version opens with everything in it, whenever the upgrade is killed."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import NullPool

from argus.storage import LogQuery, TraceQuery
from argus.storage.sql import migrations
from argus.storage.sql.driver import sqlite_engine
from tests.builders import a_batch, a_log_record, a_span, a_trace_id
from tests.storage.conftest import Open, all_sealed

ROOT = Path(__file__).parents[2]
MIGRATE = """
import sys
from argus.storage.open import migrate
print("ready", flush=True)
migrate("sqlite", sys.argv[1])
"""


def downgrade(path: Path, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(migrations.scripts()))
    engine = sqlite_engine(path, writable=True, poolclass=NullPool)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, revision)


def kill_while_migrating(path: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", MIGRATE, str(path)], cwd=ROOT, text=True, stdout=subprocess.PIPE
    )
    assert child.stdout is not None
    child.stdout.readline()
    time.sleep(random.random() * 0.4)
    child.send_signal(signal.SIGKILL)
    child.communicate(timeout=30)


@pytest.mark.parametrize("kills", [0, 6])
async def test_nothing_is_lost_on_the_way_from_the_first_version(
    opened: Open, tmp_path: Path, kills: int
) -> None:
    storage = await opened()
    trace_id = a_trace_id()
    for number in range(5):
        spans = a_batch(a_span(trace_id=trace_id), a_span(), a_span())
        await storage.writer.write([spans, a_batch(a_log_record(number))])
    await all_sealed(storage)
    await storage.writer.write([a_batch(a_span(), a_span())])
    await storage.close()
    for _ in range(kills):
        downgrade(tmp_path / "argus.db", "0001")
        kill_while_migrating(tmp_path / "argus.db")
    downgrade(tmp_path / "argus.db", "0001")
    storage = await opened()
    await all_sealed(storage)
    page = await storage.reader("default").find_traces(TraceQuery(sort_by="span_count"))
    assert [trace.span_count for trace in page.items] == [5] + [1] * 12
    assert (await storage.reader("default").find_logs(LogQuery())).total == 5
