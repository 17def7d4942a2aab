"""Writes transfers and the balances that follow from them; `holds.py` is its other half.

Nothing else writes to accounts, transfers, entries and holds. Whole credits throughout. Nothing
here commits: the caller does, once its own rows belong to the same transaction. A transfer's key
makes it happen once, whatever is sent again. A balance can't fall below zero: what can't be taken
is owed, and whatever comes in repays that first.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Literal

from sqlalchemy import text

from potluck.database import db
from potluck.refusals import Refusal
from potluck.texts import gettext as _

House = Literal["purchases", "revenue", "promotions", "refunds", "disputes"]
Kind = Literal["topup", "grant", "refund", "refund_failed", "dispute", "dispute_won", "forfeit"]
# Why credits follow money back, and what both directions are called.
Return = Literal["refunds", "disputes"]
TAKEN: dict[Return, Kind] = {"refunds": "refund", "disputes": "dispute"}
GIVEN: dict[Return, Kind] = {"refunds": "refund_failed", "disputes": "dispute_won"}


class InsufficientCredits(Refusal):
    """Somebody can't pay; `user_ids` says who. Nobody's credits were held."""

    status = HTTPStatus.PAYMENT_REQUIRED
    code = "insufficient_credits"

    def __init__(self, message: str, *, user_ids: frozenset[int], price_credits: int) -> None:
        super().__init__(message)
        self.user_ids = user_ids
        self.price_credits = price_credits


class AccountFrozen(Refusal):
    """A bank looks into one of the member's payments; until it has decided nothing is spent."""

    status = HTTPStatus.PAYMENT_REQUIRED
    code = "account_frozen"


class AccountInUse(Refusal):
    """Credits are held or owed, or a bank has to decide: its owner can't leave yet."""

    code = "account_in_use"


@dataclass(frozen=True, slots=True)
class Balance:
    """A member's credits. `seq` grows with every change: the higher one is the newer."""

    posted: int
    held: int
    seq: int
    owed: int = 0
    freezes: int = 0

    @property
    def available(self) -> int:
        """What can still be spent, unless the account is frozen."""
        return self.posted - self.held

    @property
    def is_frozen(self) -> bool:
        """Whether a dispute is open."""
        return self.freezes > 0


# By psycopg itself, and in the transaction of a session.
COMMITTED_BALANCE = """
    SELECT posted, held, seq, owed, freezes FROM accounts WHERE user_id = %(user_id)s
"""
BALANCE = text(COMMITTED_BALANCE.replace("%(user_id)s", ":user_id"))
LOCK_ACCOUNT = text("""
    SELECT id, posted, held, owed FROM accounts WHERE user_id = :user_id FOR UPDATE
""")
INSERT_TRANSFER = text("""
    INSERT INTO transfers (key, kind, reference, account_id)
    VALUES (:key, :kind, :reference, :account_id)
    ON CONFLICT (key) DO NOTHING RETURNING id
""")
INSERT_ENTRIES = text("""
    INSERT INTO entries (transfer_id, account_id, amount)
    SELECT :transfer_id, :account_id, CAST(:member AS bigint) WHERE :member <> 0
    UNION ALL
    SELECT :transfer_id, accounts.id, part.amount
    FROM (VALUES ('debts', CAST(:debts AS bigint)), (:house, :amount)) AS part (kind, amount)
    JOIN accounts ON accounts.kind = part.kind AND accounts.kind <> 'member'
    WHERE part.amount <> 0
""")
UPDATE_BALANCE = text("""
    UPDATE accounts SET posted = :posted, held = :held, owed = :owed WHERE id = :account_id
""")
CHANGE_FREEZES = text("UPDATE accounts SET freezes = freezes + :change WHERE user_id = :user_id")


def balance(user_id: int) -> Balance:
    """The member's balance as it is now."""
    return Balance(*db.session.execute(BALANCE, {"user_id": user_id}).one())


def committed_balance(user_id: int) -> Balance:
    """The same as everybody can see it, whatever the caller's transaction has done."""
    row = db.first(COMMITTED_BALANCE, {"user_id": user_id})
    assert row, "every member has an account"
    return Balance(*row)


def check_can_spend(
    user_id: int, amount_credits: int, *, message: str, now: Balance | None = None
) -> None:
    """Raises `AccountFrozen`, or `InsufficientCredits` with `message`. Holds nothing.

    `now` is the balance where it has been read.
    """
    now = now or balance(user_id)
    if now.is_frozen:
        why = _(
            "Your credits are frozen while your bank looks into one of your payments. "
            "Nothing was taken. The operator of this installation can tell you more."
        )
        raise AccountFrozen(why)
    if now.available < amount_credits:
        raise InsufficientCredits(
            message, user_ids=frozenset({user_id}), price_credits=amount_credits
        )


