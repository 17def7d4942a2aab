"""A member's credits: the page, the badge, and the numbers alone."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required

from potluck.accounts.sessions import current_session
from potluck.credits import statement
from potluck.credits.ledger import Balance
from potluck.web import fragment

blueprint = Blueprint("credits", __name__)


def session_balance() -> Balance | None:
    """What the request's one query said of the member's credits; None when signed out."""
    found = current_session().found
    if found is None or not current_user.is_authenticated:
        return None
    return Balance(posted=found.posted, held=found.held, seq=found.seq)


@blueprint.get("/credits")
@login_required
def index() -> ResponseReturnValue:
    """Balance, packs, and what happened lately."""
    rows = statement.latest(current_user.id)
    return render_template("credits/index.html", rows=rows)


@blueprint.get("/credits/balance")
def balance() -> ResponseReturnValue:
    """`posted`, `held`, `available` in credits, and `seq`, which grows with every change.

    Made for programs: 401 rather than a way to the sign-in page.
    """
    numbers = session_balance()
    if numbers is None:
        message = "You are signed out. Sign in and try again."
        return {"error": {"code": "signed_out", "message": message}}, HTTPStatus.UNAUTHORIZED
    return {
        "posted": numbers.posted,
        "held": numbers.held,
        "available": numbers.available,
        "seq": numbers.seq,
    }


@blueprint.get("/credits/badge")
def badge() -> ResponseReturnValue:
    """The badge as a fragment; nothing at all for those who are signed out."""
    return fragment("credits/_badge.html")
