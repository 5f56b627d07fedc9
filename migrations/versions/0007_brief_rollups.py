"""Times of rollups as what they are after each other: a seventh of the control database less."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

NAMES = {"start_ns": "start_s", "first_ns": "first_after_ns", "last_ns": "lasted_ns"}
SECOND_NS = 10**9


def upgrade() -> None:
    start, first, last = (sa.column(name, sa.BigInteger) for name in NAMES)
    table = sa.table("rollups", start, first, last)
    # one by one: in MySQL an assignment sees what those before it in a statement did
    op.execute(table.update().values({last: last - first}))
    op.execute(table.update().values({first: first - start}))
    op.execute(table.update().values({start: start // SECOND_NS}))
    for before, after in NAMES.items():
        _rename(before, after)


def downgrade() -> None:
    for before, after in NAMES.items():
        _rename(after, before)
    start, first, last = (sa.column(name, sa.BigInteger) for name in NAMES)
    table = sa.table("rollups", start, first, last)
    op.execute(table.update().values({start: start * SECOND_NS}))
    op.execute(table.update().values({first: first + start}))
    op.execute(table.update().values({last: last + first}))


def _rename(before: str, after: str) -> None:
    op.alter_column(
        "rollups",
        before,
        new_column_name=after,
        existing_type=sa.BigInteger,
        existing_nullable=False,
    )