def top_up(*, user_id: int, amount_credits: int, payment_id: str) -> bool:
    """Credits what was bought; False when that payment was credited before.

    `payment_id` is the checkout's, or that of the payment where there was no checkout.
    """
    return _credit(
        user_id=user_id,
        amount_credits=amount_credits,
        house="purchases",
        key=f"topup:{payment_id}",
        kind="topup",
        reference=payment_id,
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


def take_back(
    *,
    user_id: int,
    amount_credits: int,
    house: Return,
    reference: str,
    freed_credits: int = 0,
) -> bool:
    """Takes credits whose money went back; what is spent already becomes a debt.

    `freed_credits` were held for this very thing, and their hold ends in this transaction. False
    when it was taken before.
    """
    assert amount_credits > 0
    return _post(
        user_id=user_id,
        amount_credits=-amount_credits,
        freed_credits=freed_credits,
        house=house,
        key=f"{TAKEN[house]}:{reference}",
        kind=TAKEN[house],
        reference=reference,
    )


def give_back(*, user_id: int, amount_credits: int, house: Return, reference: str) -> bool:
    """Undoes a `take_back` whose money came back after all; False when it was undone before."""
    return _credit(
        user_id=user_id,
        amount_credits=amount_credits,
        house=house,
        key=f"{GIVEN[house]}:{reference}",
        kind=GIVEN[house],
        reference=reference,
    )


def forfeit(user_id: int) -> None:
    """Takes what a member who leaves has left. Raises `AccountInUse` where something is open."""
    db.session.execute(LOCK_ACCOUNT, {"user_id": user_id})
    now = balance(user_id)
    reason = _reason_to_stay(now)
    if reason:
        raise AccountInUse(reason)
    if now.posted:
        _post(
            user_id=user_id,
            amount_credits=-now.posted,
            house="revenue",
            key=f"forfeit:{user_id}",
            kind="forfeit",
            reference="Left when the account was deleted",
        )


def freeze(user_id: int) -> None:
    """Stops spending until as many calls of `thaw` have come."""
    db.session.execute(CHANGE_FREEZES, {"user_id": user_id, "change": 1})


def thaw(user_id: int) -> None:
    """Takes one freeze back."""
    db.session.execute(CHANGE_FREEZES, {"user_id": user_id, "change": -1})


def _reason_to_stay(now: Balance) -> str | None:
    if now.held:
        return "Credits of yours are held for a round or a refund. Wait until it is done."
    if now.is_frozen:
        return "Your bank is looking into one of your payments. Wait until it has decided."
    if now.owed:
        return (
            f"You owe {now.owed:,} credits, because money went back to you after they were spent. "
            "Repay them with a purchase, or ask the operator to let you off."
        )
    return None


def _credit(
    *, user_id: int, amount_credits: int, house: House, key: str, kind: Kind, reference: str
) -> bool:
    assert amount_credits > 0
    return _post(
        user_id=user_id,
        amount_credits=amount_credits,
        house=house,
        key=key,
        kind=kind,
        reference=reference,
    )


def _post(
    *,
    user_id: int,
    amount_credits: int,
    house: House,
    key: str,
    kind: Kind,
    reference: str,
    freed_credits: int = 0,
) -> bool:
    """Moves credits between a member and the house, and settles what the member owes with it."""
    account = db.session.execute(LOCK_ACCOUNT, {"user_id": user_id}).one()
    gained, lost = max(amount_credits, 0), max(-amount_credits, 0)
    available = account.posted - account.held + freed_credits + gained
    due = account.owed + lost
    paid = min(due, available)
    transfer = {"key": key, "kind": kind, "reference": reference, "account_id": account.id}
    transfer_id = db.session.scalar(INSERT_TRANSFER, transfer)
    if transfer_id is None:
        return False
    entries = {
        "member": gained - paid,
        "debts": account.owed - (due - paid),
        "house": house,
        "amount": -amount_credits,
    }
    db.session.execute(
        INSERT_ENTRIES, {"transfer_id": transfer_id, "account_id": account.id, **entries}
    )
    balance_after = {
        "posted": account.posted + gained - paid,
        "held": account.held - freed_credits,
        "owed": due - paid,
    }
    db.session.execute(UPDATE_BALANCE, {"account_id": account.id, **balance_after})
    return True
