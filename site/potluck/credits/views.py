"""A member's credits: the page, the statement as a file, receipts, the badge, the numbers alone."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required

from potluck.accounts import sessions
from potluck.accounts.sessions import current_session
from potluck.credits import ledger, receipts, statement, statement_csv
from potluck.credits.ledger import Balance
from potluck.credits.statement import Place
from potluck.database import db
from potluck.downloads import attachment
from potluck.texts import gettext as _
from potluck.web import fragment

blueprint = Blueprint("credits", __name__)


def session_balance() -> Balance | None:
    """What the request's one query said of the member's credits; None when signed out."""
    found = current_session().found
    if found is None or not current_user.is_authenticated:
        return None
    return Balance(
        posted=found.posted,
        held=found.held,
        seq=found.seq,
        owed=found.owed,
        freezes=found.freezes,
    )


def newest_balance(user_id: int) -> Balance:
    """The viewer's: what came with the session of whoever reads, or else as it is now."""
    is_known = sessions.brought() is not None
    return (session_balance() if is_known else None) or ledger.balance(user_id)


@blueprint.get("/credits")
@login_required
def index() -> ResponseReturnValue:
    """Balance, packs, and what happened lately, or `before` a place in the statement."""
    db.read_without_transaction()
    before = Place.read(request.args["before"]) if "before" in request.args else None
    return render_template(
        "credits/index.html",
        account=session_balance(),
        page=statement.page(current_user.id, before=before),
        is_newest=before is None,
    )


@blueprint.get("/credits/statement.csv")
@login_required
def statement_file() -> ResponseReturnValue:
    """Every row of the days `from` and `to`, or of all days."""
    days = statement_csv.Days.read(request.args)
    file = statement_csv.write(current_user.id, days)
    return attachment(file, mimetype="text/csv", filename=days.filename)


@blueprint.get("/credits/charges/<int:hold_id>")
@login_required
def show_charge(hold_id: int) -> ResponseReturnValue:
    """The receipt of one round for one of those who shared it."""
    receipt = receipts.find(hold_id=hold_id, user_id=current_user.id)
    if receipt is None:
        abort(HTTPStatus.NOT_FOUND)
    return render_template("credits/receipt.html", receipt=receipt)


@blueprint.get("/credits/balance")
def balance() -> ResponseReturnValue:
    """`posted`, `held`, `available` in credits, and `seq`, which grows with every change.

    Made for programs: 401 rather than a way to the sign-in page.
    """
    numbers = session_balance()
    if numbers is None:
        message = _("You are signed out. Sign in and try again.")
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
