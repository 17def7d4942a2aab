"""An operator gives money back: the credits are held first, then Stripe is asked, then they go.

A refund that was asked for is carried out, whatever dies in between: the sweep asks again under
the same key until Stripe has answered.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterable
from functools import partial
from http import HTTPStatus

from sqlalchemy import func, select, text

from potluck.accounts import acts
from potluck.billing.gateway import StripeRefused, StripeUnavailable, current_gateway, is_configured
from potluck.billing.models import (
    DISPUTES_COUNTED,
    REFUNDS_COUNTED,
    REFUNDS_WAITING,
    Dispute,
    Purchase,
    Refund,
)
from potluck.billing.money import money
from potluck.billing.returns import bring_up_to_date, credits_for, gone_minor
from potluck.credits import holds, ledger
from potluck.database import db
from potluck.refusals import Refusal

logger = logging.getLogger(__name__)

HOLD_TTL_SECONDS = 60
UNANSWERED_SECONDS = 20
# Stripe forgets a key after a day. Later, what it has not done by then it never will.
KEY_HOURS = 20
REASON_CHARACTERS_MAX = 200

UNANSWERED = text("""
    SELECT r.id, r.created_at < now() - make_interval(hours => :hours) AS is_old,
        p.payment_intent_id
    FROM refunds r JOIN purchases p ON p.id = r.purchase_id
    WHERE r.state IN ('held', 'asked')
        AND r.changed_at < now() - make_interval(secs => :seconds)
    ORDER BY r.created_at
""")


class RefundRefused(Refusal):
    """This much can't be given back."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "refund_refused"


def request(
    refund_id: uuid.UUID,
    *,
    purchase_id: uuid.UUID,
    amount_minor: int,
    reason: str,
    requested_by: int | None,
) -> bool:
    """Sets the credits of a refund aside, once for each id. Commits.

    False where it was asked for by this id before. `requested_by` is the operator's user id; None
    from the command line. Raises `RefundRefused` with what is possible instead.
    """
    return db.transact(
        lambda: _request(
            refund_id,
            purchase_id=purchase_id,
            amount_minor=amount_minor,
            reason=reason.strip()[:REASON_CHARACTERS_MAX],
            requested_by=requested_by,
        )
    )


def carry_out(refund_id: uuid.UUID) -> Refund:
    """Asks Stripe, and takes the credits. One that is over stays as it is. Commits.

    Raises `StripeRefused` once the credits are given back, or `StripeUnavailable` while nobody
    knows: then the sweep asks again.
    """
    if not _is_unanswered(refund_id):
        return db.session.get_one(Refund, refund_id)
    payment_id, amount_minor = db.transact(lambda: _dispatch(refund_id))
    try:
        current_gateway().refund(refund_id, payment_id=payment_id, amount_minor=amount_minor)
    except StripeRefused:
        db.transact(lambda: _give_up(refund_id))
        raise
    except StripeUnavailable:
        message = (
            "Stripe doesn't answer, so nobody knows yet whether the money went. The credits stay "
            "set aside, and Stripe is asked again by itself until it answers."
        )
        raise StripeUnavailable(message) from None
    bring_up_to_date(payment_id)
    return db.session.get_one(Refund, refund_id, populate_existing=True)


def sweep() -> None:
    """Goes on with refunds whose process died or whom Stripe did not answer."""
    if not is_configured():
        return
    values = {"hours": KEY_HOURS, "seconds": UNANSWERED_SECONDS}
    unanswered = list(db.session.execute(UNANSWERED, values))
    db.session.commit()
    for row in unanswered:
        try:
            bring_up_to_date(row.payment_intent_id)
            if row.is_old:
                db.transact(partial(_give_up, row.id))
            else:
                carry_out(row.id)
        except StripeUnavailable as error:
            logger.warning("refund %s: %s", row.id, error.message)


def _is_unanswered(refund_id: uuid.UUID) -> bool:
    """Asked again only then: an answer of Stripe's that it broke is kept under the same key."""
    state = db.session.scalar(select(Refund.state).filter_by(id=refund_id))
    db.session.commit()
    return state in REFUNDS_WAITING


def left_minor(purchase: Purchase) -> int:
    """How much of the purchase's money can still be given back."""
    return (purchase.paid_minor or 0) - gone_minor(purchase) - _unanswered_minor(purchase)


