"""The command line: `argus serve`, `argus migrate`, `argus openapi`."""

import asyncio
import ctypes
import os
import sys
from collections.abc import Callable

import click

from argus import __version__, interpreter
from argus.api import openapi_json
from argus.app import serve as serve_app
from argus.client_commands import CLIENT_COMMANDS
from argus.config import Config
from argus.dead_letter_commands import dead_letter_commands
from argus.errors import StartError
from argus.journal import configure_logging
from argus.storage.open import migrate as migrate_storage
from argus.upkeep_commands import purge, vacuum


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="argus")
def cli() -> None:
    """A self-hosted OpenTelemetry server. Settings are environment variables, or lines of .env."""


@cli.command()
def serve() -> None:
    """Receive, keep and show telemetry until SIGTERM or SIGINT."""
    config = Config.load(os.environ)
    configure_logging(config.log_level, config.log_format)
    interpreter.set_up()
    _give_memory_back()
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(serve_app(config))


@cli.command()
def migrate() -> None:
    """Bring the database to this version's schema; `serve` does the same at its start."""
    config = Config.load(os.environ)
    configure_logging(config.log_level, config.log_format)
    migrate_storage(config.db_driver, config.db_dsn)
    click.echo("the database is up to date")


cli.add_command(dead_letter_commands)
for command in CLIENT_COMMANDS:
    cli.add_command(command)
cli.add_command(purge)
cli.add_command(vacuum)


@cli.command()
def openapi() -> None:
    """Print the OpenAPI document of the HTTP API."""
    click.echo(openapi_json())


def _give_memory_back() -> None:
    """Have glibc return the memory of large requests as soon as they are done.

    By itself it raises the size from which a block is mapped, and so given back alone, to that of
    the largest block freed, and keeps a heap per thread (https://man7.org/linux/man-pages/man3/mallopt.3.html).
    """
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:  # another C library
        return
    trim_threshold, mmap_threshold, arena_max = -1, -3, -8
    mallopt(mmap_threshold, 2**18)
    mallopt(trim_threshold, 2**20)
    mallopt(arena_max, 2)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    if sys.platform == "win32":
        return None
    import uvloop  # noqa: PLC0415 - not to be had on Windows

    return uvloop.new_event_loop


def main() -> None:
    """Run the command line; a StartError is one line and exit code 2."""
    try:
        cli(prog_name="argus")
    except StartError as error:
        click.echo(f"argus: {error}", err=True)
        raise SystemExit(2) from None
