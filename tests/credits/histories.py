"""What happens to members' credits, as billing and rooms make it happen."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Mapping

from sqlalchemy import text, update

from potluck.credits import holds, ledger
from potluck.database import db
from potluck.rooms.models import Generation, Round
from tests.orders import dispatch, ordered_generation

numbers = itertools.count(1)

BUY = text("""
    INSERT INTO purchases (user_id, pack_id, credits, amount_minor, currency, expires_at, state,
        checkout_session_id, receipt_url, paid_at, paid_minor)
    SELECT :user_id, id, :credits, :credits, 'usd', now() + interval '1 hour', 'paid',
        :session_id, 'https://pay.stripe.com/receipts/' || :session_id, now(), :credits
    FROM packs WHERE slug = 'taster' RETURNING id
""")
ASK_REFUND = text("""
    INSERT INTO refunds (purchase_id, amount_minor, state) VALUES (:purchase_id, :credits, 'held')
    RETURNING id
""")
NAME_REFUND = text("""
    UPDATE refunds SET state = 'succeeded', stripe_refund_id = :reference WHERE id = :id
""")
OPEN_DISPUTE = text("""
    INSERT INTO disputes (id, purchase_id, amount_minor, reason, state)
    VALUES (:reference, :purchase_id, :credits, 'fraudulent', 'open')
""")


def held_generation(amounts: Mapping[int, int]) -> int:
    """A generation for which everybody's amount is held; raises `InsufficientCredits`."""
    generation_id = ordered_generation(next(iter(amounts)))
    holds.reserve(amounts=amounts, generation_id=generation_id, ttl_seconds=60)
    dispatch(generation_id)
    db.session.commit()
    return generation_id


def end_generation(generation_id: int, shares: Mapping[int, int], **facts: object) -> None:
    """What the model did cost, and the `facts` that the provider told."""
    holds.settle(generation_id, shares=shares)
    values = {"cost_credits": sum(shares.values()), "state": "done", **facts}
    generation = db.session.get_one(Generation, generation_id)
    db.session.execute(update(Generation).filter_by(id=generation_id).values(**values))
    db.session.execute(update(Round).filter_by(id=generation.round_id).values(phase="done"))
    db.session.commit()


def hold_of(generation_id: int, user_id: int) -> int:
    """The hold of one payer."""
    query = text("""
        SELECT holds.id FROM holds JOIN accounts ON accounts.id = account_id
        WHERE generation_id = :generation_id AND user_id = :user_id
    """)
    values = {"generation_id": generation_id, "user_id": user_id}
    hold_id: int = db.session.execute(query, values).scalar_one()
    return hold_id


def buy(user_id: int, credits: int) -> uuid.UUID:
    """A purchase that is paid and credited, at a cent a credit; its id."""
    session_id = f"cs_test_{next(numbers)}"
    values = {"user_id": user_id, "credits": credits, "session_id": session_id}
    purchase_id: uuid.UUID = db.session.execute(BUY, values).scalar_one()
    ledger.top_up(user_id=user_id, amount_credits=credits, payment_id=session_id)
    db.session.commit()
    return purchase_id


def ask_refund(user_id: int, purchase_id: uuid.UUID, credits: int) -> uuid.UUID | None:
    """A refund whose credits are held, as Stripe is being asked; None where they are gone."""
    values = {"purchase_id": purchase_id, "credits": credits}
    refund_id: uuid.UUID = db.session.execute(ASK_REFUND, values).scalar_one()
    if not holds.reserve_refund(
        user_id=user_id, amount_credits=credits, refund_id=refund_id, ttl_seconds=60
    ):
        db.session.rollback()
        return None
    holds.dispatch_refund(refund_id)
    db.session.commit()
    return refund_id


def refund(user_id: int, refund_id: uuid.UUID, credits: int) -> None:
    """Stripe gave money back for so many credits, whatever was held for it."""
    reference = f"re_{next(numbers)}"
    db.session.execute(NAME_REFUND, {"id": refund_id, "reference": reference})
    freed_credits = holds.capture_refund(refund_id, amount_credits=credits)
    ledger.take_back(
        user_id=user_id,
        amount_credits=credits,
        house="refunds",
        reference=reference,
        freed_credits=freed_credits,
    )
    holds.release_refund(refund_id)
    db.session.commit()


def dispute(user_id: int, purchase_id: uuid.UUID, credits: int) -> str:
    """A bank takes money back for so many credits; the dispute's id."""
    reference = f"dp_{next(numbers)}"
    values = {"reference": reference, "purchase_id": purchase_id, "credits": credits}
    db.session.execute(OPEN_DISPUTE, values)
    ledger.take_back(
        user_id=user_id,
        amount_credits=credits,
        house="disputes",
        reference=reference,
    )
    db.session.commit()
    return reference


def win(user_id: int, reference: str, credits: int) -> None:
    """The bank gives it back."""
    ledger.give_back(
        user_id=user_id,
        amount_credits=credits,
        house="disputes",
        reference=reference,
    )
    db.session.commit()