def left_minor_of(
    purchase: Purchase, *, refunds: Iterable[Refund], disputes: Iterable[Dispute]
) -> int:
    """The same by all its refunds and disputes, where they were read."""
    counted = {*REFUNDS_COUNTED, *REFUNDS_WAITING}
    gone = [refund.amount_minor for refund in refunds if refund.state in counted]
    gone += [each.amount_minor for each in disputes if each.state in DISPUTES_COUNTED]
    return (purchase.paid_minor or 0) - sum(gone)


def _request(
    refund_id: uuid.UUID,
    *,
    purchase_id: uuid.UUID,
    amount_minor: int,
    reason: str,
    requested_by: int | None,
) -> bool:
    query = select(Purchase).filter_by(id=purchase_id).with_for_update()
    purchase = db.session.scalar(query.execution_options(populate_existing=True))
    # Sent twice, or the answer to the commit was lost.
    if db.session.get(Refund, refund_id):
        return False
    _check(purchase, amount_minor)
    assert purchase
    gone = gone_minor(purchase) + _unanswered_minor(purchase)
    needed = credits_for(purchase, gone + amount_minor) - credits_for(purchase, gone)
    if not needed:
        least = -(-(purchase.paid_minor or 0) // purchase.credits)
        message = f"That is worth less than a credit: give back at least {_money(purchase, least)}."
        raise RefundRefused(message)
    refund = Refund(
        id=refund_id,
        purchase_id=purchase.id,
        amount_minor=amount_minor,
        state="held",
        reason=reason,
        requested_by=requested_by,
    )
    db.session.add(refund)
    db.session.flush()
    if not holds.reserve_refund(
        user_id=purchase.user_id,
        amount_credits=needed,
        refund_id=refund_id,
        ttl_seconds=HOLD_TTL_SECONDS,
    ):
        raise RefundRefused(_too_little(purchase, needed))
    acts.note(
        "refund",
        f"purchase {purchase.id}",
        member_id=purchase.user_id,
        details=_money(purchase, amount_minor),
        reason=reason,
    )
    return True


def _check(purchase: Purchase | None, amount_minor: int) -> None:
    if purchase is None or purchase.state != "paid" or not purchase.payment_intent_id:
        message = "There is no paid purchase of that id, so there is nothing to give back."
        raise RefundRefused(message, code="nothing_paid")
    if amount_minor < 1:
        message = "Say how much to give back, as an amount above zero."
        raise RefundRefused(message)
    if (left := left_minor(purchase)) < amount_minor:
        message = f"Of this purchase {_money(purchase, left)} can still be given back, no more."
        raise RefundRefused(message)
    if db.session.scalar(select(Dispute.id).filter_by(purchase_id=purchase.id, state="open")):
        message = "The buyer's bank disputes this payment: answer the dispute at Stripe instead."
        raise RefundRefused(message, code="disputed")


def _too_little(purchase: Purchase, needed: int) -> str:
    available = ledger.balance(purchase.user_id).available
    worth = available * (purchase.paid_minor or 0) // purchase.credits
    return (
        f"This would take {needed:,} credits back, and {available:,} are left: worth at most "
        f"{_money(purchase, worth)}. A refund in Stripe's dashboard takes the rest as a debt."
    )


def _dispatch(refund_id: uuid.UUID) -> tuple[str, int]:
    """The payment and the amount, once it is on record that Stripe is being asked."""
    refund = _locked(refund_id)
    if refund.state == "held":
        refund.state = "asked"
        refund.changed_at = func.now()
        holds.dispatch_refund(refund_id)
    payment_id = refund.purchase.payment_intent_id
    assert payment_id
    return payment_id, refund.amount_minor


def _give_up(refund_id: uuid.UUID) -> None:
    """Stripe said no, or never did it: the credits are the member's again."""
    refund = _locked(refund_id)
    if refund.state in REFUNDS_WAITING:
        refund.state = "refused"
        refund.changed_at = func.now()
        db.session.flush()
        holds.release_refund(refund_id)


def _locked(refund_id: uuid.UUID) -> Refund:
    """Behind the purchase's lock, as everywhere: two that come together come one by one."""
    db.session.execute(
        select(Purchase.id)
        .join(Refund, Refund.purchase_id == Purchase.id)
        .where(Refund.id == refund_id)
        .with_for_update(of=Purchase)
    )
    return db.session.get_one(Refund, refund_id, populate_existing=True)


def _unanswered_minor(purchase: Purchase) -> int:
    query = select(func.coalesce(func.sum(Refund.amount_minor), 0)).where(
        Refund.purchase_id == purchase.id, Refund.state.in_(REFUNDS_WAITING)
    )
    return int(db.session.scalar(query) or 0)


def _money(purchase: Purchase, amount_minor: int) -> str:
    return money(amount_minor, purchase.currency)
