"""Buys a pack for whoever runs low and has agreed to it.

One purchase at a time for each member, which a unique index sees to; it is committed before
Stripe is asked. What dies in between is found by the next sweep, which first looks whether Stripe
has the payment, and asks again under the same key only while the member's consent stands.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from sqlalchemy import select, text

from potluck.billing import automatic_rule
from potluck.billing.fulfilment import Mismatch, settle
from potluck.billing.gateway import (
    StripeRefused,
    StripeUnavailable,
    charges,
    current_gateway,
    is_configured,
)
from potluck.billing.gateway.charges import Charge
from potluck.billing.models import Purchase
from potluck.database import db

logger = logging.getLogger(__name__)

SWEEP_EVERY_SECONDS = 5
# Longer than one question with all its tries takes.
UNANSWERED_SECONDS = 30
# Stripe forgets a key after a day. Later, what it has not done by then it never will.
KEY_HOURS = 20
PER_SWEEP_MAX = 50
# Where Stripe leaves so many without an answer, the rest need not wait for the same.
SILENCES_MAX = 3

PAUSED = "SELECT FROM pauses WHERE what = 'checkouts'"
# Whose turn it is. Looked at again under the lock of the rule.
DUE = f"""
    FROM automatic_top_ups r
    JOIN saved_cards c ON c.user_id = r.user_id AND c.payment_method_id IS NOT NULL
    JOIN packs p ON p.id = r.pack_id AND p.withdrawn_at IS NULL
    JOIN users u ON u.id = r.user_id AND u.banned_at IS NULL
    JOIN accounts a ON a.user_id = r.user_id AND a.freezes = 0
    WHERE r.stopped_at IS NULL AND (r.try_after IS NULL OR r.try_after <= now())
        AND a.posted - a.held < r.threshold_credits
        AND NOT EXISTS (SELECT FROM purchases f WHERE f.user_id = r.user_id
            AND f.source = 'automatic' AND f.state IN ('created', 'open', 'processing'))
        AND NOT EXISTS ({automatic_rule.MONEY_RETURNED})
        AND NOT EXISTS ({PAUSED})
        AND ({automatic_rule.SPENT}) + p.amount_minor <= r.monthly_cap_minor
"""
# In any order, so that nobody whose payment always fails stands in front of everybody else.
WHOSE_TURN = text(f"SELECT r.user_id {DUE} ORDER BY random() LIMIT :limit")
LOCK = text("SELECT FROM automatic_top_ups WHERE user_id = :user_id FOR UPDATE")
INSERT = text(f"""
    INSERT INTO purchases (user_id, pack_id, credits, amount_minor, currency, source,
        customer_id, payment_method_id, expires_at)
    SELECT r.user_id, p.id, p.credits, p.amount_minor, p.currency, 'automatic',
        c.customer_id, c.payment_method_id, now() + make_interval(hours => :hours)
    {DUE} AND r.user_id = :user_id
    ON CONFLICT (user_id) WHERE state IN ('created', 'open', 'processing')
        AND source = 'automatic' DO NOTHING
    RETURNING id
""")
UNFINISHED = text(f"""
    SELECT f.id, f.payment_intent_id, f.expires_at > now() AND NOT EXISTS ({PAUSED}) AND EXISTS (
        SELECT FROM automatic_top_ups r
        JOIN saved_cards c ON c.user_id = r.user_id
        JOIN users u ON u.id = r.user_id AND u.banned_at IS NULL
        JOIN accounts a ON a.user_id = r.user_id AND a.freezes = 0
        WHERE r.user_id = f.user_id AND r.stopped_at IS NULL AND r.pack_id = f.pack_id
            AND c.payment_method_id = f.payment_method_id
    ) AS may_be_charged
    FROM purchases f
    WHERE f.source = 'automatic' AND f.state IN ('created', 'open')
        AND f.created_at < now() - make_interval(secs => :seconds)
    ORDER BY random() LIMIT :limit
