"""What wants an operator's attention, in one question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from potluck import json_rows
from potluck.billing.models import Dispute, Purchase, Refund, StripeEvent
from potluck.database import db

ROWS_MAX = 50
EVENTS_MAX = 20

# The provider counted more than the hold covered; the member paid the hold, the house the rest.
OVERRUNS = """
    SELECT g.id, g.ended_at, m.model, g.cost_credits, cost.credits - g.cost_credits AS over_credits
    FROM generations g JOIN model_prices m ON m.id = g.price_id
    CROSS JOIN LATERAL (
        SELECT ceil((g.input_tokens::numeric * m.input_credits_per_million
            + g.output_tokens::numeric * m.output_credits_per_million) / 1000000) AS credits
    ) cost
    WHERE g.state IN ('done', 'stopped') AND g.cost_credits > 0 AND NOT g.usage_estimated
        AND cost.credits > g.cost_credits
    ORDER BY g.id DESC LIMIT :rows_max
"""
REFUNDS = """
    SELECT refunds.*, to_json(purchases) AS purchase
    FROM refunds JOIN purchases ON purchases.id = refunds.purchase_id
    WHERE refunds.state IN ('held', 'asked', 'pending')
    ORDER BY refunds.created_at LIMIT :rows_max
"""
DISPUTES = """
    SELECT disputes.*, to_json(purchases) AS purchase
    FROM disputes JOIN purchases ON purchases.id = disputes.purchase_id
    WHERE disputes.state IN ('inquiry', 'open')
    ORDER BY disputes.evidence_due_at LIMIT :rows_max
"""
EVENTS = """
    SELECT * FROM stripe_events WHERE handled_at IS NULL AND attempts > 0
    ORDER BY received_at LIMIT :events_max
"""
FIND = text(f"""
    SELECT (SELECT json_agg(r) FROM ({REFUNDS}) r) AS refunds,
        (SELECT json_agg(d) FROM ({DISPUTES}) d) AS disputes,
        (SELECT json_agg(e) FROM ({EVENTS}) e) AS events,
        (SELECT json_agg(o) FROM ({OVERRUNS}) o) AS overruns
""")  # noqa: S608 - put together from constants


@dataclass(frozen=True, slots=True)
class Attention:
    """What doesn't end by itself."""

    # On their way, the oldest first.
    refunds: Sequence[Refund]
    # The most urgent first.
    disputes: Sequence[Dispute]
    # Those that could not be handled yet, the oldest first.
    events: Sequence[StripeEvent]
    # Generations that cost more than was held for them, the newest first.
    overruns: Sequence[Mapping[str, Any]]


def wanted() -> Attention:
    """All of it."""
    row = db.session.execute(FIND, {"rows_max": ROWS_MAX, "events_max": EVENTS_MAX}).one()
    return Attention(
        refunds=[
            json_rows.entity(Refund, each, purchase=_purchase(each)) for each in row.refunds or ()
        ],
        disputes=[
            json_rows.entity(Dispute, each, purchase=_purchase(each)) for each in row.disputes or ()
        ],
        events=[json_rows.entity(StripeEvent, each) for each in row.events or ()],
        overruns=row.overruns or (),
    )


def _purchase(row: Mapping[str, Any]) -> Purchase:
    return json_rows.entity(Purchase, row["purchase"])
