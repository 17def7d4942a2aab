"""Saving a card without paying: a session in setup mode and its setup intent.

https://docs.stripe.com/payments/save-and-reuse?platform=web&ui=checkout
"""

from . import attempts, events, payment_methods, sessions
from .cards import Card
from .payment_methods import Buyer
from .setup_intents import KIND
from .store import Body, Store
from .test_cards import GENERIC, SETUP_AUTHENTICATION_FAILED, Decline


def attempt(store: Store, session: Body, card: Card, buyer: Buyer) -> None:
    """Try to save a card; the status of the setup intent tells how it went."""
    setup = of(store, session)
    method = payment_methods.add(store, card, buyer)
    if card.played.needs_authentication(off_session=False, set_up=False):
        _ask_for_authentication(store, session, setup, method)
    else:
        _settle(store, session, setup, method)


def authenticate(store: Store, session: Body, *, passed: bool) -> None:
    """The holder's answer to 3-D Secure; it changes nothing when no card waits for one."""
    setup = of(store, session)
    if session["status"] != "open" or setup["status"] != "requires_action":
        return
    method = store.load(payment_methods.KIND, setup["payment_method"])
    if passed:
        _settle(store, session, setup, method)
    else:
        _refuse(store, setup, method, SETUP_AUTHENTICATION_FAILED, kind="invalid_request_error")


def of(store: Store, session: Body) -> Body:
    return store.load(KIND, session["setup_intent"])


def _settle(store: Store, session: Body, setup: Body, method: Body) -> None:
    card = payment_methods.played(store, method)
    if not card.can_be_saved:
        _refuse(store, setup, method, card.decline or GENERIC, kind="card_error")
        return
    # Without a customer the method stays free, to be attached to one by the API.
    store.remember(method["id"], set_up=True)
    if setup["customer"]:
        payment_methods.keep(store, method, setup["customer"], set_up=True)
    setup |= {
        "last_setup_error": None,
        "next_action": None,
        "payment_method": method["id"],
        "status": "succeeded",
    }
    store.save(setup)
    events.record(store, "setup_intent.succeeded", setup)
    details = method["billing_details"]
    sessions.complete(store, session, setup["customer"], details, "no_payment_required")


def _refuse(store: Store, setup: Body, method: Body, decline: Decline, *, kind: str) -> None:
    setup |= {
        "last_setup_error": attempts.failure(decline, method, kind=kind),
        "next_action": None,
        "payment_method": None,
        "status": "requires_payment_method",
    }
    store.save(setup)
    events.record(store, "setup_intent.setup_failed", setup)


def _ask_for_authentication(store: Store, session: Body, setup: Body, method: Body) -> None:
    there = {"return_url": session["url"], "url": f"{session['url']}/authentication"}
    setup |= {
        "last_setup_error": None,
        "next_action": {"type": "redirect_to_url", "redirect_to_url": there},
        "payment_method": method["id"],
        "status": "requires_action",
    }
    store.save(setup)
    events.record(store, "setup_intent.requires_action", setup)
