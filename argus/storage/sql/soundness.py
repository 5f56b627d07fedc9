"""Whether a database file is whole, told from its header before SQLite opens it.

What SQLite says of a damaged file names neither the file nor what to do about it. The header:
https://www.sqlite.org/fileformat.html#the_database_header
"""

from pathlib import Path

from argus.errors import StartError

_MAGIC = b"SQLite format 3\x00"
_HEADER_BYTES = 100


def require_sound(path: Path, control: Path) -> None:
    """Raises StartError for a segment file that is empty, cut off or no database.

    While there is a write-ahead log, the file alone says nothing: a crash may have left it behind
    its own header. The control database is named in the remedy.
    """
    wal = Path(f"{path}-wal")
    if wal.exists() and wal.stat().st_size:
        return
    with path.open("rb") as file:
        header = file.read(_HEADER_BYTES)
    size = path.stat().st_size
    if not header:
        problem = "is empty"
    elif not header.startswith(_MAGIC):
        problem = "is not a database"
    elif size < _written_bytes(header):
        problem = f"is cut off: {size} of {_written_bytes(header)} bytes"
    else:
        return
    raise StartError(
        f"DB_DSN: {path} {problem}; restore it, or move it and {control.name} away: "
        f"{control.name} is made anew from the segments that are left"
    )


def _written_bytes(header: bytes) -> int:
    page = int.from_bytes(header[16:18], "big")
    return (65_536 if page == 1 else page) * int.from_bytes(header[28:32], "big")
