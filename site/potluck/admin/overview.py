"""What the operator's pages show. Reads only."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select, text
from sqlalchemy.orm import joinedload

from potluck import json_rows
from potluck.admin.pages import as_pattern
from potluck.billing.models import Dispute, Pack, Purchase, Refund
from potluck.billing.refunds import left_minor_of
from potluck.credits.models import ModelPrice
from potluck.database import db

ROWS_MAX = 50

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
# Of the purchase that `purchases` is where this is asked, the newest first.
RETURNS = (
    text("""
        (SELECT json_agg(r ORDER BY r.created_at DESC) FROM refunds r
            WHERE r.purchase_id = purchases.id) AS refunds
    """),
    text("""
        (SELECT json_agg(d ORDER BY d.created_at DESC) FROM disputes d
            WHERE d.purchase_id = purchases.id) AS disputes
    """),
)


@dataclass(frozen=True, slots=True)
class PurchasePage:
    """A purchase, how much of it can still be given back, and what went back, newest first."""

    purchase: Purchase
    left_minor: int
    refunds: Sequence[Refund]
    disputes: Sequence[Dispute]


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


def purchase(purchase_id: uuid.UUID) -> PurchasePage | None:
    """One of them with all that went back of it, in one question."""
    query = select(Purchase, *RETURNS).filter_by(id=purchase_id).options(joinedload(Purchase.user))
    row = db.session.execute(query).one_or_none()
    if row is None:
        return None
    found, back, disputed = row
    refunds = [json_rows.entity(Refund, each) for each in back or ()]
    disputes = [json_rows.entity(Dispute, each) for each in disputed or ()]
    left_minor = left_minor_of(found, refunds=refunds, disputes=disputes)
    return PurchasePage(found, left_minor=left_minor, refunds=refunds, disputes=disputes)


def packs() -> Sequence[Pack]:
    """Every version of every pack: those on sale first, then the newest."""
    query = select(Pack).order_by(Pack.withdrawn_at.desc().nulls_first(), Pack.credits)
    return db.session.scalars(query.limit(ROWS_MAX)).all()


def model_prices() -> Sequence[ModelPrice]:
    """Every version of every model's price, newest first."""
    return db.session.scalars(
        select(ModelPrice).order_by(ModelPrice.id.desc()).limit(ROWS_MAX)
    ).all()
