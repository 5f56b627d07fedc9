"""The registry of segments, and the tenants."""

import sqlalchemy as sa
from alembic import op

from argus.storage.sql.types import NAME

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "segments",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("state", NAME, nullable=False),
        sa.Column("schema_version", sa.Integer, nullable=False),
        sa.Column("created_ns", sa.BigInteger, nullable=False),
        sa.Column("sealed_ns", sa.BigInteger),
        sa.Column("first_span_id", sa.BigInteger, nullable=False),
        sa.Column("first_log_id", sa.BigInteger, nullable=False),
        sa.Column("last_span_id", sa.BigInteger),
        sa.Column("last_log_id", sa.BigInteger),
        sa.Column("min_received_ns", sa.BigInteger),
        sa.Column("max_received_ns", sa.BigInteger),
        sa.Column("min_event_ns", sa.BigInteger),
        sa.Column("max_event_ns", sa.BigInteger),
        sa.Column("bytes", sa.BigInteger),
    )
    op.create_table(
        "tenants",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", NAME, nullable=False, unique=True),
    )


def downgrade() -> None:
    op.drop_table("tenants")
    op.drop_table("segments")
