"""A page for what a round made: who is in it, who agreed, what others felt and reported."""

from alembic import op

revision = "0014"
down_revision = "0013"

SHEETS = """
CREATE TABLE sheets (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_sheets PRIMARY KEY,
    slug text NOT NULL CONSTRAINT uq_sheets_slug UNIQUE
        CONSTRAINT ck_sheets_slug CHECK (slug ~ '^[a-z0-9]{12,32}$'),
    round_id bigint NOT NULL CONSTRAINT uq_sheets_round_id UNIQUE
        CONSTRAINT fk_sheets_round_id_rounds REFERENCES rounds ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    proposed_at timestamptz,
    proposed_by bigint CONSTRAINT fk_sheets_proposed_by_users REFERENCES users,
    published_at timestamptz,
    hidden_at timestamptz,
    CONSTRAINT ck_sheets_proposed CHECK ((proposed_at IS NULL) = (proposed_by IS NULL)),
    CONSTRAINT ck_sheets_hidden CHECK (hidden_at IS NULL OR published_at IS NOT NULL)
);
CREATE INDEX ix_sheets_public ON sheets (published_at, id)
    WHERE published_at IS NOT NULL AND hidden_at IS NULL;

CREATE TABLE sheet_people (
    sheet_id bigint NOT NULL
        CONSTRAINT fk_sheet_people_sheet_id_sheets REFERENCES sheets ON DELETE CASCADE,
    user_id bigint NOT NULL CONSTRAINT fk_sheet_people_user_id_users REFERENCES users,
    hue smallint NOT NULL CONSTRAINT ck_sheet_people_hue CHECK (hue BETWEEN 1 AND 8),
    vote text CONSTRAINT ck_sheet_people_vote CHECK (vote IN ('agreed', 'vetoed')),
    voted_at timestamptz,
    nameless_since timestamptz,
    CONSTRAINT pk_sheet_people PRIMARY KEY (sheet_id, user_id)
);
CREATE INDEX ix_sheet_people_user_id ON sheet_people (user_id);
"""

# Whatever the code does: a sheet that not everybody agreed to is never public, and a word that
# was counted stays counted.
AGREEMENT = """
CREATE FUNCTION refuse_unagreed_sheet() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM sheet_people WHERE sheet_id = NEW.id) OR EXISTS (
        SELECT FROM sheet_people WHERE sheet_id = NEW.id AND vote IS DISTINCT FROM 'agreed'
    ) THEN
        RAISE EXCEPTION 'not everybody agreed to sheet %', NEW.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER sheets_agreed BEFORE UPDATE OF published_at ON sheets
    FOR EACH ROW WHEN (NEW.published_at IS NOT NULL AND OLD.published_at IS NULL)
    EXECUTE FUNCTION refuse_unagreed_sheet();

CREATE FUNCTION refuse_late_vote() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM sheets WHERE id = NEW.sheet_id AND published_at IS NOT NULL) THEN
        RAISE EXCEPTION 'sheet % is public', NEW.sheet_id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER sheet_people_votes BEFORE UPDATE OF vote ON sheet_people
    FOR EACH ROW WHEN (NEW.vote IS DISTINCT FROM OLD.vote) EXECUTE FUNCTION refuse_late_vote();
"""

