"""Turns what Stripe says of a checkout into credits: for the webhook, the return page, a replay.

https://docs.stripe.com/checkout/fulfillment
"""

from __future__ import annotations

import logging
import uuid

from sqlalchemy import func, select

from potluck.announcements import announce
from potluck.billing.gateway import CheckoutSession, current_gateway
from potluck.billing.models import Purchase
from potluck.credits import ledger
from potluck.database import db

logger = logging.getLogger(__name__)


class Mismatch(Exception):
    """Stripe's checkout isn't the one that the purchase was sent to; nothing is credited."""


def fulfil(session_id: str) -> None:
    """Asks Stripe and brings the purchase up to date; any number of callers make one top-up.

    A workflow of its own: call it outside a transaction; it commits, then tells the browsers.
    Raises `StripeUnavailable`, or `Mismatch` when the answer doesn't fit the purchase.
    """
    session = current_gateway().checkout_session(session_id)
    credited_user_id = record(session)
    db.session.commit()
    if credited_user_id is not None:
        announce("credits", user_id=credited_user_id)


def record(session: CheckoutSession) -> int | None:
    """Writes how the purchase stands, and its credits; the user's id if any were credited."""
    purchase = _locked_purchase(session)
    if purchase is None:
        return None
    _check(purchase, session)
    if not purchase.may_become(session.outcome):
        return None
    purchase.checkout_session_id = session.id
    purchase.checkout_url = session.url or purchase.checkout_url
    purchase.state = session.outcome
    if session.outcome != "paid":
        return None
    purchase.paid_at = func.now()
    # What was sold, and not what was paid: promotion codes, taxes and conversions change that.
    ledger.top_up(
        user_id=purchase.user_id,
        amount_credits=purchase.credits,
        checkout_session_id=session.id,
    )
    return purchase.user_id


def _locked_purchase(session: CheckoutSession) -> Purchase | None:
    """By our mark in the metadata, which only a holder of the key can set.

    A client reference alone proves nothing: whoever opens a payment link chooses it.
    """
    purchase_id = _uuid(session.purchase_reference)
    if purchase_id is None:
        # Another shop of the same Stripe account; its events come here as well.
        return None
    query = select(Purchase).filter_by(id=purchase_id).with_for_update()
    purchase = db.session.scalar(query.execution_options(populate_existing=True))
    if purchase is None:
        logger.warning("checkout %s is of an unknown purchase %s", session.id, purchase_id)
    return purchase


def _check(purchase: Purchase, session: CheckoutSession) -> None:
    complaints = {
        "is of the other mode": session.is_live != current_gateway().is_live,
        "names another purchase": session.client_reference != str(purchase.id),
        "is not the one we opened": purchase.checkout_session_id not in {None, session.id},
        "is in another currency": session.currency != purchase.currency,
    }
    for complaint, is_so in complaints.items():
        if is_so:
            raise Mismatch(f"checkout {session.id} of purchase {purchase.id} {complaint}")


def _uuid(reference: str | None) -> uuid.UUID | None:
    try:
        return uuid.UUID(reference)
    except (TypeError, ValueError):
        return None
