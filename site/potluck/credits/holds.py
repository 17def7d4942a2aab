"""Holds: credits set aside until what they are for has ended. TigerBeetle's pending, post, void.

The other half of `ledger.py`, by the same rules. Where several accounts are touched, their rows
are locked in the order of their ids, so that two settlements can't wait for each other.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import CursorResult, TextClause, text

from potluck import metrics
from potluck.credits.ledger import InsufficientCredits
from potluck.database import db
from potluck.plain_statements import array
from potluck.texts import gettext as _

LOCK_ACCOUNTS = f"""
    SELECT id FROM accounts
    WHERE user_id = ANY({array("user_ids", "bigint")}) ORDER BY id FOR UPDATE
"""  # noqa: S608 - ours
# What each can afford is decided under the lock, in the statement that takes it.
RESERVE = f"""
    WITH payer AS (
        SELECT * FROM unnest({array("user_ids", "bigint")}, {array("amounts", "bigint")})
            AS payer (user_id, amount)
    ), paying AS (
        UPDATE accounts SET held = held + payer.amount FROM payer
        WHERE accounts.user_id = payer.user_id AND posted - held >= payer.amount AND freezes = 0
        RETURNING accounts.id, accounts.user_id, payer.amount
    ), held AS (
        INSERT INTO holds (account_id, generation_id, amount, expires_at)
        SELECT id, %(generation_id)s, amount, now() + make_interval(secs => %(ttl_seconds)s)
        FROM paying
    )
    SELECT user_id FROM paying
"""  # noqa: S608 - ours
RESERVE_REFUND = text("""
    WITH paying AS (
        UPDATE accounts SET held = held + :amount
        WHERE user_id = :user_id AND posted - held >= :amount RETURNING id
    )
    INSERT INTO holds (account_id, refund_id, amount, expires_at)
    SELECT id, :refund_id, :amount, now() + make_interval(secs => :ttl_seconds) FROM paying
    RETURNING id
""")
# The holds of what `sent` says was sent, for the statement that sends it. They are said to be open
# in this way wherever a generation is known: by their states, all open ones would be looked at.
DISPATCH_SENT = """
    UPDATE holds SET state = 'dispatched' FROM sent
    WHERE holds.generation_id = sent.id AND holds.ended_at IS NULL AND holds.state <> 'dispatched'
"""
DISPATCH_REFUND = text("""
    UPDATE holds SET state = 'dispatched' WHERE refund_id = :refund_id AND state = 'reserved'
""")
PUT_INTO_POT = text("""
    WITH paying AS (
        UPDATE accounts SET held = held + :amount
        WHERE user_id = :user_id AND posted - held >= :amount AND freezes = 0 RETURNING id
    )
    INSERT INTO holds (account_id, room_id, amount, expires_at)
    SELECT id, :room_id, :amount, now() + make_interval(secs => :ttl_seconds) FROM paying
    RETURNING id
""")
POT = text("""
    SELECT accounts.user_id, CAST(sum(holds.amount) AS bigint) AS amount
    FROM holds JOIN accounts ON accounts.id = holds.account_id
    WHERE holds.room_id = :room_id AND holds.state = 'reserved' GROUP BY accounts.user_id
""")
# The same in JSON, of the room that `rooms` is where this is asked.
STAKES = """
    SELECT json_object_agg(stake.user_id, stake.amount) FROM (
        SELECT accounts.user_id, sum(holds.amount) AS amount
        FROM holds JOIN accounts ON accounts.id = holds.account_id
        WHERE holds.room_id = rooms.id AND holds.state = 'reserved' GROUP BY accounts.user_id
    ) stake
"""
PAYERS = text("""
    SELECT accounts.user_id FROM holds JOIN accounts ON accounts.id = holds.account_id
    WHERE holds.generation_id = :generation_id
""")
LOCK_OPEN = """
    SELECT holds.id AS hold_id, holds.account_id, accounts.user_id, holds.amount,
        holds.generation_id, coalesce('generation:' || holds.generation_id,
            'refund:' || holds.refund_id, 'pot:' || holds.room_id) AS reference,
        accounts.posted, accounts.held, accounts.owed
    FROM holds JOIN accounts ON accounts.id = holds.account_id
    WHERE {which}
    ORDER BY accounts.id, holds.id FOR UPDATE OF holds, accounts
