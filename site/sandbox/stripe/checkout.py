"""The hosted page, where a buyer pays with a test card."""

from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from . import cards, currencies, payments, sessions
from .api import database
from .errors import StripeError
from .expansion import expand
from .payments import Buyer
from .store import Body, Store, under

EMAIL_CHARACTERS_MAX = 800
NAME_CHARACTERS_MAX = 200
# Whoever clicks a test card need not type anything.
TEST_BUYER = Buyer(email="buyer@example.com", name="Test Buyer")
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
        card, buyer, wrong = _read_form(session)
        if card is None or wrong:
            return _page(store, session, wrong=wrong), 422
    with database().writing() as store:
        session = sessions.load_current(store, session_id)
        if session["status"] == "open":
            payments.attempt(store, session, card=card, buyer=buyer)
    return _next_step(session_id)


@checkout.get("/<session_id>/authentication")
def show_authentication(session_id: str) -> ResponseReturnValue:
    with database().reading() as store:
        session = sessions.load(store, session_id)
        intent = payments.intent_of(store, session)
    if session["status"] != "open" or intent is None or intent["status"] != "requires_action":
        return redirect(_page_url(session), 303)
    return render_template("checkout/authentication.html", session=_seen(session))


@checkout.post("/<session_id>/authentication")
def authenticate(session_id: str) -> ResponseReturnValue:
    passed = request.form.get("result") == "complete"
    with database().writing() as store:
        session = sessions.load_current(store, session_id)
        payments.authenticate(store, session, passed=passed)
    return _next_step(session_id)


@checkout.errorhandler(StripeError)
def missing(_error: StripeError) -> ResponseReturnValue:
    return render_template("checkout/missing.html"), 404


@checkout.after_request
def restrict(response: Response) -> Response:
    # The shop's own origin is named because browsers apply `form-action` to redirects as well.
    shop = getattr(g, "shop_origin", "")
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; "
        f"frame-ancestors 'none'; form-action 'self' {shop}".strip()
    )
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _next_step(session_id: str) -> ResponseReturnValue:
    """Where a buyer goes after an attempt: on, to 3-D Secure, or back to the form."""
    with database().reading() as store:
        session = sessions.load(store, session_id)
        intent = payments.intent_of(store, session)
        if session["status"] == "complete":
            return redirect(sessions.success_url(_seen(session)), 303)
        if session["status"] == "expired" or intent is None:
            return redirect(_page_url(session), 303)
        if intent["status"] == "requires_action":
            return redirect(url_for(".show_authentication", session_id=session_id), 303)
        refusal = intent["last_payment_error"]["message"]
        return _page(store, session, refusal=refusal), 402


def _page(store: Store, session: Body, **shown: Any) -> str:
    _seen(session)
    if session["status"] != "open":
        success_url = sessions.success_url(session)
        return render_template("checkout/closed.html", session=session, success_url=success_url)
    items = store.select("item", [under(session["id"])], oldest_first=True)
    return render_template(
        "checkout/pay.html",
        session=session,
        page_url=_page_url(session),
        items=[expand(store, item, ["price.product"]) for item in items],
        test_cards=cards.TEST_CARDS.values(),
        submit_label=SUBMIT_LABELS.get(session["submit_type"], "Pay"),
        form=request.form,
        **{"wrong": {}, **shown},
    )


def _seen(session: Body) -> Body:
    """Note whose page this is, for the policy that goes with it."""
    parts = urlsplit(session["success_url"])
    g.shop_origin = f"{parts.scheme}://{parts.netloc}"
    return session


def _page_url(session: Body) -> str:
    return url_for(".show_session", session_id=session["id"])


def _read_form(session: Body) -> tuple[cards.Card | None, Buyer, dict[str, str]]:
    form = request.form
    email = session["customer_email"] or form.get("email", "").strip()
    name = form.get("name", "").strip()[:NAME_CHARACTERS_MAX]
    if (number := form.get("test_card")) in cards.TEST_CARDS:
        buyer = Buyer(email or TEST_BUYER.email, name or TEST_BUYER.name)
        return cards.test_card(str(number)), buyer, {}
    card, wrong = cards.read_card(form)
    if "@" not in email[1:-1] or len(email) > EMAIL_CHARACTERS_MAX:
        wrong = {"email": "Enter an e-mail address.", **wrong}
    if not name:
        wrong = {**wrong, "name": "Enter the name on the card."}
    return card, Buyer(email, name), wrong
