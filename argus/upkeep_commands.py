"""The commands `argus purge` and `argus vacuum`: upkeep of the data of a stopped server."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import click

from argus.api.params import MAX_DAYS
from argus.config import Config
from argus.errors import ArgusError, StartError
from argus.journal import configure_logging
from argus.storage import Storage
from argus.storage.open import open_storage

T = TypeVar("T")

_DAY_NS = 86_400 * 10**9


@click.command()
@click.option(
    "--days", type=click.IntRange(0, MAX_DAYS), required=True,
    help="Delete what happened more days ago than this; 0 deletes everything.",
)  # fmt: skip
@click.option("--yes", is_flag=True, help="Do not ask.")
def purge(days: int, yes: bool) -> None:
    """Delete old telemetry of all tenants. Pinned traces stay."""
    what = f"what happened more than {days} days ago" if days else "all telemetry"
    if not yes:
        click.confirm(f"delete {what}?", abort=True)
    before_ns = time.time_ns() - days * _DAY_NS
    gone = _run(lambda storage: storage.purge(before_ns), "DELETE /api/admin/purge")
    click.echo(
        f"deleted {gone.spans} spans, {gone.logs} log records; {gone.traces} traces are gone; "
        f"{gone.freed_bytes} bytes are free"
    )


@click.command()
def vacuum() -> None:
    """Give room that nothing uses back to the disk (SQLite)."""
    _run(lambda storage: storage.vacuum(), "POST /api/admin/vacuum")
    click.echo("vacuumed")


def _run(work: Callable[[Storage], Awaitable[T]], instead: str) -> T:
    config = Config.load(os.environ)
    configure_logging(config.log_level, config.log_format)

    async def run() -> T:
        storage = await open_storage(
            config.db_driver, config.db_dsn, query_timeout_s=config.query_timeout
        )
        try:
            return await work(storage)
        finally:
            await storage.close()

    try:
        return asyncio.run(run())
    except StartError as error:
        if "in use" in str(error):
            raise StartError(f"{error}; a running server does this by {instead}") from None
        raise
    except ArgusError as error:
        raise click.ClickException(error.message) from None