OTHERS = """
CREATE TABLE sheet_reactions (
    sheet_id bigint NOT NULL
        CONSTRAINT fk_sheet_reactions_sheet_id_sheets REFERENCES sheets ON DELETE CASCADE,
    user_id bigint NOT NULL CONSTRAINT fk_sheet_reactions_user_id_users REFERENCES users,
    kind text NOT NULL CONSTRAINT ck_sheet_reactions_kind
        CHECK (kind IN ('warm', 'spicy', 'funny', 'moving', 'seconds')),
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_sheet_reactions PRIMARY KEY (sheet_id, user_id, kind)
);
CREATE INDEX ix_sheet_reactions_user_id ON sheet_reactions (user_id);

CREATE TABLE sheet_reports (
    sheet_id bigint NOT NULL
        CONSTRAINT fk_sheet_reports_sheet_id_sheets REFERENCES sheets ON DELETE CASCADE,
    user_id bigint NOT NULL CONSTRAINT fk_sheet_reports_user_id_users REFERENCES users,
    reason text NOT NULL CONSTRAINT ck_sheet_reports_reason
        CHECK (reason IN ('hurtful', 'private', 'unlawful', 'spam', 'other')),
    words text NOT NULL CONSTRAINT ck_sheet_reports_words CHECK (char_length(words) <= 500),
    created_at timestamptz NOT NULL DEFAULT now(),
    settled_at timestamptz,
    CONSTRAINT pk_sheet_reports PRIMARY KEY (sheet_id, user_id)
);
CREATE INDEX ix_sheet_reports_user_id ON sheet_reports (user_id);

CREATE TABLE sheet_decisions (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_sheet_decisions PRIMARY KEY,
    sheet_id bigint NOT NULL
        CONSTRAINT fk_sheet_decisions_sheet_id_sheets REFERENCES sheets ON DELETE CASCADE,
    decided_by bigint NOT NULL CONSTRAINT fk_sheet_decisions_decided_by_users REFERENCES users,
    decision text NOT NULL CONSTRAINT ck_sheet_decisions_decision
        CHECK (decision IN ('hide', 'restore', 'keep')),
    words text NOT NULL CONSTRAINT ck_sheet_decisions_words CHECK (char_length(words) <= 500),
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ix_sheet_decisions_sheet_id ON sheet_decisions (sheet_id);

CREATE TABLE remixes (
    round_id bigint NOT NULL CONSTRAINT pk_remixes PRIMARY KEY
        CONSTRAINT fk_remixes_round_id_rounds REFERENCES rounds ON DELETE CASCADE,
    sheet_id bigint NOT NULL
        CONSTRAINT fk_remixes_sheet_id_sheets REFERENCES sheets ON DELETE CASCADE,
    begun_by bigint NOT NULL CONSTRAINT fk_remixes_begun_by_users REFERENCES users
);
CREATE INDEX ix_remixes_sheet_id ON remixes (sheet_id);

CREATE TRIGGER sheet_reactions_of_members BEFORE INSERT ON sheet_reactions
    FOR EACH ROW EXECUTE FUNCTION refuse_those_who_left();
CREATE TRIGGER sheet_reports_of_members BEFORE INSERT ON sheet_reports
    FOR EACH ROW EXECUTE FUNCTION refuse_those_who_left();
"""

# Rounds that ended before there were sheets get theirs now, as private as any.
EARLIER = """
INSERT INTO sheets (slug, round_id, created_at)
SELECT replace(gen_random_uuid()::text, '-', ''), r.id, coalesce(r.ended_at, r.created_at)
FROM rounds r JOIN generations g ON g.round_id = r.id
WHERE r.phase IN ('done', 'stopped') AND g.text ~ '\\S'
    AND EXISTS (SELECT FROM contributions c WHERE c.round_id = r.id);

INSERT INTO sheet_people (sheet_id, user_id, hue, vote, voted_at)
SELECT s.id, c.user_id,
    1 + (row_number() OVER (PARTITION BY s.id ORDER BY c.created_at, c.user_id) - 1) % 8,
    CASE WHEN u.deleted_at IS NOT NULL THEN 'agreed' END, u.deleted_at
FROM sheets s JOIN contributions c ON c.round_id = s.round_id JOIN users u ON u.id = c.user_id;
"""

RIGHTS = """
GRANT SELECT, INSERT ON sheets, sheet_people, sheet_reactions, sheet_reports, sheet_decisions,
    remixes TO potluck_app;
GRANT UPDATE (proposed_at, proposed_by, published_at, hidden_at) ON sheets TO potluck_app;
GRANT UPDATE (vote, voted_at, nameless_since) ON sheet_people TO potluck_app;
GRANT UPDATE (sheet_id, begun_by) ON remixes TO potluck_app;
GRANT UPDATE (settled_at) ON sheet_reports TO potluck_app;
GRANT DELETE ON sheet_reactions, sheet_reports TO potluck_app;
"""


def upgrade() -> None:
    for statements in (SHEETS, AGREEMENT, OTHERS, EARLIER, RIGHTS):
        op.execute(statements)