"""
ANY_KIND = """(holds.generation_id = :generation_id OR holds.refund_id = :refund_id
    OR (holds.room_id = :room_id AND accounts.user_id = ANY(:leaving)))
    AND holds.state IN ('reserved', 'dispatched')"""
# What `ANY_KIND` finds: one of them is given.
NOTHING: dict[str, object] = {
    "generation_id": None,
    "refund_id": None,
    "room_id": None,
    "leaving": [],
}
HELD = """
    SELECT accounts.user_id, holds.amount FROM holds
    JOIN accounts ON accounts.id = holds.account_id
    WHERE holds.generation_id = %(generation_id)s AND holds.ended_at IS NULL
    ORDER BY accounts.id
"""
# Every hold of what ends in one statement, which works with what it has locked: a balance that
# somebody else changed meanwhile is read as it is then. What is given back repays a debt first:
# so much of it as all holds of an account have given back, hold after hold. All of it happens at
# one moment, once the locks are had: a statement of an account puts a moment's rows into a fixed
# order.
ENDING = f"""
    open AS ({LOCK_OPEN}), moment AS MATERIALIZED (
        SELECT clock_timestamp() AS at FROM (SELECT count(*) FROM open) AS locked
    ), shared AS (
        SELECT open.*, coalesce(part.share, 0) AS share FROM open LEFT JOIN {{shares}}
    ), given_back AS (
        SELECT *, CAST(least(owed, posted - held + sum(amount - share) OVER hold_after_hold)
            AS bigint) AS repaid_by_then
        FROM shared WINDOW hold_after_hold AS (PARTITION BY account_id ORDER BY hold_id)
    ), ending AS (
        SELECT *, repaid_by_then - coalesce(lag(repaid_by_then) OVER hold_after_hold, 0) AS repaid
        FROM given_back WINDOW hold_after_hold AS (PARTITION BY account_id ORDER BY hold_id)
    ), ended AS (
        UPDATE holds SET captured = share, ended_at = moment.at,
            state = CASE WHEN share > 0 THEN 'captured' ELSE 'released' END
        FROM ending, moment WHERE id = hold_id
    ), balance AS (
        UPDATE accounts SET held = accounts.held - each.amount,
            posted = accounts.posted - each.spent, owed = accounts.owed - each.repaid
        FROM (
            SELECT account_id, CAST(sum(amount) AS bigint) AS amount,
                CAST(sum(share + repaid) AS bigint) AS spent, CAST(sum(repaid) AS bigint) AS repaid
            FROM ending GROUP BY account_id
        ) each WHERE id = each.account_id
    ), part AS (
        SELECT 'capture:' || hold_id AS key, 'capture' AS kind, reference, account_id,
            share AS amount, 'revenue' AS house FROM ending WHERE share > 0
        UNION ALL
        SELECT 'repayment:' || hold_id, 'repayment', reference, account_id, repaid,
            'debts' FROM ending WHERE repaid > 0
    ), transfer AS (
        INSERT INTO transfers (key, kind, reference, account_id, created_at)
        SELECT key, kind, reference, account_id, moment.at FROM part, moment
        RETURNING id, key
    )
"""  # noqa: S608 - ours
# There is an index of the accounts that are no member's.
ENTRIES = """
    INSERT INTO entries (transfer_id, account_id, amount)
    SELECT transfer.id, part.account_id, -part.amount FROM transfer JOIN part USING (key)
    UNION ALL
    SELECT transfer.id, accounts.id, part.amount
    FROM transfer JOIN part USING (key)
        JOIN accounts ON accounts.kind = part.house AND accounts.kind <> 'member'
"""
SHARES = """unnest(CAST(:user_ids AS bigint[]), CAST(:shares AS bigint[]))
    AS part (user_id, share) USING (user_id)"""
SETTLE = text(f"WITH {ENDING.format(which=ANY_KIND, shares=SHARES)} {ENTRIES}")
# The same as parts of a statement that ends generations, which it calls `over_now`, with what each
# member pays for each of them as `share`.
SETTLE_ENDED = f"""{
    ENDING.format(
        which="holds.generation_id IN (SELECT id FROM over_now) AND holds.ended_at IS NULL",
        shares="share AS part USING (generation_id, user_id)",
    )
}, entry AS ({ENTRIES})"""  # noqa: S608 - ours
# Under the account's lock, as whatever says when it happened.
CAPTURE_REFUND = text("""
    WITH refunded AS (
        SELECT holds.id FROM holds JOIN accounts ON accounts.id = holds.account_id
        WHERE holds.refund_id = :refund_id AND holds.state = 'dispatched' FOR UPDATE
    )
    UPDATE holds SET captured = least(:amount, amount), ended_at = clock_timestamp(),
        state = 'captured'
    FROM refunded WHERE holds.id = refunded.id RETURNING amount
