"""Checkout Sessions: opened by the API, completed by a buyer, expired by request or by time.

https://docs.stripe.com/api/checkout/sessions
"""

import time
from typing import Any

import stripe

from . import discounts, errors, events, line_items, pricing, session_params, setup_intents
from .blanks import blank
from .store import Body, Store, where

KIND = "checkout.session"


def create(store: Store, params: dict[str, Any], *, pages_url: str) -> Body:
    session_params.check(store, params)
    session = blank(stripe.checkout.Session, kind=KIND, prefix="cs_test")
    session |= {name: value for name, value in params.items() if name in session}
    session |= session_params.defaults(store, params) | {
        "discounts": discounts.named(store, params),
        "expires_at": session_params.expires_at(params, session["created"]),
        "status": "open",
        "url": f"{pages_url.rstrip('/')}/c/pay/{session['id']}",
    }
    if session["mode"] == "setup":
        return _create_setup(store, session, params)
    return _create_payment(store, session, params)


def expire(store: Store, session: Body) -> Body:
    """Close an open session for good."""
    if session["status"] != "open":
        message = (
            'Only Checkout Sessions with a status in ["open"] can be expired. '
            f"This Checkout Session has a status of `{session['status']}`."
        )
        raise errors.StripeError(message)
    session |= {"status": "expired", "url": None}
    store.save(session)
    events.record(store, "checkout.session.expired", session)
    return session


def complete(
    store: Store, session: Body, customer: str | None, billing: Body, payment_status: str
) -> Body:
    """Close a session whose buyer is done; `billing` are the details they gave."""
    details = {name: billing[name] for name in ("email", "name")}
    session |= {
        "customer": customer,
        "customer_details": {**session["customer_details"], **details},
        "payment_status": payment_status,
        "status": "complete",
        "url": None,
    }
    store.save(session)
    events.record(store, "checkout.session.completed", session)
    return session


def load(store: Store, session_id: str) -> Body:
    return store.load(KIND, session_id)


def overdue(store: Store) -> list[Body]:
    """Open sessions whose time has come."""
    conditions = [where("status", "=", "open"), where("expires_at", "<=", int(time.time()))]
    return store.select(KIND, conditions, oldest_first=True)


def load_current(store: Store, session_id: str) -> Body:
    """The session, expired first if its time has come and the sweep has not."""
    session = load(store, session_id)
    if session["status"] == "open" and session["expires_at"] <= time.time():
        expire(store, session)
    return session


def success_url(session: Body) -> str:
    url: str = session["success_url"].replace("{CHECKOUT_SESSION_ID}", session["id"])
    return url


def _create_payment(store: Store, session: Body, params: dict[str, Any]) -> Body:
    items = line_items.build(store, params.get("line_items", []))
    pricing.start(store, session, items)
    session |= {
        "payment_method_types": session_params.method_types(params, session["currency"]),
        "payment_status": "unpaid",
    }
    store.add(session, private=params.get("payment_intent_data", {}))
    for item in items:
        store.add(item, parent=session["id"])
    return session


def _create_setup(store: Store, session: Body, params: dict[str, Any]) -> Body:
    currency = params["currency"].lower()
    session |= {
        "currency": currency,
        "payment_method_types": session_params.method_types(params, currency),
        "payment_status": "no_payment_required",
    }
    setup = setup_intents.new(store, session, params.get("setup_intent_data", {}))
    session["setup_intent"] = setup["id"]
    return store.add(session)
