"""The migrations leave the control database as the code expects it, and can be taken back."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, NullPool, inspect, select, text

from argus.storage.sql import migrations
from argus.storage.sql.driver import sqlite_engine
from argus.storage.sql.tables import CONTROL_REVISION, control


def configuration() -> Config:
    config = Config()
    config.set_main_option("script_location", str(migrations.scripts()))
    return config


def keep_a_rollup(connection: Connection) -> None:
    """Store a rollup of an hour as versions before 0007 do: of [12:00, 13:00), 12:10 to 12:20."""
    connection.execute(
        text(
            "INSERT INTO rollups VALUES (1, 1, 3600, 1794916800000000000, 7, 2, 1, 5,"
            " 1794917400000000001, 1794918000000000003, '', '')"
        )
    )


def rollup_times(connection: Connection) -> tuple[int, ...]:
    """The times of the only rollup."""
    _, _, _, start, key, _, _, _, first, last, _, _ = connection.execute(
        text("SELECT * FROM rollups")
    ).one()
    assert key == 7
    return start, first, last


TIMES_BEFORE = (1794916800000000000, 1794917400000000001, 1794918000000000003)
TIMES_SINCE = (1794916800, 600000000001, 600000000002)


def test_the_times_of_rollups_are_the_same_on_the_way_up_and_down(tmp_path: Path) -> None:
    engine = sqlite_engine(tmp_path / "argus.db", writable=True, poolclass=NullPool)
    config = configuration()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0006")
        keep_a_rollup(connection)
        command.upgrade(config, "0007")
        assert rollup_times(connection) == TIMES_SINCE
        command.downgrade(config, "0006")
        assert rollup_times(connection) == TIMES_BEFORE


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


def test_what_a_model_has_cost_before_an_upgrade_still_counts(tmp_path: Path) -> None:
    engine = sqlite_engine(tmp_path / "argus.db", writable=True, poolclass=NullPool)
    config = configuration()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0004")
        connection.execute(
            control.tables["insights"].insert(),
            {
                "tenant_id": 1, "pattern_id": b"pattern!", "digest": b"d", "service": "shop",
                "version": "", "created_ns": 7, "log_id": 1, "model": "m", "tokens": 500,
                "text": "", "details": "{}",
            },
        )  # fmt: skip
    assert migrations.upgrade(engine)
    notes = control.tables["token_notes"]
    with engine.connect() as connection:
        rows = connection.execute(select(notes.c.at_ns, notes.c.tokens)).all()
    assert [tuple(row) for row in rows] == [(7, 500)]
