"""Money of a member that is under way: between a bank and here, or on its way back."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

FAILED_SHOWN_DAYS = 7

IN_MOTION = """
    SELECT CASE state WHEN 'failed' THEN 'failed' ELSE 'processing' END AS kind,
        id AS purchase_id, amount_minor, currency, credits, coalesce(failed_at, created_at) AS at
    FROM purchases
    WHERE user_id = :user_id AND (
        state = 'processing'
        -- Without a name at Stripe nothing was ever asked of a bank.
        OR state = 'failed' AND failed_at > now() - make_interval(days => :days)
            AND coalesce(checkout_session_id, payment_intent_id) IS NOT NULL
    )
    UNION ALL
    SELECT 'refund', p.id, r.amount_minor, p.currency, p.credits, r.created_at
    FROM refunds r JOIN purchases p ON p.id = r.purchase_id
    WHERE p.user_id = :user_id AND r.state IN ('held', 'asked', 'pending')
    ORDER BY at DESC
"""


@dataclass(frozen=True, slots=True)
class Motion:
    """A payment, or a refund of one; `credits` are those of the purchase."""

    kind: Literal["processing", "failed", "refund"]
    purchase_id: uuid.UUID
    amount_minor: int
    currency: str
    credits: int
    at: datetime


def as_motion(row: Mapping[str, Any]) -> Motion:
    """What a row of `IN_MOTION` says, as JSON."""
    return Motion(
        kind=row["kind"],
        purchase_id=uuid.UUID(row["purchase_id"]),
        amount_minor=row["amount_minor"],
        currency=row["currency"],
        credits=row["credits"],
        at=datetime.fromisoformat(row["at"]),
    )
