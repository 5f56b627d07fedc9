"""What is known of sealed segments, traces that lie in several of them, and pins."""

import sqlalchemy as sa
from alembic import op

from argus.storage.sql.types import ID, TEXT, TRACE_ID

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_COUNTS = ("min_span_ns", "max_span_ns", "min_log_ns", "max_log_ns", "spans", "logs")


def upgrade() -> None:
    for name in ("min_event_ns", "max_event_ns"):
        op.drop_column("segments", name)
    for name in _COUNTS:
        op.add_column("segments", sa.Column(name, sa.BigInteger))
    op.create_table(
        "pins",
        sa.Column("tenant_id", sa.Integer, nullable=False),
        sa.Column("trace_id", TRACE_ID, nullable=False),
        sa.Column("pinned_ns", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "trace_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "straddling",
        sa.Column("id", ID, primary_key=True),
        sa.Column("tenant_id", sa.Integer, nullable=False),
        sa.Column("trace_id", TRACE_ID, nullable=False),
        sa.Column("start_ns", sa.BigInteger, nullable=False),
        sa.Column("end_ns", sa.BigInteger, nullable=False),
        sa.Column("span_count", sa.BigInteger, nullable=False),
        sa.Column("error_count", sa.BigInteger, nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("root_missing", sa.Integer, nullable=False),
        sa.Column("root_start_ns", sa.BigInteger, nullable=False),
        sa.Column("root_status", sa.Integer, nullable=False),
        sa.Column("root_service", TEXT, nullable=False),
        sa.Column("root_operation", TEXT, nullable=False),
        sa.Column("services", TEXT, nullable=False),
        sa.UniqueConstraint("tenant_id", "trace_id"),
    )
    op.create_index("straddling_by_start", "straddling", ["tenant_id", "start_ns"])
    op.create_table(
        "straddling_parts",
        sa.Column("segment_id", sa.Integer, nullable=False),
        sa.Column("tenant_id", sa.Integer, nullable=False),
        sa.Column("trace_id", TRACE_ID, nullable=False),
        sa.PrimaryKeyConstraint("segment_id", "tenant_id", "trace_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("straddling_parts_by_trace", "straddling_parts", ["tenant_id", "trace_id"])
    # Their bounds and the traces they share have to be found.
    op.execute("UPDATE segments SET state = 'sealing', sealed_ns = NULL WHERE state = 'sealed'")


def downgrade() -> None:
    op.drop_table("straddling_parts")
    op.drop_table("straddling")
    op.drop_table("pins")
    for name in _COUNTS:
        op.drop_column("segments", name)
    for name in ("min_event_ns", "max_event_ns"):
        op.add_column("segments", sa.Column(name, sa.BigInteger))
