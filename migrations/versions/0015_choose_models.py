"""Which model writes a round, and what was found out about each."""

from alembic import op

revision = "0015"
down_revision = "0011"

ROUNDS = "ALTER TABLE rounds ADD COLUMN model text"

PROBES = """
CREATE TABLE model_probes (
    server text NOT NULL,
    model text NOT NULL,
    asked_at timestamptz,
    answered_at timestamptz,
    found jsonb,
    error text,
    CONSTRAINT pk_model_probes PRIMARY KEY (server, model)
);
GRANT SELECT, INSERT, UPDATE ON model_probes TO potluck_app;
"""


def upgrade() -> None:
    for statements in (ROUNDS, PROBES):
        op.execute(statements)
