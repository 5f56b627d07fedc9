"""Brings the control database to the revision this version knows, with alembic when it must."""

from pathlib import Path

from sqlalchemy import Connection, Engine, inspect

import argus
from argus.errors import StartError
from argus.storage.sql.tables import CONTROL_REVISION


def scripts() -> Path:
    """Where the migrations lie: inside the installed package, or beside it in a checkout."""
    package = Path(argus.__file__).resolve().parent
    installed = package / "migrations"
    return installed if installed.is_dir() else package.parent / "migrations"


def upgrade(engine: Engine) -> bool:
    """Upgrade the control database; False when there was nothing to do.

    Raises StartError for a database that a newer version left.
    """
    with engine.begin() as connection:
        revision = _revision(connection)
    if revision == CONTROL_REVISION:
        return False
    # Importing alembic takes longer than the rest of a start, and most starts do not need it.
    from alembic import command, script  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(scripts()).replace("%", "%%"))
    known = {s.revision for s in script.ScriptDirectory.from_config(config).walk_revisions()}
    if revision is not None and revision not in known:
        raise StartError(f"DB_DSN: written by a newer argus (revision {revision}); upgrade argus")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return True


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.exec_driver_sql("SELECT version_num FROM alembic_version")
    revision: str | None = found.scalar_one_or_none()
    return revision
