"""Which processes carry sockets, and who is connected to each of them."""

from alembic import op

revision = "0009"
down_revision = "0008"

# All of it is news of this moment, so none of it goes through the log of transactions. After a
# crash of PostgreSQL the three are empty together, and every process writes its part again, as
# after the loss of its lease.
TABLES = """
CREATE UNLOGGED TABLE live_processes (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_live_processes PRIMARY KEY,
    started_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);

CREATE UNLOGGED TABLE live_people (
    process_id bigint NOT NULL
        CONSTRAINT fk_live_people_process_id_live_processes
        REFERENCES live_processes ON DELETE CASCADE,
    person text NOT NULL
        CONSTRAINT ck_live_people_person CHECK (char_length(person) BETWEEN 1 AND 64),
    connections integer NOT NULL
        CONSTRAINT ck_live_people_connections CHECK (connections > 0),
    CONSTRAINT pk_live_people PRIMARY KEY (process_id, person)
);

CREATE UNLOGGED TABLE live_onlookers (
    process_id bigint NOT NULL
        CONSTRAINT fk_live_onlookers_process_id_live_processes
        REFERENCES live_processes ON DELETE CASCADE,
    room_id bigint NOT NULL,
    user_id bigint NOT NULL,
    CONSTRAINT pk_live_onlookers PRIMARY KEY (process_id, room_id, user_id)
);
CREATE INDEX ix_live_onlookers_room_id ON live_onlookers (room_id);
"""

RIGHTS = """
GRANT SELECT, INSERT, UPDATE, DELETE ON live_processes, live_people, live_onlookers
    TO potluck_app;
"""


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(RIGHTS)
