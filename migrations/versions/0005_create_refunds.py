"""Refunds, disputes and debts; packs in versions; when and for whom credits moved."""

from alembic import op

revision = "0005"
down_revision = "0004"

# Ids of a database restored from a backup are given out again; this one never is, so what
# Stripe remembers of a purchase finds its member or nobody.
MEMBERS = """
ALTER TABLE users ADD COLUMN reference uuid NOT NULL DEFAULT gen_random_uuid();
ALTER TABLE users ADD CONSTRAINT uq_users_reference UNIQUE (reference);
"""

# A debt and something to spend don't exist side by side: whatever comes repays it first.
ACCOUNTS = """
ALTER TABLE accounts ADD COLUMN owed bigint NOT NULL DEFAULT 0;
ALTER TABLE accounts ADD COLUMN freezes integer NOT NULL DEFAULT 0
    CONSTRAINT ck_accounts_freezes CHECK (freezes >= 0);
ALTER TABLE accounts ADD CONSTRAINT ck_accounts_owed
    CHECK (owed >= 0 AND (owed = 0 OR posted = held));
ALTER TABLE accounts DROP CONSTRAINT ck_accounts_house;
ALTER TABLE accounts ADD CONSTRAINT ck_accounts_house
    CHECK (kind = 'member' OR (posted = 0 AND owed = 0 AND freezes = 0));
GRANT UPDATE (owed, freezes) ON accounts TO potluck_app;
"""

# A transfer is always between one member and the house, even where the member's balance was
# empty and only a debt was written. The clock is read under the account's lock, so that the
# order of times is the order of changes.
TRANSFERS = """
ALTER TABLE transfers DROP CONSTRAINT ck_transfers_kind;
ALTER TABLE transfers ADD CONSTRAINT ck_transfers_kind CHECK (kind IN ('topup', 'grant', 'capture',
    'refund', 'refund_failed', 'dispute', 'dispute_won', 'repayment'));
ALTER TABLE transfers ALTER COLUMN created_at SET DEFAULT clock_timestamp();
ALTER TABLE transfers ADD COLUMN account_id bigint
    CONSTRAINT fk_transfers_account_id_accounts REFERENCES accounts;
ALTER TABLE transfers DISABLE TRIGGER transfers_append_only;
UPDATE transfers SET account_id = a.id FROM entries e JOIN accounts a ON a.id = e.account_id
    WHERE e.transfer_id = transfers.id AND a.kind = 'member';
ALTER TABLE transfers ENABLE TRIGGER transfers_append_only;
ALTER TABLE transfers ALTER COLUMN account_id SET NOT NULL;
CREATE INDEX ix_transfers_account_id ON transfers (account_id, id);
DROP INDEX ix_entries_account_id;
"""

