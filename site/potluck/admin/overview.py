"""What the operator's pages show. Reads only."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, select, text
from sqlalchemy.orm import joinedload

from potluck.admin.pages import as_pattern
from potluck.billing.models import Dispute, Pack, Purchase, Refund, StripeEvent
from potluck.credits.models import ModelPrice
from potluck.database import db

ROWS_MAX = 50
EVENTS_MAX = 20

# By what people can tell an operator: a name, an address, the id on a page or a statement.
PURCHASES = text("""
    SELECT p.id FROM purchases p JOIN users u ON u.id = p.user_id
    WHERE CAST(:term AS text) = ''
        OR u.name ILIKE '%' || :pattern || '%'
        OR u.id::text = :term
        OR p.id::text = :term
        OR :term IN (p.checkout_session_id, p.payment_intent_id)
        OR EXISTS (SELECT FROM identities i WHERE i.user_id = u.id AND i.email = lower(:term))
    ORDER BY p.created_at DESC LIMIT :rows_max
""")
# The provider counted more than the hold covered; the member paid the hold, the house the rest.
OVERRUNS = text("""
    SELECT g.id, g.ended_at, m.model, g.cost_credits, cost.credits - g.cost_credits AS over_credits
    FROM generations g JOIN model_prices m ON m.id = g.price_id
    CROSS JOIN LATERAL (
        SELECT ceil((g.input_tokens::numeric * m.input_credits_per_million
            + g.output_tokens::numeric * m.output_credits_per_million) / 1000000) AS credits
    ) cost
    WHERE g.state IN ('done', 'stopped') AND g.cost_credits > 0 AND NOT g.usage_estimated
        AND cost.credits > g.cost_credits
    ORDER BY g.id DESC LIMIT :rows_max
""")


def purchases(term: str) -> Sequence[Purchase]:
    """The newest purchases that fit what was typed; of everybody where nothing was."""
    values = {"term": term, "pattern": as_pattern(term), "rows_max": ROWS_MAX}
    ids = db.session.scalars(PURCHASES, values).all()
    query = (
        select(Purchase)
        .where(Purchase.id.in_(ids))
        .order_by(Purchase.created_at.desc())
        .options(joinedload(Purchase.user), joinedload(Purchase.pack))
    )
    return db.session.scalars(query).all()


def refunds_of(purchase_id: uuid.UUID) -> Sequence[Refund]:
    """Newest first."""
    query = select(Refund).filter_by(purchase_id=purchase_id).order_by(Refund.created_at.desc())
    return db.session.scalars(query).all()


def disputes_of(purchase_id: uuid.UUID) -> Sequence[Dispute]:
    """Newest first."""
    query = select(Dispute).filter_by(purchase_id=purchase_id).order_by(Dispute.created_at.desc())
    return db.session.scalars(query).all()


def refunds_on_their_way() -> Sequence[Refund]:
    """Those that Stripe has not finished, oldest first."""
    states = ("held", "asked", "pending")
    query = select(Refund).where(Refund.state.in_(states)).order_by(Refund.created_at)
    return db.session.scalars(query.limit(ROWS_MAX)).all()


def disputes_open() -> Sequence[Dispute]:
    """Those that want an answer, the most urgent first."""
    states = ("inquiry", "open")
    query = select(Dispute).where(Dispute.state.in_(states)).order_by(Dispute.evidence_due_at)
    return db.session.scalars(query.limit(ROWS_MAX)).all()


def events_failed() -> Sequence[StripeEvent]:
    """Events that could not be handled yet, oldest first."""
    query = (
        select(StripeEvent)
        .where(StripeEvent.handled_at.is_(None), StripeEvent.attempts > 0)
        .order_by(StripeEvent.received_at)
    )
    return db.session.scalars(query.limit(EVENTS_MAX)).all()


def overruns() -> Sequence[Row[Any]]:
    """Generations that cost more than was held for them, newest first."""
    return db.session.execute(OVERRUNS, {"rows_max": ROWS_MAX}).all()


def packs() -> Sequence[Pack]:
    """Every version of every pack: those on sale first, then the newest."""
    query = select(Pack).order_by(Pack.withdrawn_at.desc().nulls_first(), Pack.credits)
    return db.session.scalars(query.limit(ROWS_MAX)).all()


def model_prices() -> Sequence[ModelPrice]:
    """Every version of every model's price, newest first."""
    return db.session.scalars(
        select(ModelPrice).order_by(ModelPrice.id.desc()).limit(ROWS_MAX)
    ).all()
