"""Traces of sealed segments, counted ahead of the moment that their segment is dropped."""

import sqlalchemy as sa
from alembic import op

from argus.storage.sql.types import TEXT

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "segment_traces",
        sa.Column("segment_id", sa.Integer, nullable=False),
        sa.Column("tenant_id", sa.Integer, nullable=False),
        sa.Column("part", sa.Integer, nullable=False),
        sa.Column("counts", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("segment_id", "tenant_id", "part"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("segment_traces")
