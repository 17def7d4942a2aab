"""Money that is under way, and how automatic top-up stands for a member, in one question."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import text

from potluck import json_rows
from potluck.billing import automatic_rule, overview
from potluck.billing.automatic_rule import Standing
from potluck.billing.models import AutomaticTopUp, Pack, SavedCard
from potluck.billing.overview import Motion
from potluck.database import db

FIND = text(f"""
    SELECT (SELECT json_agg(motion) FROM ({overview.IN_MOTION}) motion) AS motions,
        (SELECT to_json(c) FROM saved_cards c
            WHERE c.user_id = :user_id AND c.payment_method_id IS NOT NULL) AS card,
        (SELECT json_build_object('rule', to_json(r), 'pack', to_json(p),
                'spent_minor', ({automatic_rule.SPENT}), 'next_month', {automatic_rule.NEXT_MONTH})
            FROM automatic_top_ups r JOIN packs p ON p.id = r.pack_id
            WHERE r.user_id = :user_id) AS agreed,
        EXISTS (SELECT FROM purchases WHERE user_id = :user_id AND source = 'automatic'
            AND state IN ('created', 'open', 'processing')) AS is_under_way
""")  # noqa: S608 - put together from constants


class Money(NamedTuple):
    """Payments and refunds on their way, the newest first, and what was agreed to."""

    motions: list[Motion]
    standing: Standing


def money_of(user_id: int) -> Money:
    """As it is now."""
    values = {"user_id": user_id, "days": overview.FAILED_SHOWN_DAYS}
    row = db.session.execute(FIND, values).one()
    motions = [overview.as_motion(each) for each in row.motions or ()]
    return Money(motions, _standing(row.card, row.agreed, is_under_way=row.is_under_way))


def _standing(
    card: Mapping[str, Any] | None, agreed: Mapping[str, Any] | None, *, is_under_way: bool
) -> Standing:
    return Standing(
        card=json_rows.entity(SavedCard, card) if card else None,
        rule=_rule(agreed) if agreed else None,
        spent_minor=agreed["spent_minor"] if agreed else 0,
        next_month=json_rows.moment(agreed["next_month"]) if agreed else None,
        is_under_way=is_under_way,
    )


def _rule(agreed: Mapping[str, Any]) -> AutomaticTopUp:
    pack = json_rows.entity(Pack, agreed["pack"])
    return json_rows.entity(AutomaticTopUp, agreed["rule"], pack=pack)
