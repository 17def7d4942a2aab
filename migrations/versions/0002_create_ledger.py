"""Accounts, transfers, entries and holds, with the invariants as constraints and triggers."""

from alembic import op

revision = "0002"
down_revision = "0001"

TABLES = """
CREATE TABLE accounts (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_accounts PRIMARY KEY,
    kind text NOT NULL CONSTRAINT ck_accounts_kind CHECK (kind IN
        ('member', 'purchases', 'revenue', 'promotions', 'refunds', 'disputes', 'debts')),
    user_id bigint CONSTRAINT fk_accounts_user_id_users REFERENCES users,
    posted bigint NOT NULL DEFAULT 0,
    held bigint NOT NULL DEFAULT 0,
    seq bigint NOT NULL DEFAULT 0,
    CONSTRAINT uq_accounts_user_id UNIQUE (user_id),
    CONSTRAINT ck_accounts_balance CHECK (0 <= held AND held <= posted),
    CONSTRAINT ck_accounts_owner CHECK ((kind = 'member') = (user_id IS NOT NULL)),
    CONSTRAINT ck_accounts_house CHECK (kind = 'member' OR posted = 0)
);
CREATE UNIQUE INDEX uq_accounts_house ON accounts (kind) WHERE kind <> 'member';
INSERT INTO accounts (kind)
    VALUES ('purchases'), ('revenue'), ('promotions'), ('refunds'), ('disputes'), ('debts');

CREATE TABLE transfers (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_transfers PRIMARY KEY,
    key text NOT NULL,
    kind text NOT NULL CONSTRAINT ck_transfers_kind CHECK (kind IN ('topup', 'grant', 'capture')),
    reference text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT uq_transfers_key UNIQUE (key)
);

CREATE TABLE entries (
    transfer_id bigint NOT NULL CONSTRAINT fk_entries_transfer_id_transfers REFERENCES transfers,
    account_id bigint NOT NULL CONSTRAINT fk_entries_account_id_accounts REFERENCES accounts,
    amount bigint NOT NULL CONSTRAINT ck_entries_amount CHECK (amount <> 0),
    CONSTRAINT pk_entries PRIMARY KEY (transfer_id, account_id)
);
CREATE INDEX ix_entries_account_id ON entries (account_id, transfer_id);

CREATE TABLE model_prices (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_model_prices PRIMARY KEY,
    model text NOT NULL CONSTRAINT ck_model_prices_model CHECK (model <> ''),
    input_credits_per_million bigint NOT NULL
        CONSTRAINT ck_model_prices_input CHECK (input_credits_per_million >= 0),
    output_credits_per_million bigint NOT NULL
        CONSTRAINT ck_model_prices_output CHECK (output_credits_per_million > 0),
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ix_model_prices_model ON model_prices (model, id);

CREATE TABLE holds (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_holds PRIMARY KEY,
    account_id bigint NOT NULL CONSTRAINT fk_holds_account_id_accounts REFERENCES accounts,
    generation_id bigint NOT NULL,
    amount bigint NOT NULL CONSTRAINT ck_holds_amount CHECK (amount > 0),
    state text NOT NULL DEFAULT 'reserved' CONSTRAINT ck_holds_state
        CHECK (state IN ('reserved', 'dispatched', 'captured', 'released')),
    captured bigint NOT NULL DEFAULT 0 CONSTRAINT ck_holds_captured
        CHECK (captured BETWEEN 0 AND amount AND (captured > 0) = (state = 'captured')),
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    CONSTRAINT uq_holds_generation_id UNIQUE (generation_id, account_id)
);
CREATE INDEX ix_holds_account_id ON holds (account_id);
CREATE INDEX ix_holds_open ON holds (expires_at) WHERE state IN ('reserved', 'dispatched');
"""

APPEND_ONLY = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER transfers_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON transfers
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER entries_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON entries
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER model_prices_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON model_prices
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER holds_stay BEFORE DELETE OR TRUNCATE ON holds
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER accounts_stay BEFORE TRUNCATE ON accounts
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""

# Deferred: the entries of a transfer are written one after the other.
ZERO_SUM = """
CREATE FUNCTION check_transfer_sums_to_zero() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    transfer bigint := to_jsonb(NEW) ->> TG_ARGV[0];
    total numeric;
BEGIN
    SELECT sum(amount) INTO total FROM entries WHERE transfer_id = transfer;
    IF total IS DISTINCT FROM 0 THEN
        RAISE EXCEPTION 'the entries of transfer % sum to %', transfer, total
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER transfers_sum_to_zero AFTER INSERT ON transfers
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    EXECUTE FUNCTION check_transfer_sums_to_zero('id');
CREATE CONSTRAINT TRIGGER entries_sum_to_zero AFTER INSERT ON entries
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    EXECUTE FUNCTION check_transfer_sums_to_zero('transfer_id');
"""

HOLD_STATES = """
CREATE FUNCTION check_hold_moves_on() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state IN ('captured', 'released')
        OR (OLD.state = 'dispatched' AND NEW.state = 'reserved')
        OR (OLD.state = 'reserved' AND NEW.state = 'captured') THEN
        RAISE EXCEPTION 'hold % is %, it cannot become %', OLD.id, OLD.state, NEW.state
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF (NEW.account_id, NEW.generation_id, NEW.amount)
        IS DISTINCT FROM (OLD.account_id, OLD.generation_id, OLD.amount) THEN
        RAISE EXCEPTION 'the terms of hold % are fixed', OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER holds_move_on BEFORE UPDATE ON holds
    FOR EACH ROW EXECUTE FUNCTION check_hold_moves_on();
"""

# A client that hears of a balance twice, or late, keeps the one with the higher number.
BALANCE_SEQ = """
CREATE FUNCTION count_balance_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.seq := OLD.seq + 1;
    RETURN NEW;
END $$;
CREATE TRIGGER accounts_seq BEFORE UPDATE ON accounts
    FOR EACH ROW EXECUTE FUNCTION count_balance_change();
"""

# Whoever exists has an account: no code path can forget to open it.
OPEN_ACCOUNT = """
CREATE FUNCTION open_member_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO accounts (kind, user_id) VALUES ('member', NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER users_open_account AFTER INSERT ON users
    FOR EACH ROW EXECUTE FUNCTION open_member_account();
"""

RIGHTS = """
GRANT SELECT, INSERT ON accounts, transfers, entries, model_prices, holds TO potluck_app;
GRANT UPDATE (posted, held) ON accounts TO potluck_app;
GRANT UPDATE (state, captured) ON holds TO potluck_app;
"""


def upgrade() -> None:
    statements = (TABLES, APPEND_ONLY, ZERO_SUM, HOLD_STATES, BALANCE_SEQ, OPEN_ACCOUNT, RIGHTS)
    for statement in statements:
        op.execute(statement)
