"""What a member who leaves has with Stripe, and what they are given of it in a file."""

from __future__ import annotations

import logging

from sqlalchemy import select, text

from potluck.accounts import export
from potluck.accounts.departures import user_leaving, user_left
from potluck.accounts.models import User
from potluck.billing import automatic_rule, cards
from potluck.billing.gateway import StripeUnavailable, is_configured
from potluck.billing.models import SavedCard
from potluck.database import db
from potluck.refusals import Refusal
from potluck.texts import gettext as _

logger = logging.getLogger(__name__)

SWEEP_EVERY_SECONDS = 60
CARDS_PER_SWEEP = 20

# One that Stripe never heard of can't be paid any more once it has lapsed.
UNFINISHED = text("""
    SELECT EXISTS (
        SELECT FROM purchases WHERE user_id = :user_id
            AND (state IN ('open', 'processing') OR state = 'created' AND expires_at > now())
        UNION ALL
        SELECT FROM refunds r JOIN purchases p ON p.id = r.purchase_id
        WHERE p.user_id = :user_id AND r.state IN ('held', 'asked', 'pending')
    )
""")
PARTS = {
    "purchases": text("""
        SELECT p.id, packs.name AS pack, p.credits, p.amount_minor, p.paid_minor, p.currency,
            p.state, p.source, p.checkout_session_id, p.payment_intent_id, p.receipt_url,
            p.return_to, p.clawed_credits, p.created_at, p.paid_at, p.failed_at
        FROM purchases p JOIN packs ON packs.id = p.pack_id
        WHERE p.user_id = :user_id ORDER BY p.created_at, p.id
    """),
    "refunds": text("""
        SELECT r.id, r.purchase_id, r.stripe_refund_id, r.amount_minor, r.state, r.reason,
            r.created_at, r.changed_at
        FROM refunds r JOIN purchases p ON p.id = r.purchase_id
        WHERE p.user_id = :user_id ORDER BY r.created_at, r.id
    """),
    "disputes": text("""
        SELECT d.id, d.purchase_id, d.amount_minor, d.reason, d.state, d.created_at, d.changed_at
        FROM disputes d JOIN purchases p ON p.id = d.purchase_id
        WHERE p.user_id = :user_id ORDER BY d.created_at, d.id
    """),
    "saved_card": text("""
        SELECT customer_id, brand, last4, exp_month, exp_year, saved_at FROM saved_cards
        WHERE user_id = :user_id
    """),
    "automatic_top_up": text("""
        SELECT packs.name AS pack, threshold_credits, monthly_cap_minor, stopped_at,
            stopped_because, consented_at
        FROM automatic_top_ups t JOIN packs ON packs.id = t.pack_id WHERE t.user_id = :user_id
    """),
}


class PaymentUnderWay(Refusal):
    """Money is between a bank and here."""

    code = "payment_under_way"


def init_app() -> None:
    """Hears of those who leave."""
    export.add(PARTS)
    user_leaving.connect(_switch_off)
    user_left.connect(_forget_card)


def sweep() -> None:
    """Has Stripe forget the cards of those who left while it was away."""
    query = (
        select(SavedCard.user_id)
        .join(User, User.id == SavedCard.user_id)
        .where(User.deleted_at.is_not(None))
        .limit(CARDS_PER_SWEEP)
    )
    user_ids = db.session.scalars(query).all()
    db.session.rollback()
    for user_id in user_ids:
        _forget_card(user_id)


def _switch_off(user: User) -> None:
    if db.session.scalar(UNFINISHED, {"user_id": user.id}):
        message = _(
            "A payment or a refund of yours is not finished. Pay or cancel it, or wait until it is "
            "settled or has lapsed, which takes half a day at most for one that nobody pays."
        )
        raise PaymentUnderWay(message)
    automatic_rule.switch_off(user.id)


def _forget_card(user_id: int) -> None:
    if not is_configured():
        return
    try:
        cards.remove(user_id)
    except StripeUnavailable:
        logger.warning("the card of user %s, who left, stays at Stripe for now", user_id)
