"""The migrations leave the control database as the code expects it, and can be taken back."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import NullPool, inspect

from argus.storage.sql import migrations
from argus.storage.sql.driver import sqlite_engine
from argus.storage.sql.tables import CONTROL_REVISION, control


def configuration() -> Config:
    config = Config()
    config.set_main_option("script_location", str(migrations.scripts()))
    return config


def test_the_newest_migration_is_the_one_the_code_knows() -> None:
    assert ScriptDirectory.from_config(configuration()).get_heads() == [CONTROL_REVISION]


def test_the_migrations_make_the_tables_the_code_reads(tmp_path: Path) -> None:
    engine = sqlite_engine(tmp_path / "argus.db", writable=True, poolclass=NullPool)
    assert migrations.upgrade(engine)
    assert not migrations.upgrade(engine)
    with engine.connect() as connection:
        found = inspect(connection)
        for table in control.sorted_tables:
            made = {
                c["name"]: (str(c["type"]), c["nullable"]) for c in found.get_columns(table.name)
            }
            expected = {
                c.name: (c.type.compile(connection.dialect), c.nullable) for c in table.columns
            }
            assert made == expected


def test_the_migrations_can_be_taken_back(tmp_path: Path) -> None:
    engine = sqlite_engine(tmp_path / "argus.db", writable=True, poolclass=NullPool)
    migrations.upgrade(engine)
    config = configuration()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    with engine.connect() as connection:
        assert set(inspect(connection).get_table_names()) == {"alembic_version"}
    assert migrations.upgrade(engine)
