"""Which model writes a round, and what was found out about each."""

from alembic import op

revision = "0015"
down_revision = "0011"

ROUNDS = "ALTER TABLE rounds ADD COLUMN model text"


def upgrade() -> None:
    op.execute(ROUNDS)
