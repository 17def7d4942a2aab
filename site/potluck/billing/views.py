"""The way to Stripe's page and back."""

from __future__ import annotations

import time
import uuid
from http import HTTPStatus

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required
from sqlalchemy import select

from potluck.billing import checkout, packs
from potluck.billing.fulfilment import bring_up_to_date
from potluck.billing.gateway import StripeUnavailable
from potluck.billing.models import Purchase
from potluck.credits import ledger
from potluck.database import db
from potluck.limits import limiter, member
from potluck.web import fragment, local_path, wants_fragment

blueprint = Blueprint("billing", __name__, url_prefix="/billing")

SAFE_TO_LEAVE_SECONDS = 20
# Whoever tries stolen cards needs many checkouts; whoever cooks for a party needs two.
MEMBER_LIMIT = "10 per hour; 20 per day"
ADDRESS_LIMIT = "30 per hour; 100 per day"


@blueprint.get("/buy-button")
@login_required
def buy_button() -> ResponseReturnValue:
    """The packs, each with its button, as a fragment."""
    return fragment("billing/_buy_button.html")


@blueprint.post("/checkouts")
@login_required
@limiter.limit(MEMBER_LIMIT, key_func=member)
@limiter.limit(ADDRESS_LIMIT)
def create_checkout() -> ResponseReturnValue:
    """Sends the browser to Stripe's page, or to the purchase if it is paid already."""
    pack = packs.pack_on_sale(request.form.get("pack", ""))
    way = local_path(request.form.get("next"))
    purchase = checkout.begin(
        user_id=current_user.id, pack_id=pack.id, return_to=None if way == "/" else way
    )
    if purchase.state == "open" and purchase.checkout_url:
        return _go_to(purchase.checkout_url)
    return _go_to(url_for(".show_checkout", purchase_id=purchase.id))


@blueprint.get("/checkouts/<uuid:purchase_id>")
@login_required
def show_checkout(purchase_id: uuid.UUID) -> ResponseReturnValue:
    """How the purchase went: Stripe sends people here, paid or not."""
    purchase = _visible_purchase(purchase_id)
    state_before = purchase.state
    is_known = _ask_stripe(purchase)
    if purchase.state != state_before:
        # Once more from the start: what this request read of the balance is out of date.
        return redirect(url_for(".show_checkout", purchase_id=purchase_id), HTTPStatus.SEE_OTHER)
    has_not_paid = is_known or "cancelled" in request.args
    return render_template("billing/checkout.html", **_status(purchase, has_not_paid=has_not_paid))


@blueprint.get("/checkouts/<uuid:purchase_id>/status")
@login_required
def show_status(purchase_id: uuid.UUID) -> ResponseReturnValue:
    """The part of the page that changes; 204 while it is what the page `shows` already."""
    status = _status(_visible_purchase(purchase_id), has_not_paid=False)
    if status["shown"] == request.args.get("shown"):
        return "", HTTPStatus.NO_CONTENT
    return fragment("billing/_status.html", **status)


def _visible_purchase(purchase_id: uuid.UUID) -> Purchase:
    query = select(Purchase).filter_by(id=purchase_id, user_id=current_user.id)
    return db.session.scalar(query) or abort(HTTPStatus.NOT_FOUND)


def _ask_stripe(purchase: Purchase) -> bool:
    """Brings the purchase up to date; False when Stripe could not be asked."""
    if purchase.checkout_session_id is None or purchase.is_settled:
        return True
    try:
        bring_up_to_date(purchase)
    except StripeUnavailable:
        return False
    return True


def _status(purchase: Purchase, *, has_not_paid: bool) -> dict[str, object]:
    """What the template needs. `since` is when the waiting began, so that it is known to end."""
    now = int(time.time())
    since = min(request.args.get("since", now, type=int), now)
    shown = purchase.state
    if shown == "created" or (shown == "open" and has_not_paid):
        shown = "unpaid"
    elif shown == "open":
        shown = "late" if now - since >= SAFE_TO_LEAVE_SECONDS else "waiting"
    status: dict[str, object] = {"purchase": purchase, "shown": shown, "since": since}
    if shown == "paid":
        # Not what came with the session, which may be from before the purchase was credited.
        status["available_credits"] = ledger.balance(purchase.user_id).available
    return status


def _go_to(url: str) -> ResponseReturnValue:
    if wants_fragment():
        # A redirect to another origin fails inside a script; the page itself must go.
        return Response(status=HTTPStatus.NO_CONTENT, headers={"HX-Redirect": url})
    return redirect(url, HTTPStatus.SEE_OTHER)
