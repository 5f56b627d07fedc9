"""The commands `argus dlq …`: see, export, replay and delete the requests that wait on disk.

What only reads works beside a running server; what changes refuses while one runs.
"""

import asyncio
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from argus.app import processors_of
from argus.config import Config
from argus.errors import InvalidInput
from argus.journal import configure_logging
from argus.pipeline.dead_letter import DeadLetters, listing
from argus.pipeline.dead_letter_file import Corrupt, Letter, Name, read
from argus.pipeline.dead_letter_folder import QUARANTINE, Folder, headers, letters
from argus.pipeline.pipeline import Pipeline
from argus.receivers.letters import decode_letter, letter_json
from argus.storage.open import open_storage
from argus.telemetry import Telemetry

_COLUMNS = "{:<8} {:>8} {:>10}  {:<20} {:<12} {}"
_ENDINGS = {"protobuf": ".binpb", "json": ".json"}

_quarantine: Callable[[Any], Any] = click.option(
    "--quarantine", is_flag=True, help="Those set aside as corrupt or not storable instead."
)


@click.group("dlq")
def dead_letter_commands() -> None:
    """Requests that wait on disk because the database could not take them."""


@dead_letter_commands.command("ls")
@_quarantine
def list_letters(quarantine: bool) -> None:
    """List waiting requests, oldest first; an id follows each line's data."""
    folder = _folder(_config(), quarantine)
    click.echo(_COLUMNS.format("SIGNAL", "RECORDS", "BYTES", "RECEIVED (UTC)", "TENANT", "REASON"))
    count = 0
    for name, header in headers(folder, letters(folder)):
        one = listing(name, header)
        received = datetime.fromtimestamp(one.received_ns / 1e9, UTC).strftime("%Y-%m-%d %H:%M:%S")
        reason = _reason(folder, name) or one.reason
        row = _COLUMNS.format(
            one.signal, one.records, one.bytes, received, one.tenant, _one_line(reason)
        )
        click.echo(f"{row}\n  {one.id}")
        count += 1
    click.echo(f"{count} requests")


@dead_letter_commands.command("show")
@click.argument("id_", metavar="ID")
@_quarantine
def show(id_: str, quarantine: bool) -> None:
    """Print one request as OTLP/JSON. The first characters of its id are enough."""
    folder = _folder(_config(), quarantine)
    found = [name for name in letters(folder) if name.id.startswith(id_)]
    if len(found) != 1:
        raise click.ClickException(f"{'no' if not found else len(found)} ids begin with {id_}")
    try:
        click.echo(letter_json(_read(folder, found[0])))
    except InvalidInput as error:
        raise click.ClickException(error.message) from None


@dead_letter_commands.command("export")
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path))
@_quarantine
def export(directory: Path, quarantine: bool) -> None:
    """Write the body of each request to a file, as its sender sent it: ID.binpb or ID.json."""
    folder = _folder(_config(), quarantine)
    directory.mkdir(parents=True, exist_ok=True)
    written = skipped = 0
    for name in letters(folder):
        try:
            letter = _read(folder, name)
        except click.ClickException as error:
            click.echo(error.message, err=True)
            skipped += 1
            continue
        path = directory / (name.id + _ENDINGS[letter.header.encoding])
        path.write_bytes(letter.body)
        written += 1
    click.echo(f"{written} requests written to {directory}")
    if skipped:
        raise click.ClickException(f"{skipped} could not be read")


@dead_letter_commands.command("purge")
@click.option("--yes", is_flag=True, help="Do not ask.")
@_quarantine
def purge(yes: bool, quarantine: bool) -> None:
    """Delete all waiting requests for good."""
    config = _config()
    folder = Folder(config.dlq_path)
    folder.lock()
    try:
        names = list(letters(folder.quarantine if quarantine else folder.path))
        records = sum(name.records for name in names)
        if names and not yes:
            click.confirm(f"delete {len(names)} requests with {records} records?", abort=True)
        (folder.unlink_quarantined if quarantine else folder.unlink)(names)
    except OSError as error:
        raise click.ClickException(str(error)) from None
    finally:
        folder.close()
    click.echo(f"deleted {len(names)} requests with {records} records")


@dead_letter_commands.command("replay")
def replay() -> None:
    """Store the waiting requests now. For a stopped server: a running one does it by itself."""
    config = _config()
    configure_logging(config.log_level, config.log_format)
    before, after, aside = asyncio.run(_replay(config))
    click.echo(f"replayed {before - after - aside} of {before} requests, {aside} set aside")
    if after:
        raise click.ClickException(f"{after} requests still wait: the database did not take them")


async def _replay(config: Config) -> tuple[int, int, int]:
    """(letters before, letters that still wait, letters set aside)."""
    telemetry = Telemetry()
    storage = await open_storage(
        config.db_driver, config.db_dsn, query_timeout_s=config.query_timeout
    )
    try:
        quarantine = _folder(config, quarantine=True)
        aside = _count(letters(quarantine))
        async with DeadLetters(config.dlq_path, config.dlq_max_bytes, telemetry) as waiting:
            await waiting.oldest(0)
            before = len(waiting)
            processors = processors_of(config)
            async with Pipeline(storage.writer, waiting, decode_letter, telemetry, processors) as p:
                await p.replay_all()
            return before, len(waiting), _count(letters(quarantine)) - aside
    finally:
        await storage.close()


def _config() -> Config:
    return Config.load(os.environ)


def _folder(config: Config, quarantine: bool) -> Path:
    return config.dlq_path / QUARANTINE if quarantine else config.dlq_path


def _count(names: Iterator[Name]) -> int:
    return sum(1 for _ in names)


def _reason(folder: Path, name: Name) -> str:
    try:
        return (folder / f"{name.id}.reason").read_text("utf-8")
    except OSError:
        return ""


def _read(folder: Path, name: Name) -> Letter:
    try:
        return read(folder / name.file)
    except (Corrupt, OSError) as error:
        raise click.ClickException(f"{name.id}: {error}") from None


def _one_line(text: str) -> str:
    # a reason may quote what somebody sent: nothing of it may steer the terminal
    return "".join(one if one.isprintable() else " " for one in text.strip())[:200]
