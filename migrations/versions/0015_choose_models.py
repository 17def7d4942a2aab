"""Which model writes a round, and what was found out about each."""

from alembic import op

revision = "0015"
down_revision = "0014"

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

PICTURES = r"""
ALTER TABLE generations ADD COLUMN kind text NOT NULL DEFAULT 'text'
    CONSTRAINT ck_generations_kind CHECK (kind IN ('text', 'picture'));
CREATE TABLE pictures (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_pictures PRIMARY KEY,
    generation_id bigint NOT NULL
        CONSTRAINT fk_pictures_generation_id_generations REFERENCES generations,
    name text NOT NULL
        CONSTRAINT ck_pictures_name CHECK (name ~ '^[A-Za-z0-9_-]{32}\.(png|jpg|webp)$'),
    media_type text NOT NULL
        CONSTRAINT ck_pictures_type CHECK (media_type IN ('image/png', 'image/jpeg', 'image/webp')),
    width integer NOT NULL CONSTRAINT ck_pictures_width CHECK (width > 0),
    height integer NOT NULL CONSTRAINT ck_pictures_height CHECK (height > 0),
    size_bytes integer NOT NULL CONSTRAINT ck_pictures_size CHECK (size_bytes > 0),
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT uq_pictures_name UNIQUE (name)
);
CREATE INDEX ix_pictures_generation_id_id ON pictures (generation_id, id);
GRANT SELECT, INSERT, DELETE ON pictures TO potluck_app;
"""


def upgrade() -> None:
    for statements in (ROUNDS, PROBES, PICTURES):
        op.execute(statements)
