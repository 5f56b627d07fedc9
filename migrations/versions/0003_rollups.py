"""Rollups: sums per minute and hour that outlive the rows they were made from."""

import sqlalchemy as sa
from alembic import op

from argus.storage.sql.types import BYTES, TEXT

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rollups",
        sa.Column("tenant_id", sa.Integer, nullable=False),
        sa.Column("subject", sa.Integer, nullable=False),
        sa.Column("width_s", sa.Integer, nullable=False),
        sa.Column("start_ns", sa.BigInteger, nullable=False),
        sa.Column("key_id", sa.Integer, nullable=False),
        sa.Column("count", sa.BigInteger, nullable=False),
        sa.Column("errors", sa.BigInteger, nullable=False),
        sa.Column("duration_ns", sa.BigInteger, nullable=False),
        sa.Column("first_ns", sa.BigInteger, nullable=False),
        sa.Column("last_ns", sa.BigInteger, nullable=False),
        sa.Column("buckets", TEXT, nullable=False),
        sa.Column("slots", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "subject", "width_s", "start_ns", "key_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "rollup_keys",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("tenant_id", sa.Integer, nullable=False),
        sa.Column("subject", sa.Integer, nullable=False),
        sa.Column("digest", BYTES, nullable=False),
        sa.Column("service", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("detail", sa.Integer, nullable=False),
        sa.UniqueConstraint("tenant_id", "digest"),
    )
    progress = op.create_table(
        "rollup_progress",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("span_id", sa.BigInteger, nullable=False),
        sa.Column("log_id", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "rollup_kept",
        sa.Column("segment_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("upto_ns", sa.BigInteger, nullable=False),
    )
    op.bulk_insert(progress, [{"id": 1, "span_id": 0, "log_id": 0}])


def downgrade() -> None:
    op.drop_table("rollup_kept")
    op.drop_table("rollup_progress")
    op.drop_table("rollup_keys")
    op.drop_table("rollups")