PURCHASES = """
ALTER TABLE purchases ADD COLUMN source text NOT NULL DEFAULT 'checkout'
    CONSTRAINT ck_purchases_source CHECK (source IN ('checkout', 'automatic'));
ALTER TABLE purchases ADD COLUMN payment_intent_id text;
ALTER TABLE purchases ADD CONSTRAINT uq_purchases_payment_intent_id UNIQUE (payment_intent_id);
ALTER TABLE purchases ADD COLUMN receipt_url text;
ALTER TABLE purchases ADD COLUMN paid_minor bigint
    CONSTRAINT ck_purchases_paid_minor CHECK (paid_minor >= 0);
UPDATE purchases SET paid_minor = amount_minor WHERE state = 'paid';
ALTER TABLE purchases DROP CONSTRAINT ck_purchases_paid;
ALTER TABLE purchases ADD CONSTRAINT ck_purchases_paid
    CHECK ((state = 'paid') = (paid_at IS NOT NULL)
        AND (state = 'paid') = (paid_minor IS NOT NULL));
ALTER TABLE purchases ADD COLUMN clawed_credits bigint NOT NULL DEFAULT 0
    CONSTRAINT ck_purchases_clawed CHECK (clawed_credits BETWEEN 0 AND credits);
ALTER TABLE purchases DROP CONSTRAINT ck_purchases_opened;
ALTER TABLE purchases ADD CONSTRAINT ck_purchases_opened
    CHECK (coalesce(checkout_session_id, payment_intent_id) IS NOT NULL
        OR state IN ('created', 'failed', 'expired'));
DROP INDEX uq_purchases_unfinished;
CREATE UNIQUE INDEX uq_purchases_unfinished ON purchases (user_id, pack_id)
    WHERE state IN ('created', 'open') AND source = 'checkout';
CREATE UNIQUE INDEX uq_purchases_automatic ON purchases (user_id)
    WHERE state IN ('created', 'open', 'processing') AND source = 'automatic';
CREATE INDEX ix_purchases_user_id ON purchases (user_id, created_at);

CREATE OR REPLACE FUNCTION check_purchase_moves_on() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state = 'paid' AND NEW.state <> 'paid' THEN
        RAISE EXCEPTION 'purchase % is paid, it cannot become %', OLD.id, NEW.state
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF (NEW.user_id, NEW.pack_id, NEW.credits, NEW.amount_minor, NEW.currency, NEW.expires_at,
            NEW.source, NEW.checkout_session_id, NEW.payment_intent_id, NEW.paid_minor)
        IS DISTINCT FROM
        (OLD.user_id, OLD.pack_id, OLD.credits, OLD.amount_minor, OLD.currency, OLD.expires_at,
            OLD.source,
            -- Not known at first, and fixed from then on.
            coalesce(OLD.checkout_session_id, NEW.checkout_session_id),
            coalesce(OLD.payment_intent_id, NEW.payment_intent_id),
            coalesce(OLD.paid_minor, NEW.paid_minor)) THEN
        RAISE EXCEPTION 'the terms of purchase % are fixed', OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
"""

# What was sold under a name stays as it was: a new price is a new row.
PACKS = """
CREATE FUNCTION check_pack_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.withdrawn_at IS NOT NULL OR (NEW.slug, NEW.name, NEW.credits, NEW.amount_minor,
            NEW.currency, NEW.created_at) IS DISTINCT FROM (OLD.slug, OLD.name, OLD.credits,
            OLD.amount_minor, OLD.currency, OLD.created_at) THEN
        RAISE EXCEPTION 'pack % can only be withdrawn', OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER packs_stay BEFORE UPDATE ON packs
    FOR EACH ROW EXECUTE FUNCTION check_pack_stays();
REVOKE UPDATE ON packs FROM potluck_app;
GRANT UPDATE (withdrawn_at) ON packs TO potluck_app;
"""

