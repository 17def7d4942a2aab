"""The only writer of accounts, transfers, entries and holds. Whole credits throughout.

Nothing here commits: the caller does, once its own rows belong to the same transaction. A
transfer's key makes it happen once, whatever is sent again. Where several accounts are
touched, their rows are locked in the order of their ids, so that two settlements can't wait
for each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Literal

from sqlalchemy import text

from potluck.database import db
from potluck.refusals import Refusal

House = Literal["purchases", "revenue", "promotions"]


class InsufficientCredits(Refusal):
    """Somebody can't pay; `user_ids` says who. Nobody's credits were held."""

    status = HTTPStatus.PAYMENT_REQUIRED
    code = "insufficient_credits"

    def __init__(self, message: str, *, user_ids: frozenset[int], price_credits: int) -> None:
        super().__init__(message)
        self.user_ids = user_ids
        self.price_credits = price_credits


@dataclass(frozen=True, slots=True)
class Balance:
    """A member's credits. `seq` grows with every change: the higher one is the newer."""

    posted: int
    held: int
    seq: int

    @property
    def available(self) -> int:
        """What can still be spent."""
        return self.posted - self.held


BALANCE = text("SELECT posted, held, seq FROM accounts WHERE user_id = :user_id")
INSERT_TRANSFER = text("""
    INSERT INTO transfers (key, kind, reference) VALUES (:key, :kind, :reference)
    ON CONFLICT (key) DO NOTHING RETURNING id
""")
INSERT_ENTRIES = text("""
    INSERT INTO entries (transfer_id, account_id, amount)
    SELECT :transfer_id, id, CAST(:amount AS bigint) * CASE WHEN user_id IS NULL THEN -1 ELSE 1 END
    FROM accounts WHERE user_id = :user_id OR kind = :house
""")
ADD_POSTED = text("UPDATE accounts SET posted = posted + :amount WHERE user_id = :user_id")
ADD_HELD = text("""
    UPDATE accounts SET held = held + :amount
    WHERE user_id = :user_id AND posted - held >= :amount RETURNING id
""")
INSERT_HOLD = text("""
    INSERT INTO holds (account_id, generation_id, amount, expires_at)
    VALUES (:account_id, :generation_id, :amount, now() + make_interval(secs => :ttl_seconds))
""")
LOCK_ACCOUNTS = text("""
    SELECT user_id FROM accounts WHERE user_id = ANY(:user_ids) ORDER BY id FOR UPDATE
""")
DISPATCH_HOLDS = text("""
    UPDATE holds SET state = 'dispatched'
    WHERE generation_id = :generation_id AND state = 'reserved'
""")
LOCK_OPEN_HOLDS = text("""
    SELECT holds.id, accounts.user_id, holds.amount
    FROM holds JOIN accounts ON accounts.id = holds.account_id
    WHERE holds.generation_id = :generation_id AND holds.state IN ('reserved', 'dispatched')
    ORDER BY accounts.id FOR UPDATE
""")
END_HOLD = text("UPDATE holds SET state = :state, captured = :captured WHERE id = :id")
TAKE_FROM_HELD = text("""
    UPDATE accounts SET held = held - :amount, posted = posted - :captured
    WHERE user_id = :user_id
""")


def balance(user_id: int) -> Balance:
    """The member's balance as it is now."""
    row = db.session.execute(BALANCE, {"user_id": user_id}).one()
    return Balance(posted=row.posted, held=row.held, seq=row.seq)


def top_up(*, user_id: int, amount_credits: int, checkout_session_id: str) -> bool:
    """Credits what was bought; False when that session was credited before."""
    return _credit(
        user_id=user_id,
        amount_credits=amount_credits,
        house="purchases",
        key=f"topup:{checkout_session_id}",
        kind="topup",
        reference=checkout_session_id,
    )


def grant(*, user_id: int, amount_credits: int, key: str, reason: str) -> bool:
    """Gives credits away; False when `key` was granted before."""
    return _credit(
        user_id=user_id,
        amount_credits=amount_credits,
        house="promotions",
        key=f"grant:{key}",
        kind="grant",
        reference=reason,
    )


