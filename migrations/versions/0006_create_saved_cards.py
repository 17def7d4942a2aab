"""Saved cards, and the rule by which one buys a pack when its owner runs low."""

from alembic import op

revision = "0006"
down_revision = "0005"

# The row stands before Stripe is asked for a customer: its reference is the key of that request.
# Of a card only what its owner needs to recognise it is kept.
SAVED_CARDS = """
CREATE TABLE saved_cards (
    user_id bigint NOT NULL CONSTRAINT pk_saved_cards PRIMARY KEY
        CONSTRAINT fk_saved_cards_user_id_users REFERENCES users ON DELETE CASCADE,
    reference uuid NOT NULL DEFAULT gen_random_uuid(),
    customer_id text,
    payment_method_id text,
    brand text,
    last4 text CONSTRAINT ck_saved_cards_last4 CHECK (last4 ~ '^[0-9]{4}$'),
    exp_month smallint CONSTRAINT ck_saved_cards_exp_month CHECK (exp_month BETWEEN 1 AND 12),
    exp_year smallint CONSTRAINT ck_saved_cards_exp_year CHECK (exp_year BETWEEN 2000 AND 2999),
    saved_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT uq_saved_cards_reference UNIQUE (reference),
    CONSTRAINT uq_saved_cards_customer_id UNIQUE (customer_id),
    CONSTRAINT uq_saved_cards_payment_method_id UNIQUE (payment_method_id),
    CONSTRAINT ck_saved_cards_whole CHECK (num_nonnulls(payment_method_id, brand, last4,
        exp_month, exp_year, saved_at) IN (0, 6)),
    CONSTRAINT ck_saved_cards_customer CHECK (customer_id IS NOT NULL OR payment_method_id IS NULL)
);
"""

# No rule without a card: whoever removes the card removes the rule.
AUTOMATIC_TOP_UPS = """
CREATE TABLE automatic_top_ups (
    user_id bigint NOT NULL CONSTRAINT pk_automatic_top_ups PRIMARY KEY
        CONSTRAINT fk_automatic_top_ups_user_id_saved_cards REFERENCES saved_cards
        ON DELETE CASCADE,
    pack_id bigint NOT NULL CONSTRAINT fk_automatic_top_ups_pack_id_packs REFERENCES packs,
    threshold_credits bigint NOT NULL
        CONSTRAINT ck_automatic_top_ups_threshold CHECK (threshold_credits > 0),
    monthly_cap_minor bigint NOT NULL
        CONSTRAINT ck_automatic_top_ups_cap CHECK (monthly_cap_minor > 0),
    failures smallint NOT NULL DEFAULT 0
        CONSTRAINT ck_automatic_top_ups_failures CHECK (failures BETWEEN 0 AND 3),
    try_after timestamptz,
    stopped_at timestamptz,
    stopped_because text CONSTRAINT ck_automatic_top_ups_stopped_because CHECK (stopped_because IN
        ('declined', 'authentication_required', 'card_expired', 'pack_withdrawn',
        'money_returned')),
    consented_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT ck_automatic_top_ups_stopped
        CHECK ((stopped_at IS NULL) = (stopped_because IS NULL)),
    CONSTRAINT ck_automatic_top_ups_given_up CHECK (failures < 3 OR stopped_at IS NOT NULL)
);
CREATE INDEX ix_automatic_top_ups_pack_id ON automatic_top_ups (pack_id);
"""

# Asked again under the same key Stripe takes only the same card, so it is part of the terms.
PURCHASES = """
ALTER TABLE purchases ADD COLUMN customer_id text;
ALTER TABLE purchases ADD COLUMN payment_method_id text;
ALTER TABLE purchases ADD CONSTRAINT ck_purchases_card
    CHECK (source = 'automatic' OR num_nonnulls(customer_id, payment_method_id) = 0);
ALTER TABLE purchases ADD CONSTRAINT ck_purchases_chargeable CHECK (source = 'checkout'
    OR state <> 'created' OR num_nonnulls(customer_id, payment_method_id) = 2);

CREATE FUNCTION check_purchase_keeps_its_card() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.customer_id, NEW.payment_method_id)
        IS DISTINCT FROM (OLD.customer_id, OLD.payment_method_id) THEN
        RAISE EXCEPTION 'the card of purchase % is fixed', OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER purchases_keep_their_card BEFORE UPDATE OF customer_id, payment_method_id
    ON purchases FOR EACH ROW EXECUTE FUNCTION check_purchase_keeps_its_card();
"""

# Whatever the code does: nobody's card is charged outside what they agreed to. Locking the rule
# makes those that come at once come one by one.
CONSENT = """
CREATE FUNCTION check_automatic_purchase_is_allowed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    rule automatic_top_ups%ROWTYPE;
    spent bigint;
BEGIN
    SELECT * INTO rule FROM automatic_top_ups WHERE user_id = NEW.user_id FOR UPDATE;
    IF NOT FOUND OR rule.stopped_at IS NOT NULL OR rule.pack_id <> NEW.pack_id THEN
        RAISE EXCEPTION 'user % has not agreed to automatic purchases of pack %',
            NEW.user_id, NEW.pack_id USING ERRCODE = 'restrict_violation';
    END IF;
    SELECT coalesce(sum(amount_minor), 0) INTO spent FROM purchases
    WHERE user_id = NEW.user_id AND source = 'automatic' AND currency = NEW.currency
        AND state IN ('created', 'open', 'processing', 'paid')
        AND created_at >= date_trunc('month', now(), 'UTC');
    IF spent + NEW.amount_minor > rule.monthly_cap_minor THEN
        RAISE EXCEPTION 'user % agreed to % a month, not to %',
            NEW.user_id, rule.monthly_cap_minor, spent + NEW.amount_minor
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER purchases_stay_allowed BEFORE INSERT ON purchases FOR EACH ROW
    WHEN (NEW.source = 'automatic' AND NEW.state = 'created')
    EXECUTE FUNCTION check_automatic_purchase_is_allowed();
"""

RIGHTS = """
GRANT SELECT, INSERT, UPDATE, DELETE ON saved_cards, automatic_top_ups TO potluck_app;
"""


def upgrade() -> None:
    for statements in (SAVED_CARDS, AUTOMATIC_TOP_UPS, PURCHASES, CONSENT, RIGHTS):
        op.execute(statements)
