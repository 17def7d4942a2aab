"""The audit of a million entries, and that it still finds what is wrong among them.

`PYTHONPATH=site python -m tests.bench.audit`. The limit is ten seconds on two cores. Beside it
stands what PostgreSQL needs to read and join every entry once in the same run.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from sqlalchemy import Engine, text

from potluck.credits.audit import RULES, audit
from tests.bench.installation import installation
from tests.figures import note

MEMBERS = 10_000
ROUNDS_PER_MEMBER = 45
PURCHASES_PER_MEMBER = 5
ENTRIES_MIN = 1_000_000
SECONDS_MAX = 10

# Everybody buys five packs, is given some, and pays for 45 rounds, of which one in a hundred still
# runs; one in ten gets a part of their money back.
FILL = f"""
INSERT INTO users (name) SELECT 'Member ' || n FROM generate_series(1, {MEMBERS}) n;
INSERT INTO accounts (kind, user_id) SELECT 'member', id FROM users ORDER BY id;
INSERT INTO model_prices (model, input_credits_per_million, output_credits_per_million)
    VALUES ('scripted', 1, 1);
INSERT INTO rooms (code) VALUES ('millions');
INSERT INTO purchases (user_id, pack_id, credits, amount_minor, currency, state,
        checkout_session_id, payment_intent_id, paid_minor, paid_at, expires_at)
    SELECT users.id, packs.id, packs.credits, packs.amount_minor, packs.currency, 'paid',
        'cs_' || users.id || '_' || n, 'pi_' || users.id || '_' || n, packs.amount_minor, now(),
        now()
    FROM users, packs, generate_series(1, {PURCHASES_PER_MEMBER}) n WHERE packs.slug = 'taster';
INSERT INTO refunds (purchase_id, stripe_refund_id, amount_minor, state)
    SELECT id, 're_' || id, 50, 'succeeded' FROM purchases WHERE user_id % 10 = 0;
UPDATE purchases SET clawed_credits = 500 WHERE user_id % 10 = 0;
INSERT INTO rounds (room_id, number, recipe, phase)
    SELECT rooms.id, n, 'story', 'done'
    FROM rooms, generate_series(1, {MEMBERS * ROUNDS_PER_MEMBER}) n;
INSERT INTO generations (round_id, price_id, messages, output_tokens_max, state, cost_credits)
    SELECT rounds.id, model_prices.id, '[]', 1, 'done', 7 FROM rounds, model_prices;
INSERT INTO holds (account_id, generation_id, amount, state, captured, expires_at, ended_at)
    SELECT accounts.id, g.id, 30, 'captured', 7, now(), now()
    FROM generations g JOIN accounts ON accounts.user_id = 1 + g.round_id % {MEMBERS};
UPDATE generations SET state = 'dispatched', cost_credits = NULL WHERE id % 100 = 0;
UPDATE holds SET state = 'dispatched', captured = 0, ended_at = NULL WHERE generation_id % 100 = 0;
INSERT INTO transfers (key, kind, reference, account_id)
    SELECT 'topup:' || checkout_session_id, 'topup', checkout_session_id, accounts.id
    FROM purchases JOIN accounts USING (user_id);
INSERT INTO transfers (key, kind, reference, account_id)
    SELECT 'refund:' || stripe_refund_id, 'refund', stripe_refund_id, accounts.id
    FROM refunds JOIN purchases ON purchases.id = purchase_id JOIN accounts USING (user_id);
INSERT INTO transfers (key, kind, reference, account_id)
    SELECT 'grant:' || id, 'grant', '', id FROM accounts WHERE kind = 'member';
INSERT INTO transfers (key, kind, reference, account_id)
    SELECT 'capture:' || id, 'capture', 'generation:' || generation_id, account_id
    FROM holds WHERE state = 'captured';
INSERT INTO entries (transfer_id, account_id, amount)
    SELECT t.id, side.account_id, side.amount
    FROM transfers t
    JOIN (VALUES ('topup', 'purchases', 2000), ('grant', 'promotions', 100),
        ('capture', 'revenue', -7), ('refund', 'refunds', -500)) AS part (kind, house, amount)
        USING (kind)
    JOIN accounts house ON house.kind = part.house
    CROSS JOIN LATERAL (VALUES (t.account_id, part.amount), (house.id, -part.amount))
        AS side (account_id, amount);
