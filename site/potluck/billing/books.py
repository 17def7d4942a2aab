"""What our own books hold of purchases: the rows, and the credits that moved for them.

On a connection of its own, so that no transaction is open when Stripe is asked next.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text

from potluck.database import db

PAGE_ROWS = 500
FIRST = uuid.UUID(int=0)

# Credits as the ledger has them, whatever the purchase's own row says.
ENTRIES = text("""
    SELECT p.id, p.user_id, p.state, p.credits, p.currency, p.paid_minor, p.clawed_credits,
        p.checkout_session_id, p.payment_intent_id,
        (
            SELECT coalesce(-sum(e.amount), 0)::bigint FROM transfers t
            JOIN accounts member ON member.id = t.account_id AND member.user_id = p.user_id
            JOIN entries e ON e.transfer_id = t.id
            JOIN accounts house ON house.id = e.account_id AND house.kind = 'purchases'
            WHERE t.key = 'topup:' || coalesce(p.checkout_session_id, p.payment_intent_id)
        ) AS credited,
        (
            SELECT coalesce(sum(e.amount), 0)::bigint FROM (
                SELECT stripe_refund_id AS id FROM refunds WHERE purchase_id = p.id
                UNION ALL SELECT id FROM disputes WHERE purchase_id = p.id
            ) returned
            CROSS JOIN (VALUES ('refund'), ('refund_failed'), ('dispute'), ('dispute_won'))
                AS kind (name)
            JOIN transfers t ON t.key = kind.name || ':' || returned.id
            JOIN entries e ON e.transfer_id = t.id
            JOIN accounts house ON house.id = e.account_id
                AND house.kind IN ('refunds', 'disputes')
        ) AS taken,
        (
            SELECT coalesce(jsonb_agg(jsonb_build_array(id, stripe_refund_id, state, amount_minor)
                ORDER BY created_at, id), '[]')
            FROM refunds WHERE purchase_id = p.id
        ) AS refunds,
        (
            SELECT coalesce(jsonb_agg(jsonb_build_array(id, state, amount_minor)
                ORDER BY created_at, id), '[]')
            FROM disputes WHERE purchase_id = p.id
        ) AS disputes
    FROM purchases p WHERE p.id = ANY(:ids)
""")
# A checkout that is still unpaid here, or money that is still on its way back, may have
# come to its end at Stripe however long ago it began.
DUE = text("""
    SELECT id, is_sale_due, are_returns_due FROM (
        SELECT p.id,
            coalesce(p.checkout_session_id, p.payment_intent_id) IS NOT NULL
                AND (p.state IN ('open', 'processing') OR is_new AND p.state = 'paid')
                AS is_sale_due,
            p.payment_intent_id IS NOT NULL AND (
                is_new AND p.clawed_credits > 0
                OR EXISTS (SELECT FROM refunds r WHERE r.purchase_id = p.id
                    AND r.stripe_refund_id IS NOT NULL
                    AND (r.state = 'pending' OR r.changed_at >= :since))
                OR EXISTS (SELECT FROM disputes d WHERE d.purchase_id = p.id
                    AND (d.state IN ('inquiry', 'open') OR d.changed_at >= :since))
            ) AS are_returns_due
        FROM purchases p CROSS JOIN LATERAL (
            SELECT greatest(p.created_at, p.paid_at) >= :since AS is_new
        ) age
        WHERE p.id > :after
    ) purchase WHERE is_sale_due OR are_returns_due
    ORDER BY id LIMIT :rows
""")
KNOWS_MEMBER = text("SELECT EXISTS (SELECT FROM users WHERE reference = :reference)")


@dataclass(frozen=True, slots=True, kw_only=True)
class OurRefund:
    """A refund in our books; `stripe_id` is None while Stripe has not answered."""

    id: uuid.UUID
    stripe_id: str | None
    state: str
    amount_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OurDispute:
    """A dispute in our books."""

    id: str
    state: str
    amount_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ours:
    """A purchase in our books.

    `credited` and `taken` are what the ledger moved for it; `clawed_credits` is what its row says
    was taken back.
    """

    id: uuid.UUID
    user_id: int
    state: str
    credits: int
    currency: str
    paid_minor: int
    clawed_credits: int
    session_id: str | None
    payment_id: str | None
    credited: int
    taken: int
    refunds: Sequence[OurRefund]
    disputes: Sequence[OurDispute]


@dataclass(frozen=True, slots=True)
class Due:
    """A purchase of which Stripe should know, and what of it there is to compare."""

    id: uuid.UUID
    is_sale_due: bool
    are_returns_due: bool


def of(purchase_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Ours]:
    """Those of the purchases that are in the books."""
    with db.engine.connect() as connection:
        rows = connection.execute(ENTRIES, {"ids": list(purchase_ids)})
        return {row.id: _ours(row) for row in rows}


def due(*, since: datetime) -> Iterator[list[Due]]:
    """Purchases in the books that Stripe should know of, a page at a time."""
    after = FIRST
    while True:
        with db.engine.connect() as connection:
            values = {"since": since, "after": after, "rows": PAGE_ROWS}
            page = [Due(*row) for row in connection.execute(DUE, values)]
        if not page:
            return
        yield page
        after = page[-1].id


def know_member(reference: uuid.UUID | None) -> bool:
    """Whether somebody with that reference is in the books."""
    with db.engine.connect() as connection:
        return bool(connection.scalar(KNOWS_MEMBER, {"reference": reference}))


def _ours(row: Any) -> Ours:
    return Ours(
        id=row.id,
        user_id=row.user_id,
        state=row.state,
        credits=row.credits,
        currency=row.currency,
        paid_minor=row.paid_minor or 0,
        clawed_credits=row.clawed_credits,
        session_id=row.checkout_session_id,
        payment_id=row.payment_intent_id,
        credited=row.credited,
        taken=row.taken,
        refunds=[
            OurRefund(id=uuid.UUID(ours), stripe_id=stripe_id, state=state, amount_minor=amount)
            for ours, stripe_id, state, amount in row.refunds
        ],
        disputes=[
            OurDispute(id=id_, state=state, amount_minor=amount)
            for id_, state, amount in row.disputes
        ],
    )
