"""The operator's page of open holds: whose credits wait for what, the oldest first."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import text

from potluck.accounts.operators import operator_required
from potluck.admin.forms import page_number
from potluck.admin.pages import page

OPEN = text("""
    SELECT h.id, h.amount, h.state, h.created_at, h.expires_at, h.expires_at < now() AS is_late,
        u.id AS user_id, u.name, h.generation_id, rounds.number AS round_number,
        rooms.code AS room_code, refunds.purchase_id
    FROM holds h
    JOIN accounts a ON a.id = h.account_id
    JOIN users u ON u.id = a.user_id
    LEFT JOIN generations g ON g.id = h.generation_id
    LEFT JOIN rounds ON rounds.id = g.round_id
    LEFT JOIN rooms ON rooms.id = coalesce(rounds.room_id, h.room_id)
    LEFT JOIN refunds ON refunds.id = h.refund_id
    WHERE h.state IN ('reserved', 'dispatched')
    ORDER BY h.created_at, h.id LIMIT :limit OFFSET :offset
""")

blueprint = Blueprint("admin_holds", __name__, url_prefix="/admin/holds")


@blueprint.get("")
@operator_required
def index() -> ResponseReturnValue:
    """Whose, for what, since when and until when."""
    return render_template("admin/holds.html", page=page(OPEN, page_number()))
