"""People, the identities they sign in with, and their sessions."""

from alembic import op

revision = "0001"
down_revision = None

# Roles belong to the whole server, so another database may have made it already.
APP_ROLE = """
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'potluck_app') THEN
        CREATE ROLE potluck_app NOLOGIN;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL;
END $$;
DO $$
BEGIN
    IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
        EXECUTE format('GRANT potluck_app TO %I', current_user);
    END IF;
END $$;
GRANT USAGE ON SCHEMA public TO potluck_app;
"""

TABLES = """
CREATE TABLE users (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_users PRIMARY KEY,
    name text NOT NULL CONSTRAINT ck_users_name CHECK (char_length(name) BETWEEN 1 AND 80),
    banned_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE identities (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_identities PRIMARY KEY,
    user_id bigint NOT NULL
        CONSTRAINT fk_identities_user_id_users REFERENCES users ON DELETE CASCADE,
    provider text NOT NULL,
    subject text NOT NULL
        CONSTRAINT ck_identities_subject CHECK (char_length(subject) BETWEEN 1 AND 255),
    email text CONSTRAINT ck_identities_email CHECK (email = lower(email)),
    email_vouched boolean NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT uq_identities_provider UNIQUE (provider, subject)
);
CREATE INDEX ix_identities_user_id ON identities (user_id);
CREATE INDEX ix_identities_email ON identities (email) WHERE email_vouched;

CREATE TABLE sessions (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_sessions PRIMARY KEY,
    token_digest bytea NOT NULL
        CONSTRAINT ck_sessions_token_digest CHECK (octet_length(token_digest) = 32),
    user_id bigint CONSTRAINT fk_sessions_user_id_users REFERENCES users ON DELETE CASCADE,
    data jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL DEFAULT now(),
    ip inet,
    user_agent text,
    CONSTRAINT uq_sessions_token_digest UNIQUE (token_digest)
);
CREATE INDEX ix_sessions_user_id ON sessions (user_id);
CREATE INDEX ix_sessions_expires_at ON sessions (expires_at);
"""

# However a row goes, by sign-out, a cascade, or a hand in psql, its sockets must close.
SESSION_ENDED = """
CREATE FUNCTION notify_session_ended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('session_ended', OLD.id::text);
    RETURN NULL;
END $$;
CREATE TRIGGER sessions_ended AFTER DELETE ON sessions
    FOR EACH ROW EXECUTE FUNCTION notify_session_ended();
"""

RIGHTS = """
GRANT SELECT, INSERT, UPDATE, DELETE ON users, identities, sessions TO potluck_app;
GRANT SELECT ON alembic_version TO potluck_app;
"""


def upgrade() -> None:
    for statements in (APP_ROLE, TABLES, SESSION_ENDED, RIGHTS):
        op.execute(statements)
