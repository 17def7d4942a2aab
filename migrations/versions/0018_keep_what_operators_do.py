"""What operators do is written down for good, and they can stop what costs money."""

from alembic import op

revision = "0018"
down_revision = "0017"

# A row says what was done, on what and why. Nobody is nobody of the pages: the command line.
ACTS = """
CREATE TABLE operator_acts (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_operator_acts PRIMARY KEY,
    user_id bigint CONSTRAINT fk_operator_acts_user_id_users REFERENCES users,
    email text NOT NULL,
    what text NOT NULL CONSTRAINT ck_operator_acts_what CHECK (what ~ '^[a-z_]{1,40}$'),
    member_id bigint CONSTRAINT fk_operator_acts_member_id_users REFERENCES users,
    subject text NOT NULL,
    details text NOT NULL,
    reason text NOT NULL CONSTRAINT ck_operator_acts_reason CHECK (char_length(reason) <= 500),
    request_id text,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ix_operator_acts_user_id ON operator_acts (user_id);
CREATE INDEX ix_operator_acts_member_id ON operator_acts (member_id);
CREATE TRIGGER operator_acts_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON operator_acts
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""
# A row is there for as long as something is stopped: in ordinary times there is nothing to read.
PAUSES = """
CREATE TABLE pauses (
    what text NOT NULL CONSTRAINT pk_pauses PRIMARY KEY
        CONSTRAINT ck_pauses_what CHECK (what IN ('rounds', 'checkouts')),
    sentence text NOT NULL
        CONSTRAINT ck_pauses_sentence CHECK (char_length(sentence) BETWEEN 1 AND 300),
    since timestamptz NOT NULL DEFAULT now()
);
"""
RIGHTS = """
GRANT SELECT, INSERT ON operator_acts TO potluck_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON pauses TO potluck_app;
"""


def upgrade() -> None:
    for statements in (ACTS, PAUSES, RIGHTS):
        op.execute(statements)
