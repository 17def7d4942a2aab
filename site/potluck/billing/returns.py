"""Money that goes back: refunds and disputes, and the credits that go with it.

Everything is read from Stripe when it says that there is news, so events may come twice, late
and in any order. Of a purchase's credits as many are taken back as its money went back, rounded
down over the sum, so that any number of partial refunds add up to the whole.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from sqlalchemy import func, literal, select, union_all

from potluck.announcements import announce
from potluck.billing.fulfilment import fulfil, fulfil_payment, locked_purchase
from potluck.billing.gateway import current_gateway
from potluck.billing.gateway.news import DisputeNews, RefundNews, Sale
from potluck.billing.models import (
    DISPUTES_COUNTED,
    REFUNDS_COUNTED,
    REFUNDS_WAITING,
    Dispute,
    Purchase,
    Refund,
)
from potluck.credits import holds, ledger
from potluck.database import db


def bring_up_to_date(payment_id: str) -> None:
    """Asks Stripe what went back of a payment and writes it down, credits first.

    A workflow of its own: call it outside a transaction; it commits, then tells the browsers.
    Raises `StripeUnavailable`, or `Mismatch` when the answer doesn't fit the purchase.
    """
    gateway = current_gateway()
    sale = gateway.sale_of_payment(payment_id)
    if sale.mark is None:
        # Another shop of the same Stripe account.
        return
    if not _is_credited(sale):
        _credit(sale, payment_id)
    refunds, disputes = gateway.refunds_of(payment_id), gateway.disputes_of(payment_id)
    user_id = db.transact(lambda: record(sale, refunds=refunds, disputes=disputes))
    if user_id is not None:
        announce("credits", user_id=user_id)


def record(
    sale: Sale, *, refunds: Iterable[RefundNews] = (), disputes: Iterable[DisputeNews] = ()
) -> int | None:
    """Writes what is new; the user's id, or None where the purchase isn't ours or isn't paid."""
    purchase = locked_purchase(sale)
    if purchase is None or purchase.state != "paid":
        return None
    purchase.payment_intent_id = purchase.payment_intent_id or sale.payment_id
    for refund in refunds:
        _record_refund(purchase, refund)
    for dispute in disputes:
        _record_dispute(purchase, dispute)
    return purchase.user_id


def credits_for(purchase: Purchase, amount_minor: int) -> int:
    """How many of the purchase's credits belong to so much of its money."""
    if not purchase.paid_minor:
        return 0
    return purchase.credits * min(amount_minor, purchase.paid_minor) // purchase.paid_minor


def gone_minor(purchase: Purchase) -> int:
    """How much of its money went back, or is on its way, in minor units."""
    refunds = select(Refund.amount_minor).where(
        Refund.purchase_id == purchase.id, Refund.state.in_(REFUNDS_COUNTED)
    )
    disputes = select(Dispute.amount_minor).where(
        Dispute.purchase_id == purchase.id, Dispute.state.in_(DISPUTES_COUNTED)
    )
    gone = union_all(refunds, disputes).subquery()
    query = select(func.coalesce(func.sum(gone.c.amount_minor), literal(0)))
    return int(db.session.scalar(query) or 0)


def _is_credited(sale: Sale) -> bool:
    assert sale.mark
    query = select(Purchase.state).filter_by(id=sale.mark.purchase_id)
    state = db.session.scalar(query)
    db.session.commit()
    return state == "paid"


def _credit(sale: Sale, payment_id: str) -> None:
    """What was never credited can't be taken back: the sale comes before its refund."""
    assert sale.mark
    if sale.mark.is_automatic:
        fulfil_payment(payment_id)
    elif session_id := current_gateway().checkout_of_payment(payment_id):
        fulfil(session_id)


def _record_refund(purchase: Purchase, news: RefundNews) -> None:
    refund = _refund(purchase, news)
    if refund is None:
        refund = Refund(
            purchase_id=purchase.id,
            stripe_refund_id=news.id,
            amount_minor=news.amount_minor,
            state=news.state,
        )
        db.session.add(refund)
    elif not refund.may_become(news.state):
        return
    refund.stripe_refund_id = news.id
    refund.state = news.state
    refund.changed_at = func.now()
    db.session.flush()
    _follow(purchase, house="refunds", reference=news.id, refund_id=refund.id)
    holds.release_refund(refund.id)


def _refund(purchase: Purchase, news: RefundNews) -> Refund | None:
    """The row, by Stripe's id, or by ours where Stripe's is news.

    One that was given up here and done there all the same is news as any other: its row has
    ended, and its credits are the member's again.
    """
    query = select(Refund).filter_by(purchase_id=purchase.id)
    known = db.session.scalar(query.filter_by(stripe_refund_id=news.id))
    if known or news.ours is None:
        return known
    ours = query.filter_by(id=news.ours, stripe_refund_id=None)
    return db.session.scalar(ours.where(Refund.state.in_(REFUNDS_WAITING)))


def _record_dispute(purchase: Purchase, news: DisputeNews) -> None:
    dispute = db.session.get(Dispute, news.id, populate_existing=True)
    was_open = dispute is not None and dispute.state == "open"
    if dispute is None:
        dispute = Dispute(
            id=news.id,
            purchase_id=purchase.id,
            amount_minor=news.amount_minor,
            reason=news.reason,
            state=news.state,
        )
        db.session.add(dispute)
    elif not dispute.may_become(news.state):
        return
    dispute.state = news.state
    dispute.evidence_due_at = news.evidence_due_at
    dispute.changed_at = func.now()
    db.session.flush()
    _follow(purchase, house="disputes", reference=news.id)
    is_open = news.state == "open"
    if is_open and not was_open:
        ledger.freeze(purchase.user_id)
    elif was_open and not is_open:
        ledger.thaw(purchase.user_id)


def _follow(
    purchase: Purchase,
    *,
    house: ledger.Return,
    reference: str,
    refund_id: uuid.UUID | None = None,
) -> None:
    """Takes back or gives back as many credits as are now due for the money that is gone."""
    target = credits_for(purchase, gone_minor(purchase))
    change = target - purchase.clawed_credits
    purchase.clawed_credits = target
    if change > 0:
        # Where it was asked for here, its credits are set aside, and are taken from there.
        freed = holds.capture_refund(refund_id, amount_credits=change) if refund_id else 0
        ledger.take_back(
            user_id=purchase.user_id,
            amount_credits=change,
            house=house,
            reference=reference,
            freed_credits=freed,
        )
    elif change < 0:
        ledger.give_back(
            user_id=purchase.user_id, amount_credits=-change, house=house, reference=reference
        )
