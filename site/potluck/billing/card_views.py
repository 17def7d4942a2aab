"""A member's card, and what is bought with it while they are away."""

from __future__ import annotations

import re
from http import HTTPStatus

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required

from potluck.accounts import sessions
from potluck.billing import automatic_rule, cards, packs, standing_reads
from potluck.billing.automatic_rule import RuleRefused, Standing
from potluck.billing.gateway import StripeUnavailable, is_configured
from potluck.billing.money import NotMoney
from potluck.billing.overview import Motion
from potluck.billing.packs import NotForSale
from potluck.billing.standing_reads import Money
from potluck.billing.views import ADDRESS_LIMIT, MEMBER_LIMIT
from potluck.database import db
from potluck.limits import limiter, member
from potluck.settings import current_settings
from potluck.texts import gettext as _
from potluck.web import wants_json

blueprint = Blueprint("cards", __name__, url_prefix="/billing")

SESSION_ID = re.compile(r"cs_\w{1,200}", re.ASCII)


def standing() -> Standing | None:
    """For templates: how automatic top-up stands for whoever looks; None where buying isn't."""
    return _money().standing if is_configured() else None


def payments_in_motion() -> list[Motion]:
    """For templates: what whoever looks waits for, and what failed lately, newest first."""
    return _money().motions


def is_stopped() -> bool:
    """For templates: whether whoever looks should hear that theirs was stopped."""
    brought = sessions.brought()
    if brought is not None:
        return bool(brought["automatic_top_up_stopped"])
    return automatic_rule.stopped(current_user.id)


@blueprint.get("/card")
@login_required
def show_card() -> ResponseReturnValue:
    """The card and its rule. Stripe sends people here, whether they saved one or not."""
    session_id = request.args.get("session_id")
    if session_id is None:
        return render_template("billing/card.html", arrival=request.args.get("cancelled"))
    if not SESSION_ID.fullmatch(session_id):
        abort(HTTPStatus.NOT_FOUND)
    try:
        is_saved = cards.claim(session_id, user_id=current_user.id)
    except StripeUnavailable:
        return render_template("billing/card.html", arrival="waiting")
    if is_saved is None:
        abort(HTTPStatus.NOT_FOUND)
    return redirect(url_for(".show_card", cancelled=None if is_saved else 1), HTTPStatus.SEE_OTHER)


@blueprint.post("/card")
@login_required
@limiter.limit(MEMBER_LIMIT, key_func=member)
@limiter.limit(ADDRESS_LIMIT)
def save_card() -> ResponseReturnValue:
    """Sends the browser to Stripe's page, where the card is given to Stripe alone."""
    for_sale = packs.on_sale()
    if not for_sale:
        message = _("Nothing can be bought here at the moment, so there is no use for a card.")
        raise NotForSale(message, status=HTTPStatus.SERVICE_UNAVAILABLE)
    page = current_settings().public_url + url_for(".show_card")
    url = cards.begin(user_id=current_user.id, currency=for_sale[0].currency, page=page)
    return redirect(url, HTTPStatus.SEE_OTHER)


@blueprint.post("/card/removal")
@login_required
def remove_card() -> ResponseReturnValue:
    """Nothing is charged after this, whatever Stripe answers."""
    cards.remove(current_user.id)
    return redirect(url_for(".show_card"), HTTPStatus.SEE_OTHER)


@blueprint.post("/automatic-top-up")
@login_required
@limiter.limit(MEMBER_LIMIT, key_func=member)
@limiter.limit(ADDRESS_LIMIT)
def switch_on() -> ResponseReturnValue:
    """Agrees to the rule in the form, or shows the form again with what is wrong."""
    form = request.form
    try:
        automatic_rule.switch_on(
            user_id=current_user.id,
            pack_id=form.get("pack", ""),
            threshold=form.get("threshold", ""),
            monthly_cap=form.get("monthly_cap", ""),
        )
    except (RuleRefused, NotMoney, NotForSale) as refusal:
        if wants_json():
            raise
        db.session.rollback()
        page = render_template("billing/card.html", complaint=refusal.message, typed=form)
        return page, refusal.status
    db.session.commit()
    return _back_to_the_section()


@blueprint.post("/automatic-top-up/removal")
@login_required
def switch_off() -> ResponseReturnValue:
    """Withdraws the consent; the card stays for another time."""
    automatic_rule.switch_off(current_user.id)
    db.session.commit()
    return _back_to_the_section()


def _money() -> Money:
    """Read once a request where that only reads."""
    if sessions.brought() is None:
        return standing_reads.money_of(current_user.id)
    if "money" not in g:
        g.money = standing_reads.money_of(current_user.id)
    money: Money = g.money
    return money


def _back_to_the_section() -> ResponseReturnValue:
    return redirect(url_for("credits.index", _anchor="automatic"), HTTPStatus.SEE_OTHER)