UPDATE accounts SET posted = total FROM (
    SELECT account_id, sum(amount) AS total FROM entries GROUP BY account_id
) entry WHERE account_id = accounts.id AND kind = 'member';
UPDATE accounts SET held = total FROM (
    SELECT account_id, sum(amount) AS total FROM holds WHERE state = 'dispatched'
    GROUP BY account_id
) open WHERE account_id = accounts.id
"""  # noqa: S608 - ours
READ_ONCE = """
    SELECT count(*), sum(e.amount) FROM entries e
    JOIN transfers t ON t.id = e.transfer_id JOIN accounts a ON a.id = e.account_id
"""
# Each breaks one rule, and the words are of that rule.
BREAKS = {
    "every transfer sums to zero": "UPDATE entries SET amount = amount + 1 WHERE transfer_id = 9",
    "posted is the sum of entries": "UPDATE accounts SET posted = posted + 1 WHERE user_id = 3",
    "held is the sum of open holds": "UPDATE accounts SET held = held + 1 WHERE user_id = 3",
    "owed is the sum of debts": """
        UPDATE accounts SET owed = 1, posted = held WHERE user_id = 3
    """,
    "every captured hold has its transfer": "DELETE FROM transfers WHERE key = 'capture:7'",
    "every capture has its hold": """
        UPDATE holds SET state = 'released', captured = 0 WHERE id = 7
    """,
    "no hold outlives its generation": "UPDATE generations SET state = 'done' WHERE id = 100",
    "every paid purchase was credited once": """
        UPDATE purchases SET credits = 1 WHERE checkout_session_id = 'cs_3_1'
    """,
    "what was clawed back is in proportion to the money that went back": """
        UPDATE refunds SET amount_minor = 60 WHERE stripe_refund_id = (
            SELECT min(stripe_refund_id) FROM refunds)
    """,
}


def main() -> int:
    """The exit code: 1 where it takes too long, or says what isn't so."""
    with installation() as (_, owner):
        _fill(owner)
        read_seconds = min(_seconds(lambda: _read_once(owner)) for _ in range(3))
        began = time.perf_counter()
        report = audit()
        seconds = time.perf_counter() - began
        missed = [rule for rule, change in BREAKS.items() if not _is_found(owner, rule, change)]
    entries = report.figures["entries"]
    print(*(f"{name}: {n:,}" for name, n in report.figures.items()), sep="\n")  # noqa: T201
    wrong = {rule: faults[:3] for rule, faults in report.faults.items() if faults}
    for rule, faults in wrong.items():
        print(f"audit: {rule}: {faults}")  # noqa: T201
    for rule in missed:
        print(f"audit: not found: {rule}")  # noqa: T201
    print(  # noqa: T201
        f"audit: {entries:,} entries in {seconds:.1f} s, {seconds / read_seconds:.1f} times "
        f"reading and joining them once ({read_seconds:.2f} s); {len(BREAKS) - len(missed)} of "
        f"{len(BREAKS)} faults found"
    )
    note("audit", value=round(seconds, 2), entries=entries, read_seconds=round(read_seconds, 2))
    note("drift", value=report.figures["drift"])
    is_good = not wrong and not missed and entries >= ENTRIES_MIN and seconds < SECONDS_MAX
    return 0 if is_good else 1


def _fill(owner: Engine) -> None:
    """As a superuser past the triggers: a million of them would take minutes."""
    with owner.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        for statement in FILL.split(";\n"):
            connection.execute(text(statement))
    with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))


def _read_once(owner: Engine) -> None:
    with owner.connect() as connection:
        connection.execute(text(READ_ONCE)).one()


def _is_found(owner: Engine, rule: str, change: str) -> bool:
    """Whether the rule's query lists something after `change`, which is taken back."""
    with owner.connect() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        assert connection.execute(text(change)).rowcount
        found = connection.execute(text(RULES[rule])).first()
        connection.rollback()
    return found is not None


def _seconds(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(main())
