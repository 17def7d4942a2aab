"""From the click on Buy to Stripe's page: one purchase and one checkout, however often clicked.

Each step ends its transaction before Stripe is asked, so that a purchase exists before Stripe
hears of it, and no lock waits for the network.
"""

from __future__ import annotations

import logging

from flask import url_for
from sqlalchemy import select, text

from potluck import pauses
from potluck.billing.fulfilment import fulfil
from potluck.billing.gateway import (
    Order,
    StripeBroke,
    StripeRefused,
    StripeUnavailable,
    current_gateway,
)
from potluck.billing.models import Purchase
from potluck.database import db
from potluck.settings import current_settings

logger = logging.getLogger(__name__)

# Less than the 24 hours for which Stripe keeps a key: a purchase that may still be opened
# always finds its checkout again.
LIFETIME_HOURS = 12
# Stripe wants a checkout to last half an hour, https://docs.stripe.com/api/checkout/sessions/create
OPENING_MINUTES_MIN = 45
TRIES_MAX = 3
# More cards than anybody has. Stripe's page itself would take a hundred.
DECLINES_MAX = 5

EXPIRE_UNOPENED = text("""
    UPDATE purchases SET state = 'expired'
    WHERE user_id = :user_id AND pack_id = :pack_id AND state = 'created' AND source = 'checkout'
        AND expires_at < now() + make_interval(mins => :minutes)
""")
INSERT = text("""
    INSERT INTO purchases (
        user_id, pack_id, credits, amount_minor, currency, return_to, expires_at
    )
    SELECT :user_id, id, credits, amount_minor, currency, :return_to,
        now() + make_interval(hours => :hours)
    FROM packs WHERE id = :pack_id
    ON CONFLICT (user_id, pack_id) WHERE state IN ('created', 'open') AND source = 'checkout'
    DO UPDATE SET return_to = excluded.return_to
""")
OPEN = text("""
    UPDATE purchases SET state = 'open', checkout_session_id = :session_id, checkout_url = :url
    WHERE id = :id AND state = 'created'
""")
FAIL = text("UPDATE purchases SET state = 'failed' WHERE id = :id AND state = 'created'")


def begin(*, user_id: int, pack_id: int, return_to: str | None = None) -> Purchase:
    """A purchase that can be paid on Stripe's page, or one that turns out to be paid already.

    It leads to `return_to` afterwards, the page of the last click. Commits. Raises
    `StripeUnavailable`; asked again, it goes on with the same purchase. Raises `Paused`.
    """
    pauses.check("checkouts")
    for _ in range(TRIES_MAX):
        purchase = _unfinished_purchase(user_id=user_id, pack_id=pack_id, return_to=return_to)
        if purchase is None:
            continue
        if purchase.checkout_session_id is None:
            _open(purchase)
        else:
            session_id = purchase.checkout_session_id
            db.session.commit()
            fulfil(session_id)
        if purchase.state in {"open", "processing", "paid"}:
            return purchase
    message = _("Too much happened at once. Nothing was charged. Try again in a minute.")
    raise StripeUnavailable(message)


def close_after_declines(payment_id: str) -> None:
    """Closes a checkout in which too many cards were refused. Commits."""
    gateway = current_gateway()
    sale = gateway.sale_of_payment(payment_id)
    if sale.mark is None or gateway.declines_of(payment_id) < DECLINES_MAX:
        return
    purchase = db.session.get(Purchase, sale.mark.purchase_id)
    session_id = purchase.checkout_session_id if purchase and purchase.state == "open" else None
    db.session.commit()
    if session_id:
        logger.warning("checkout %s was closed: %s cards were refused", session_id, DECLINES_MAX)
        gateway.expire(session_id)
        fulfil(session_id)


def _unfinished_purchase(*, user_id: int, pack_id: int, return_to: str | None) -> Purchase | None:
    """The one row in which two clicks meet; None when it was finished at this very moment."""
    ids = {"user_id": user_id, "pack_id": pack_id}
    db.session.execute(EXPIRE_UNOPENED, {**ids, "minutes": OPENING_MINUTES_MIN})
    db.session.execute(INSERT, {**ids, "return_to": return_to, "hours": LIFETIME_HOURS})
    unfinished = (Purchase.source == "checkout") & Purchase.state.in_(["created", "open"])
    return db.session.scalar(select(Purchase).filter_by(**ids).where(unfinished))


def _open(purchase: Purchase) -> None:
    purchase_id, order = purchase.id, _order(purchase)
    db.session.commit()
    try:
        sale = current_gateway().create_session(order)
    except (StripeBroke, StripeRefused):
        # Its key is spent, so the next click makes a new purchase. Nobody has seen the checkout
        # of this one, if there is one.
        db.session.execute(FAIL, {"id": purchase_id})
        db.session.commit()
        raise
    values = {"id": purchase_id, "session_id": sale.session_id, "url": sale.url}
    db.session.execute(OPEN, values)
    db.session.commit()


def _order(purchase: Purchase) -> Order:
    path = url_for("billing.show_checkout", purchase_id=purchase.id)
    page = current_settings().public_url + path
    return Order(
        purchase_id=purchase.id,
        member=purchase.user.reference,
        pack=purchase.pack.slug,
        credits=purchase.credits,
        title=f"{purchase.pack.name}: {purchase.credits:,} credits",
        amount_minor=purchase.amount_minor,
        currency=purchase.currency,
        expires_at=purchase.expires_at,
        success_url=page,
        cancel_url=f"{page}?cancelled=1",
    )
