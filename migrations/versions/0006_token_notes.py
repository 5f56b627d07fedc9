"""What requests to a model have cost, those that failed too."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "token_notes",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("at_ns", sa.BigInteger, nullable=False),
        sa.Column("tokens", sa.BigInteger, nullable=False),
    )
    # what was spent in the hour before counts on
    op.execute("INSERT INTO token_notes (at_ns, tokens) SELECT created_ns, tokens FROM insights")


def downgrade() -> None:
    op.drop_table("token_notes")
