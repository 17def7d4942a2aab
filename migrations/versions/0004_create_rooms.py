"""The pool, rooms, their rounds, and what the model is asked to write."""

from alembic import op

revision = "0004"
down_revision = "0003"

TABLES = """
CREATE TABLE pool_entries (
    user_id bigint CONSTRAINT pk_pool_entries PRIMARY KEY
        CONSTRAINT fk_pool_entries_user_id_users REFERENCES users ON DELETE CASCADE,
    joined_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz NOT NULL
);
CREATE INDEX ix_pool_entries_joined_at ON pool_entries (joined_at);

CREATE TABLE rooms (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_rooms PRIMARY KEY,
    code text NOT NULL CONSTRAINT ck_rooms_code CHECK (code ~ '^[a-z2-9]{8}$'),
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT uq_rooms_code UNIQUE (code)
);

CREATE TABLE room_members (
    room_id bigint NOT NULL
        CONSTRAINT fk_room_members_room_id_rooms REFERENCES rooms ON DELETE CASCADE,
    user_id bigint NOT NULL CONSTRAINT fk_room_members_user_id_users REFERENCES users,
    seat smallint NOT NULL CONSTRAINT ck_room_members_seat CHECK (seat BETWEEN 1 AND 8),
    joined_at timestamptz NOT NULL DEFAULT now(),
    left_at timestamptz,
    CONSTRAINT pk_room_members PRIMARY KEY (room_id, user_id)
);
CREATE UNIQUE INDEX uq_room_members_seat ON room_members (room_id, seat) WHERE left_at IS NULL;
-- One room at a time for each person.
CREATE UNIQUE INDEX uq_room_members_present ON room_members (user_id) WHERE left_at IS NULL;

CREATE TABLE rounds (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_rounds PRIMARY KEY,
    room_id bigint NOT NULL CONSTRAINT fk_rounds_room_id_rooms REFERENCES rooms ON DELETE CASCADE,
    number integer NOT NULL CONSTRAINT ck_rounds_number CHECK (number > 0),
    recipe text NOT NULL,
    phase text NOT NULL DEFAULT 'collecting' CONSTRAINT ck_rounds_phase
        CHECK (phase IN ('collecting', 'generating', 'done', 'failed', 'stopped')),
    created_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz,
    CONSTRAINT uq_rounds_room_id UNIQUE (room_id, number)
);
CREATE UNIQUE INDEX uq_rounds_live ON rounds (room_id) WHERE phase IN ('collecting', 'generating');

CREATE TABLE contributions (
    round_id bigint NOT NULL
        CONSTRAINT fk_contributions_round_id_rounds REFERENCES rounds ON DELETE CASCADE,
    user_id bigint NOT NULL CONSTRAINT fk_contributions_user_id_users REFERENCES users,
    text text NOT NULL
        CONSTRAINT ck_contributions_text CHECK (char_length(text) BETWEEN 1 AND 280),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT pk_contributions PRIMARY KEY (round_id, user_id)
);

CREATE TABLE generations (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_generations PRIMARY KEY,
    round_id bigint NOT NULL CONSTRAINT fk_generations_round_id_rounds REFERENCES rounds,
    price_id bigint NOT NULL
        CONSTRAINT fk_generations_price_id_model_prices REFERENCES model_prices,
    messages jsonb NOT NULL,
    output_tokens_max integer NOT NULL
        CONSTRAINT ck_generations_output CHECK (output_tokens_max > 0),
    state text NOT NULL DEFAULT 'reserved' CONSTRAINT ck_generations_state
        CHECK (state IN ('reserved', 'dispatched', 'done', 'failed', 'stopped')),
    text text NOT NULL DEFAULT '',
    seq integer NOT NULL DEFAULT 0,
    lease_epoch integer NOT NULL DEFAULT 0,
    lease_expires_at timestamptz,
    stop_requested_at timestamptz,
    provider_request_id text,
    input_tokens integer,
    output_tokens integer,
    usage_estimated boolean NOT NULL DEFAULT false,
    cost_credits bigint CONSTRAINT ck_generations_cost CHECK (cost_credits >= 0),
    error_code text,
    error_detail text,
    created_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz,
    CONSTRAINT uq_generations_round_id UNIQUE (round_id)
);
CREATE INDEX ix_generations_open ON generations (id) WHERE state IN ('reserved', 'dispatched');
ALTER TABLE holds ADD CONSTRAINT fk_holds_generation_id_generations
    FOREIGN KEY (generation_id) REFERENCES generations;
"""

RIGHTS = """
GRANT SELECT, INSERT, UPDATE, DELETE ON
    pool_entries, rooms, room_members, rounds, contributions, generations TO potluck_app;
"""


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(RIGHTS)
