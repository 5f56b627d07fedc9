"""Patterns of log records, and what a model said of some of them."""

import sqlalchemy as sa
from alembic import op

from argus.storage.sql.types import BYTES, TEXT

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "patterns",
        sa.Column("tenant_id", sa.Integer, nullable=False),
        sa.Column("pattern_id", BYTES, nullable=False),
        sa.Column("template", TEXT, nullable=False),
        sa.Column("first_ns", sa.BigInteger, nullable=False),
        sa.Column("last_ns", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "pattern_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "insights",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("tenant_id", sa.Integer, nullable=False),
        sa.Column("pattern_id", BYTES, nullable=False),
        sa.Column("digest", BYTES, nullable=False),
        sa.Column("service", TEXT, nullable=False),
        sa.Column("version", TEXT, nullable=False),
        sa.Column("created_ns", sa.BigInteger, nullable=False),
        sa.Column("log_id", sa.BigInteger, nullable=False),
        sa.Column("model", TEXT, nullable=False),
        sa.Column("tokens", sa.BigInteger, nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.Column("details", TEXT, nullable=False),
        sa.UniqueConstraint("tenant_id", "pattern_id", "digest"),
    )


def downgrade() -> None:
    op.drop_table("insights")
    op.drop_table("patterns")