""")  # noqa: S608 - put together from constants


@dataclass(frozen=True, slots=True)
class _Unfinished:
    purchase_id: uuid.UUID
    payment_id: str | None
    may_be_charged: bool


def sweep() -> None:
    """Goes on with what was left unfinished, then buys for everybody whose turn it is."""
    if not is_configured():
        return
    db.transact(automatic_rule.stop_outdated)
    silences = 0
    for step in _steps():
        try:
            step()
        except StripeUnavailable as error:
            logger.warning("an automatic top-up has to wait: %s", error.message)
            silences += 1
        except Mismatch:
            logger.exception("an automatic top-up can't be settled")
        if silences == SILENCES_MAX:
            return


def buy(user_id: int) -> None:
    """Buys a member's pack if it is still their turn. Commits."""
    purchase_id = db.transact(lambda: _begin(user_id))
    if purchase_id:
        _charge(_order(purchase_id))


def _steps() -> Iterator[Callable[[], None]]:
    values = {"seconds": UNANSWERED_SECONDS, "limit": PER_SWEEP_MAX}
    unfinished = [_Unfinished(*row) for row in db.session.execute(UNFINISHED, values)]
    db.session.commit()
    yield from (partial(_go_on, purchase) for purchase in unfinished)
    user_ids = db.session.scalars(WHOSE_TURN, {"limit": PER_SWEEP_MAX}).all()
    db.session.commit()
    yield from (partial(buy, user_id) for user_id in user_ids)


def _begin(user_id: int) -> uuid.UUID | None:
    db.session.execute(LOCK, {"user_id": user_id})
    # A statement of its own: it sees what was committed while the lock was waited for.
    values = {"user_id": user_id, "hours": KEY_HOURS}
    purchase_id: uuid.UUID | None = db.session.scalar(INSERT, values)
    return purchase_id


def _go_on(purchase: _Unfinished) -> None:
    if purchase.payment_id:
        sale = current_gateway().sale_of_payment(purchase.payment_id)
        settle(charges.cancel(purchase.payment_id) if sale.state == "open" else sale)
        return
    order = _order(purchase.purchase_id)
    if sale_at_stripe := charges.payment_of(order):
        settle(sale_at_stripe)
    elif purchase.may_be_charged:
        _charge(order)
    else:
        db.transact(lambda: _give_up(order.purchase_id))


def _charge(order: Charge) -> None:
    try:
        sale = charges.charge(order)
    except StripeRefused:
        # There is no payment, unless this very key was used in other words before.
        found = charges.payment_of(order)
        if found is None:
            db.transact(lambda: _refuse(order.purchase_id))
            return
        sale = found
    settle(sale)


def _order(purchase_id: uuid.UUID) -> Charge:
    purchase = db.session.get_one(Purchase, purchase_id, populate_existing=True)
    assert purchase.customer_id
    assert purchase.payment_method_id
    order = Charge(
        purchase_id=purchase.id,
        member=purchase.user.reference,
        pack=purchase.pack.slug,
        credits=purchase.credits,
        title=f"{purchase.pack.name}: {purchase.credits:,} credits, bought automatically",
        amount_minor=purchase.amount_minor,
        currency=purchase.currency,
        customer_id=purchase.customer_id,
        payment_method_id=purchase.payment_method_id,
        created_at=purchase.created_at,
    )
    db.session.commit()
    return order


def _refuse(purchase_id: uuid.UUID) -> None:
    """Stripe would not even try, which counts as a try."""
    if purchase := _locked(purchase_id):
        purchase.state = "failed"
        automatic_rule.note(purchase, decline=None)


def _give_up(purchase_id: uuid.UUID) -> None:
    """Stripe never heard of it, and now must not: no consent, a pause, or a key grown old."""
    if purchase := _locked(purchase_id):
        purchase.state = "expired"


def _locked(purchase_id: uuid.UUID) -> Purchase | None:
    """The purchase while nothing is known of it; None once anything is."""
    query = select(Purchase).filter_by(id=purchase_id, state="created").with_for_update()
    return db.session.scalar(query.execution_options(populate_existing=True))