def reserve(*, amounts: Mapping[int, int], generation_id: int, ttl_seconds: int) -> None:
    """Holds each user's amount for a generation: all of them, or none.

    Raises `InsufficientCredits` naming everyone who is short; the caller rolls back.
    """
    assert amounts
    assert all(amount > 0 for amount in amounts.values())
    # Locks come in the order of ids; what each can afford is then decided under the lock.
    db.session.execute(LOCK_ACCOUNTS, {"user_ids": list(amounts)})
    short = set()
    for user_id, amount in amounts.items():
        account_id = db.session.scalar(ADD_HELD, {"user_id": user_id, "amount": amount})
        if account_id is None:
            short.add(user_id)
            continue
        db.session.execute(
            INSERT_HOLD,
            {
                "account_id": account_id,
                "generation_id": generation_id,
                "amount": amount,
                "ttl_seconds": ttl_seconds,
            },
        )
    if short:
        message = "There are not enough credits for this round."
        raise InsufficientCredits(
            message, user_ids=frozenset(short), price_credits=max(amounts.values())
        )


def dispatch(generation_id: int) -> None:
    """Marks the holds as spent on: from here on the provider may have been paid."""
    db.session.execute(DISPATCH_HOLDS, {"generation_id": generation_id})


def held_for(generation_id: int) -> dict[int, int]:
    """Open holds of a generation, by user, locked until the transaction ends."""
    return {row.user_id: row.amount for row in _open_holds(generation_id)}


def settle(generation_id: int, *, shares: Mapping[int, int]) -> None:
    """Captures each user's share and gives the rest back. A settled generation stays as it is.

    A share is never more than was held: that is a fault of the caller.
    """
    for hold in _open_holds(generation_id):
        share = shares.get(hold.user_id, 0)
        assert 0 <= share <= hold.amount
        db.session.execute(
            TAKE_FROM_HELD, {"user_id": hold.user_id, "amount": hold.amount, "captured": share}
        )
        state = "captured" if share else "released"
        db.session.execute(END_HOLD, {"id": hold.id, "state": state, "captured": share})
        if share:
            happened = _transfer(
                user_id=hold.user_id,
                amount_credits=-share,
                house="revenue",
                key=f"capture:{hold.id}",
                kind="capture",
                reference=f"generation:{generation_id}",
            )
            assert happened


def release(generation_id: int) -> None:
    """Gives every hold back: nothing came out, so nothing is taken."""
    settle(generation_id, shares={})


@dataclass(frozen=True, slots=True)
class _OpenHold:
    id: int
    user_id: int
    amount: int


def _open_holds(generation_id: int) -> list[_OpenHold]:
    rows = db.session.execute(LOCK_OPEN_HOLDS, {"generation_id": generation_id})
    return [_OpenHold(id=row.id, user_id=row.user_id, amount=row.amount) for row in rows]


def _credit(
    *, user_id: int, amount_credits: int, house: House, key: str, kind: str, reference: str
) -> bool:
    assert amount_credits > 0
    happened = _transfer(
        user_id=user_id,
        amount_credits=amount_credits,
        house=house,
        key=key,
        kind=kind,
        reference=reference,
    )
    if happened:
        db.session.execute(ADD_POSTED, {"user_id": user_id, "amount": amount_credits})
    return happened


def _transfer(
    *, user_id: int, amount_credits: int, house: House, key: str, kind: str, reference: str
) -> bool:
    """Writes a transfer between a member and a house account, unless its key exists."""
    transfer_id = db.session.scalar(
        INSERT_TRANSFER, {"key": key, "kind": kind, "reference": reference}
    )
    if transfer_id is None:
        return False
    db.session.execute(
        INSERT_ENTRIES,
        {
            "transfer_id": transfer_id,
            "user_id": user_id,
            "house": house,
            "amount": amount_credits,
        },
    )
    return True
