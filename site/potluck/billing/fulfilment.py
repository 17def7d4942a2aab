"""Turns what Stripe says of a sale into credits: for webhook, return page, reconciler, replay.

https://docs.stripe.com/checkout/fulfillment
"""

from __future__ import annotations

import logging

from sqlalchemy import func, select, text

from potluck.accounts.models import User
from potluck.announcements import announce
from potluck.billing import automatic_rule
from potluck.billing.gateway import current_gateway
from potluck.billing.gateway.news import Mark, Sale
from potluck.billing.models import Purchase
from potluck.credits import ledger
from potluck.database import db

logger = logging.getLogger(__name__)

# The row as it was when it was sold; where a backup is older than the pack, so is the pack.
RESTORE_PACK = text("""
    INSERT INTO packs (slug, name, credits, amount_minor, currency, withdrawn_at)
    SELECT CAST(:slug AS text), 'From a backup', :credits, :amount_minor, :currency, now()
    WHERE NOT EXISTS (SELECT FROM packs WHERE slug = :slug AND credits = :credits
        AND currency = :currency)
""")
# Not as an open one, of which a member has only one: they may have begun another meanwhile.
RESTORE_PURCHASE = text("""
    INSERT INTO purchases (id, user_id, pack_id, credits, amount_minor, currency, created_at,
        expires_at, source, state, checkout_session_id, payment_intent_id)
    SELECT :id, :user_id, packs.id, :credits, packs.amount_minor, :currency, :created_at,
        :created_at, :source, 'expired', :session_id, :payment_id
    FROM packs WHERE slug = :slug AND credits = :credits AND currency = :currency
    ORDER BY withdrawn_at DESC NULLS FIRST LIMIT 1
    ON CONFLICT DO NOTHING
""")


class Mismatch(Exception):
    """Stripe's sale isn't the one that the purchase was sent to; nothing is credited."""


def fulfil(session_id: str) -> None:
    """Asks Stripe and brings the purchase up to date; any number of callers make one top-up.

    A workflow of its own: call it outside a transaction; it commits, then tells the browsers.
    Raises `StripeUnavailable`, or `Mismatch` when the answer doesn't fit the purchase.
    """
    settle(current_gateway().sale_of_checkout(session_id))


def bring_up_to_date(purchase: Purchase) -> None:
    """The same for a purchase that somebody looks at: what is no news takes no lock.

    Commits before Stripe is asked. Raises `StripeUnavailable`, or `Mismatch`.
    """
    assert purchase.checkout_session_id, "Stripe has never heard of it"
    session_id = purchase.checkout_session_id
    db.session.commit()
    sale = current_gateway().sale_of_checkout(session_id)
    if purchase.may_become(sale.state):
        db.session.commit()
        settle(sale)


def fulfil_payment(payment_id: str) -> None:
    """The same for a payment that was made without a checkout."""
    settle(current_gateway().sale_of_payment(payment_id))


def settle(sale: Sale) -> None:
    """Writes down what Stripe said, then tells the browsers. Commits."""
    user_id = db.transact(lambda: record(sale), is_done=lambda _: _is_recorded(sale))
    if user_id is not None:
        # Also where the payment is on its way or failed: their page of credits says so.
        announce("credits", user_id=user_id)


def record(sale: Sale) -> int | None:
    """Writes how the purchase stands, and its credits; the user's id if anything was news."""
    purchase = locked_purchase(sale)
    if purchase is None or not purchase.may_become(sale.state):
        return None
    if sale.session_id is None and purchase.source == "checkout":
        # Only the checkout says whether it is over: a payment in it may be tried again.
        return None
    purchase.checkout_session_id = sale.session_id
    purchase.checkout_url = sale.url or purchase.checkout_url
    purchase.payment_intent_id = purchase.payment_intent_id or sale.payment_id
    purchase.state = sale.state
    if sale.state == "paid":
        _credit(purchase, sale)
    if purchase.source == "automatic":
        automatic_rule.note(purchase, decline=sale.decline)
    return purchase.user_id


def _is_recorded(sale: Sale) -> bool:
    purchase = locked_purchase(sale)
    return purchase is not None and not purchase.may_become(sale.state)


def locked_purchase(sale: Sale) -> Purchase | None:
    """The purchase that a sale is of, until the transaction ends; None if it isn't ours.

    Another shop may use the same Stripe account; its events come here as well.
    """
    if sale.mark is None:
        return None
    query = select(Purchase).filter_by(id=sale.mark.purchase_id).with_for_update()
    query = query.execution_options(populate_existing=True)
    purchase = db.session.scalar(query)
    if purchase is None and _restore(sale, sale.mark):
        purchase = db.session.scalar(query)
    if purchase is None:
        logger.warning("%s is of an unknown purchase", sale)
        return None
    _check(purchase, sale)
    return purchase


def _credit(purchase: Purchase, sale: Sale) -> None:
    purchase.paid_at = func.now()
    purchase.paid_minor = sale.paid_minor
    purchase.receipt_url = sale.receipt_url
    payment_id = sale.session_id or sale.payment_id
    assert payment_id
    # What was sold, and not what was paid: promotion codes, taxes and conversions change that.
    ledger.top_up(user_id=purchase.user_id, amount_credits=purchase.credits, payment_id=payment_id)


def _restore(sale: Sale, mark: Mark) -> bool:
    """Writes a purchase down again that was lost with the database; False if nobody is left.

    Only if it was paid: of the others nothing is missing.
    """
    user = db.session.scalar(select(User).filter_by(reference=mark.member))
    is_whole = sale.session_id is not None or mark.is_automatic
    if user is None or not (mark.credits and mark.pack and is_whole and sale.state == "paid"):
        return False
    sold = {"slug": mark.pack, "credits": mark.credits, "currency": sale.currency}
    db.session.execute(RESTORE_PACK, {**sold, "amount_minor": max(sale.amount_minor, 1)})
    values = {
        "id": mark.purchase_id,
        "user_id": user.id,
        "created_at": sale.created_at,
        "source": "automatic" if mark.is_automatic else "checkout",
        "session_id": sale.session_id,
        "payment_id": sale.payment_id,
    }
    db.session.execute(RESTORE_PURCHASE, {**sold, **values})
    logger.warning("purchase %s was missing and is written down again", mark.purchase_id)
    return True


def _check(purchase: Purchase, sale: Sale) -> None:
    reference = str(purchase.id)
    complaints = {
        "is of the other mode": sale.is_live != current_gateway().is_live,
        "names another purchase": sale.session_id and sale.client_reference != reference,
        "is not the one we opened": (
            sale.session_id and purchase.checkout_session_id not in {None, sale.session_id}
        ),
        "is not the payment we know": (
            sale.payment_id and purchase.payment_intent_id not in {None, sale.payment_id}
        ),
        "is in another currency": sale.currency != purchase.currency,
    }
    for complaint, is_so in complaints.items():
        if is_so:
            name = sale.session_id or sale.payment_id
            raise Mismatch(f"{name} of purchase {purchase.id} {complaint}")