""")


def reserve(*, amounts: Mapping[int, int], generation_id: int, ttl_seconds: int) -> None:
    """Holds each user's amount for a generation: all of them, or none.

    Raises `InsufficientCredits` naming everyone who can't pay; the caller rolls back.
    """
    assert amounts
    assert all(amount > 0 for amount in amounts.values())
    user_ids = list(amounts)
    if len(user_ids) > 1:
        db.all_within(LOCK_ACCOUNTS, {"user_ids": user_ids})
    values = {
        "user_ids": user_ids,
        "amounts": list(amounts.values()),
        "generation_id": generation_id,
        "ttl_seconds": ttl_seconds,
    }
    with metrics.LEDGER.labels("reserve").time():
        paying = frozenset(row[0] for row in db.all_within(RESERVE, values))
    short = frozenset(user_ids) - paying
    if short:
        message = _("There are not enough credits for this round.")
        price = max(amounts[user_id] for user_id in short)
        raise InsufficientCredits(message, user_ids=short, price_credits=price)


def held_for(generation_id: int) -> dict[int, int]:
    """Open holds of a generation, by user. As long as they are open they are what they are."""
    return dict(db.all_within(HELD, {"generation_id": generation_id}))


def settle(generation_id: int, *, shares: Mapping[int, int]) -> None:
    """Captures each user's share and gives the rest back. A settled generation stays as it is.

    A share is never more than was held: that is a fault of the caller, and the database says so.
    """
    _end(shares=shares, generation_id=generation_id)


def release(generation_id: int) -> None:
    """Gives every hold back: nothing came out, so nothing is taken."""
    settle(generation_id, shares={})


def reserve_refund(
    *, user_id: int, amount_credits: int, refund_id: uuid.UUID, ttl_seconds: int
) -> bool:
    """Holds what a refund will take; False when the member doesn't have it any more."""
    assert amount_credits > 0
    values = {"user_id": user_id, "amount": amount_credits, "refund_id": refund_id}
    values["ttl_seconds"] = ttl_seconds
    return _execute(RESERVE_REFUND, values).scalar() is not None


def dispatch_refund(refund_id: uuid.UUID) -> None:
    """From here on Stripe may have been asked."""
    _execute(DISPATCH_REFUND, {"refund_id": refund_id})


def capture_refund(refund_id: uuid.UUID, *, amount_credits: int) -> int:
    """Ends the refund's hold and says how many credits it had set aside.

    They are still counted as held: the caller passes them to `ledger.take_back` as freed.
    """
    values = {"refund_id": refund_id, "amount": amount_credits}
    return _execute(CAPTURE_REFUND, values).scalar() or 0


def release_refund(refund_id: uuid.UUID) -> None:
    """Gives a refund's hold back: no money went."""
    _end(shares={}, refund_id=refund_id)


def put_into_pot(*, user_id: int, amount_credits: int, room_id: int, ttl_seconds: int) -> bool:
    """Sets credits aside for the rounds of a room; False when the member can't spare them."""
    assert amount_credits > 0
    values = {"user_id": user_id, "amount": amount_credits, "room_id": room_id}
    values["ttl_seconds"] = ttl_seconds
    return _execute(PUT_INTO_POT, values).scalar() is not None


def pot(room_id: int) -> dict[int, int]:
    """What is in a room's pot, by member."""
    return {row.user_id: row.amount for row in _execute(POT, {"room_id": room_id})}


def take_out_of_pot(room_id: int, user_ids: Collection[int]) -> None:
    """Gives these members back what of theirs is in the pot."""
    _end(shares={}, room_id=room_id, leaving=list(user_ids))


def payers(generation_id: int) -> set[int]:
    """Whose credits are held for a generation, or were."""
    return {row.user_id for row in _execute(PAYERS, {"generation_id": generation_id})}


def _end(*, shares: Mapping[int, int], **what: object) -> None:
    """Ends the open holds of `what`, as in `NOTHING`."""
    assert all(share >= 0 for share in shares.values())
    values = {
        **NOTHING,
        **what,
        "user_ids": list(shares),
        "shares": list(shares.values()),
    }
    with metrics.LEDGER.labels("settle").time():
        _execute(SETTLE, values)


def _execute(statement: TextClause, values: Mapping[str, object]) -> CursorResult[Any]:
    """In the session's transaction and past the ORM, which would add a tenth to the time."""
    return db.session.connection().execute(statement, values)
