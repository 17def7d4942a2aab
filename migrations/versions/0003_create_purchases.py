"""Packs, purchases and the events that Stripe sends."""

from alembic import op

revision = "0003"
down_revision = "0002"

TABLES = """
CREATE TABLE packs (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_packs PRIMARY KEY,
    slug text NOT NULL,
    name text NOT NULL,
    credits bigint NOT NULL CONSTRAINT ck_packs_credits CHECK (credits > 0),
    amount_minor bigint NOT NULL CONSTRAINT ck_packs_amount CHECK (amount_minor > 0),
    currency text NOT NULL CONSTRAINT ck_packs_currency CHECK (currency ~ '^[a-z]{3}$'),
    withdrawn_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX uq_packs_slug ON packs (slug) WHERE withdrawn_at IS NULL;
INSERT INTO packs (slug, name, credits, amount_minor, currency) VALUES
    ('taster', 'Taster', 2000, 200, 'usd'),
    ('supper', 'Supper', 5000, 500, 'usd'),
    ('feast', 'Feast', 12000, 1200, 'usd');

CREATE TABLE purchases (
    id uuid NOT NULL DEFAULT gen_random_uuid() CONSTRAINT pk_purchases PRIMARY KEY,
    user_id bigint NOT NULL CONSTRAINT fk_purchases_user_id_users REFERENCES users,
    pack_id bigint NOT NULL CONSTRAINT fk_purchases_pack_id_packs REFERENCES packs,
    credits bigint NOT NULL CONSTRAINT ck_purchases_credits CHECK (credits > 0),
    amount_minor bigint NOT NULL CONSTRAINT ck_purchases_amount CHECK (amount_minor > 0),
    currency text NOT NULL,
    state text NOT NULL DEFAULT 'created' CONSTRAINT ck_purchases_state
        CHECK (state IN ('created', 'open', 'processing', 'paid', 'failed', 'expired')),
    checkout_session_id text,
    checkout_url text,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    paid_at timestamptz,
    CONSTRAINT uq_purchases_checkout_session_id UNIQUE (checkout_session_id),
    CONSTRAINT ck_purchases_opened
        CHECK (checkout_session_id IS NOT NULL OR state IN ('created', 'failed', 'expired')),
    CONSTRAINT ck_purchases_paid CHECK ((state = 'paid') = (paid_at IS NOT NULL))
);
-- Two clicks on Buy meet in one row.
CREATE UNIQUE INDEX uq_purchases_unfinished ON purchases (user_id, pack_id)
    WHERE state IN ('created', 'open');

CREATE TABLE stripe_events (
    id text CONSTRAINT pk_stripe_events PRIMARY KEY,
    type text NOT NULL,
    payload jsonb NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    handled_at timestamptz,
    attempts integer NOT NULL DEFAULT 0,
    last_error text
);
CREATE INDEX ix_stripe_events_unhandled ON stripe_events (received_at) WHERE handled_at IS NULL;
"""

# What was sold and where it was paid for stays, and so does that it was paid.
PURCHASE_STATES = """
CREATE FUNCTION check_purchase_moves_on() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state = 'paid' AND NEW.state <> 'paid' THEN
        RAISE EXCEPTION 'purchase % is paid, it cannot become %', OLD.id, NEW.state
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF (NEW.user_id, NEW.pack_id, NEW.credits, NEW.amount_minor, NEW.currency, NEW.expires_at)
        IS DISTINCT FROM
        (OLD.user_id, OLD.pack_id, OLD.credits, OLD.amount_minor, OLD.currency, OLD.expires_at)
        OR NEW.checkout_session_id IS DISTINCT FROM
            coalesce(OLD.checkout_session_id, NEW.checkout_session_id) THEN
        RAISE EXCEPTION 'the terms of purchase % are fixed', OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER purchases_move_on BEFORE UPDATE ON purchases
    FOR EACH ROW EXECUTE FUNCTION check_purchase_moves_on();
"""

RIGHTS = """
GRANT SELECT, INSERT, UPDATE ON packs, purchases, stripe_events TO potluck_app;
"""


def upgrade() -> None:
    for statements in (TABLES, PURCHASE_STATES, RIGHTS):
        op.execute(statements)
