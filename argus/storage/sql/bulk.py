"""Inserts many rows at once, in the way that is fastest on each database.

On SQLite that is one statement of many rows whose text was made before: `executemany` takes the
interpreter lock once per row, and a compiled multi-row insert is compiled anew for every size.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from sqlalchemy import Connection, Table

from argus.storage.sql.servers.inserts import WAYS

CHUNK = 512
_SIZES = (CHUNK, 128, 32, 8, 2, 1)
INDEX_SIZES = (8 * CHUNK, *_SIZES)

Merge = Literal["new", "min", "max"]
"""What becomes of a value that is there: it is overwritten, or the lower or higher one stays."""


class Rows:
    """Inserts into one table.

    A row whose `keys` are there already is left out, or changes what `merge` says of it. Without
    `keys` it is an error of the database.
    """

    def __init__(
        self,
        table: Table,
        *,
        columns: Sequence[str] | None = None,
        keys: Sequence[str] = (),
        merge: Mapping[str, Merge] | None = None,
        sizes: Sequence[int] = _SIZES,
    ) -> None:
        self.table = table
        self.columns = list(columns or (column.name for column in table.columns))
        self.keys = tuple(keys)
        self.merge: Mapping[str, str] = dict(merge or {})
        self.width = len(self.columns)
        head = f"INSERT INTO {table.name} ({', '.join(self.columns)}) VALUES "
        row = f"({', '.join('?' * self.width)})"
        tail = self._conflict()
        self._texts = tuple((n, head + ", ".join([row] * n) + tail) for n in sizes)

    def _conflict(self) -> str:
        if not self.keys:
            return ""
        if not self.merge:
            return " ON CONFLICT DO NOTHING"
        new = {
            "new": "excluded.{0}",
            "min": "min({0}, excluded.{0})",
            "max": "max({0}, excluded.{0})",
        }
        changes = (f"{name} = {new[how].format(name)}" for name, how in self.merge.items())
        return f" ON CONFLICT ({', '.join(self.keys)}) DO UPDATE SET {', '.join(changes)}"

    def insert(self, connection: Connection, flat: Sequence[Any]) -> None:
        """Insert rows whose values follow each other in `flat`, inside a transaction."""
        if not flat:
            return
        if connection.dialect.name != "sqlite":
            WAYS[connection.dialect.name](self, connection, flat)
            return
        start, left = 0, len(flat) // self.width
        for size, text in self._texts:
            while left >= size:
                end = start + size * self.width
                connection.exec_driver_sql(text, tuple(flat[start:end]))
                start, left = end, left - size
