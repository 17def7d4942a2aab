"""What a round was opened with: the recipe as it then was, and what the room remembered."""

from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    # Rounds from before have no terms of their own: theirs is one of the recipes that are shipped.
    op.execute("""
        ALTER TABLE rounds
            ADD COLUMN recipe_terms jsonb,
            ADD COLUMN starts_fresh boolean NOT NULL DEFAULT false,
            ADD COLUMN context_rounds smallint NOT NULL DEFAULT 0,
            ADD COLUMN context_tokens integer NOT NULL DEFAULT 0,
            ADD CONSTRAINT ck_rounds_context CHECK (
                context_rounds >= 0 AND context_tokens >= 0
                AND (context_rounds > 0) = (context_tokens > 0)
            )
    """)
