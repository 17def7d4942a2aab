"""The operator's page of what operators did, newest first."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import text

from potluck.accounts.operators import operator_required
from potluck.admin.forms import page_number
from potluck.admin.pages import page

ACTS = text("""
    SELECT a.id, a.email, a.what, a.member_id, a.subject, a.details, a.reason, a.request_id,
        a.created_at, u.name AS member_name
    FROM operator_acts a LEFT JOIN users u ON u.id = a.member_id
    ORDER BY a.id DESC LIMIT :limit OFFSET :offset
""")

blueprint = Blueprint("admin_trail", __name__, url_prefix="/admin/trail")


@blueprint.get("")
@operator_required
def index() -> ResponseReturnValue:
    """Who did what, on what, and why."""
    return render_template("admin/trail.html", page=page(ACTS, page_number()))