TABLES = """
CREATE TABLE refunds (
    id uuid NOT NULL DEFAULT gen_random_uuid() CONSTRAINT pk_refunds PRIMARY KEY,
    purchase_id uuid NOT NULL CONSTRAINT fk_refunds_purchase_id_purchases REFERENCES purchases,
    stripe_refund_id text,
    amount_minor bigint NOT NULL CONSTRAINT ck_refunds_amount CHECK (amount_minor > 0),
    state text NOT NULL CONSTRAINT ck_refunds_state
        CHECK (state IN ('held', 'asked', 'pending', 'succeeded', 'failed', 'refused')),
    reason text NOT NULL DEFAULT '',
    requested_by bigint CONSTRAINT fk_refunds_requested_by_users REFERENCES users,
    created_at timestamptz NOT NULL DEFAULT now(),
    changed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT uq_refunds_stripe_refund_id UNIQUE (stripe_refund_id),
    CONSTRAINT ck_refunds_known
        CHECK ((stripe_refund_id IS NULL) = (state IN ('held', 'asked', 'refused')))
);
CREATE INDEX ix_refunds_purchase_id ON refunds (purchase_id);
CREATE INDEX ix_refunds_unanswered ON refunds (changed_at) WHERE state IN ('held', 'asked');

CREATE TABLE disputes (
    id text NOT NULL CONSTRAINT pk_disputes PRIMARY KEY,
    purchase_id uuid NOT NULL CONSTRAINT fk_disputes_purchase_id_purchases REFERENCES purchases,
    amount_minor bigint NOT NULL CONSTRAINT ck_disputes_amount CHECK (amount_minor > 0),
    reason text NOT NULL,
    state text NOT NULL CONSTRAINT ck_disputes_state
        CHECK (state IN ('inquiry', 'open', 'closed', 'won', 'lost')),
    evidence_due_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    changed_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ix_disputes_purchase_id ON disputes (purchase_id);

CREATE FUNCTION check_refund_moves_on() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state IN ('failed', 'refused') AND NEW.state <> OLD.state THEN
        RAISE EXCEPTION 'refund % is %, it cannot become %', OLD.id, OLD.state, NEW.state
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF (NEW.purchase_id, NEW.amount_minor, NEW.stripe_refund_id) IS DISTINCT FROM
        (OLD.purchase_id, OLD.amount_minor, coalesce(OLD.stripe_refund_id, NEW.stripe_refund_id))
    THEN
        RAISE EXCEPTION 'the terms of refund % are fixed', OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER refunds_move_on BEFORE UPDATE ON refunds
    FOR EACH ROW EXECUTE FUNCTION check_refund_moves_on();

CREATE FUNCTION check_dispute_moves_on() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state IN ('closed', 'won', 'lost') AND NEW.state <> OLD.state THEN
        RAISE EXCEPTION 'dispute % is %, it cannot become %', OLD.id, OLD.state, NEW.state
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF (NEW.purchase_id, NEW.amount_minor) IS DISTINCT FROM (OLD.purchase_id, OLD.amount_minor)
    THEN
        RAISE EXCEPTION 'the terms of dispute % are fixed', OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER disputes_move_on BEFORE UPDATE ON disputes
    FOR EACH ROW EXECUTE FUNCTION check_dispute_moves_on();
GRANT SELECT, INSERT, UPDATE ON refunds, disputes TO potluck_app;
"""

# A hold is for a generation or for a refund, and says when it ended.
HOLDS = """
ALTER TABLE holds ALTER COLUMN generation_id DROP NOT NULL;
ALTER TABLE holds ADD COLUMN refund_id uuid
    CONSTRAINT fk_holds_refund_id_refunds REFERENCES refunds;
ALTER TABLE holds ADD CONSTRAINT uq_holds_refund_id UNIQUE (refund_id);
ALTER TABLE holds ADD CONSTRAINT ck_holds_purpose
    CHECK (num_nonnulls(generation_id, refund_id) = 1);
ALTER TABLE holds ALTER COLUMN created_at SET DEFAULT clock_timestamp();
ALTER TABLE holds ADD COLUMN ended_at timestamptz;
ALTER TABLE holds DISABLE TRIGGER holds_move_on;
UPDATE holds SET ended_at = coalesce(g.ended_at, holds.created_at)
    FROM generations g WHERE g.id = holds.generation_id
    AND holds.state IN ('captured', 'released');
ALTER TABLE holds ENABLE TRIGGER holds_move_on;
ALTER TABLE holds ADD CONSTRAINT ck_holds_ended
    CHECK ((ended_at IS NOT NULL) = (state IN ('captured', 'released')));
GRANT UPDATE (ended_at) ON holds TO potluck_app;

CREATE OR REPLACE FUNCTION check_hold_moves_on() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state IN ('captured', 'released')
        OR (OLD.state = 'dispatched' AND NEW.state = 'reserved')
        OR (OLD.state = 'reserved' AND NEW.state = 'captured') THEN
        RAISE EXCEPTION 'hold % is %, it cannot become %', OLD.id, OLD.state, NEW.state
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF (NEW.account_id, NEW.generation_id, NEW.refund_id, NEW.amount)
        IS DISTINCT FROM (OLD.account_id, OLD.generation_id, OLD.refund_id, OLD.amount) THEN
        RAISE EXCEPTION 'the terms of hold % are fixed', OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
"""


def upgrade() -> None:
    for statements in (MEMBERS, ACCOUNTS, TRANSFERS, PURCHASES, PACKS, TABLES, HOLDS):
        op.execute(statements)
