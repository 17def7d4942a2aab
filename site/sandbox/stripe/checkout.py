"""The hosted page, where a buyer pays with a test card or account, or saves a card."""

from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from . import (
    currencies,
    discounts,
    forms,
    pages,
    payments,
    presentment,
    pricing,
    sessions,
    setups,
    test_accounts,
    test_cards,
    totals,
)
from .api import database
from .cards import Card
from .errors import StripeError
from .expansion import expand
from .store import Body, Store

SUBMIT_LABELS = {"book": "Book", "donate": "Donate", "subscribe": "Subscribe"}

checkout = Blueprint("checkout", __name__, url_prefix="/c/pay")
checkout.add_app_template_filter(currencies.formatted, "money")


@checkout.get("/<session_id>")
def show_session(session_id: str) -> ResponseReturnValue:
    with database().reading() as store:
        return _page(store, sessions.load(store, session_id))


@checkout.post("/<session_id>")
def pay(session_id: str) -> ResponseReturnValue:
    with database().reading() as store:
        session = sessions.load(store, session_id)
        order, wrong = forms.read_order(request.form, session)
        if order is None:
            return _page(store, session, wrong=wrong), 422
    try:
        with database().writing() as store:
            session = sessions.load_current(store, session_id)
            if session["status"] == "open":
                _carry_out(store, session, order)
    except StripeError as refusal:
        with database().reading() as store:
            session = sessions.load(store, session_id)
            return _page(store, session, refusal=refusal.message), 402
    return _next_step(session_id)


@checkout.post("/<session_id>/discount")
def enter_code(session_id: str) -> ResponseReturnValue:
    """A code in place of any other; without one, no discount."""
    code = request.form.get("promotion_code", "")
    try:
        with database().writing() as store:
            session = sessions.load_current(store, session_id)
            if session["status"] == "open" and session["allow_promotion_codes"]:
                discounts.enter(store, session, code)
                pricing.settle(store, session)
    except StripeError as refusal:
        with database().reading() as store:
            session = sessions.load(store, session_id)
            return _page(store, session, wrong={"promotion_code": refusal.message}), 422
    return redirect(_page_url(session), 303)


@checkout.get("/<session_id>/authentication")
def show_authentication(session_id: str) -> ResponseReturnValue:
    with database().reading() as store:
        session = sessions.load(store, session_id)
        intent = _intent_of(store, session)
    if session["status"] != "open" or intent is None or intent["status"] != "requires_action":
        return redirect(_page_url(session), 303)
    return render_template("checkout/authentication.html", session=_seen(session))


@checkout.post("/<session_id>/authentication")
def authenticate(session_id: str) -> ResponseReturnValue:
    passed = request.form.get("result") == "complete"
    with database().writing() as store:
        session = sessions.load_current(store, session_id)
        play = setups if session["mode"] == "setup" else payments
        play.authenticate(store, session, passed=passed)
    return _next_step(session_id)


@checkout.errorhandler(StripeError)
def missing(_error: StripeError) -> ResponseReturnValue:
    return render_template("checkout/missing.html"), 404


@checkout.after_request
def restrict(response: Response) -> Response:
    # The shop's own origin is named because browsers apply `form-action` to redirects as well.
    shop = getattr(g, "shop_origin", None)
    return pages.restrict(response, *([shop] if shop else []))


def _carry_out(store: Store, session: Body, order: payments.Order) -> None:
    if session["mode"] == "payment":
        payments.attempt(store, session, order)
    elif isinstance(order.means, Card):
        setups.attempt(store, session, order.means, order.buyer)


def _next_step(session_id: str) -> ResponseReturnValue:
    """Where a buyer goes after an attempt: on, to 3-D Secure, or back to the form."""
    with database().reading() as store:
        session = sessions.load(store, session_id)
        intent = _intent_of(store, session)
        if session["status"] == "complete":
            return redirect(sessions.success_url(_seen(session)), 303)
        if session["status"] == "expired" or intent is None:
            return redirect(_page_url(session), 303)
        if intent["status"] == "requires_action":
            return redirect(url_for(".show_authentication", session_id=session_id), 303)
        error = intent.get("last_payment_error") or intent.get("last_setup_error")
        if error is None:
            return redirect(_page_url(session), 303)
        return _page(store, session, refusal=error["message"]), 402


def _intent_of(store: Store, session: Body) -> Body | None:
    if session["mode"] == "setup":
        return setups.of(store, session)
    return payments.intent_of(store, session)


def _page(store: Store, session: Body, **shown: Any) -> str:
    _seen(session)
    shown = {"page_url": _page_url(session), "session": session, **shown}
    if session["status"] != "open":
        success_url = sessions.success_url(session)
        intent = _intent_of(store, session)
        return render_template(
            "checkout/closed.html", intent=intent, success_url=success_url, **shown
        )
    shown = {"form": request.form, "groups": test_cards.grouped(), "wrong": {}, **shown}
    if session["mode"] == "setup":
        return render_template("checkout/setup.html", **shown)
    items = [expand(store, item, ["price.product"]) for item in pricing.preview(store, session)]
    return render_template(
        "checkout/pay.html",
        items=items,
        accounts=test_accounts.debitable(session["payment_method_types"]),
        choices=presentment.choices(session),
        code=discounts.code_of(store, session),
        submit_label=SUBMIT_LABELS.get(session["submit_type"], "Pay"),
        tax_percent=totals.TAX_PERCENT,
        **shown,
    )


def _seen(session: Body) -> Body:
    """Note whose page this is, for the policy that goes with it."""
    parts = urlsplit(session["success_url"])
    g.shop_origin = f"{parts.scheme}://{parts.netloc}"
    return session


def _page_url(session: Body) -> str:
    return url_for(".show_session", session_id=session["id"])
