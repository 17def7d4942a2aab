"""Lines that wait for credits, and who pays for somebody else's."""

from alembic import op

revision = "0008"
down_revision = "0007"

# A line waits for credits, or somebody else pays for it: never both.
CONTRIBUTIONS = """
ALTER TABLE contributions
    ADD COLUMN short_since timestamptz,
    ADD COLUMN paid_by bigint CONSTRAINT fk_contributions_paid_by_users REFERENCES users,
    ADD CONSTRAINT ck_contributions_treated CHECK (paid_by <> user_id),
    ADD CONSTRAINT ck_contributions_waits CHECK (num_nonnulls(short_since, paid_by) < 2);
"""


def upgrade() -> None:
    op.execute(CONTRIBUTIONS)
