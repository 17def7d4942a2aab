"""Checkout Sessions: opened by the API, completed by a buyer, expired by request or by time.

https://docs.stripe.com/api/checkout/sessions/create
"""

import time
from typing import Any
from urllib.parse import urlsplit

import stripe

from . import currencies, errors, events, line_items
from .blanks import blank
from .store import Body, Store, where

KIND = "checkout.session"
EXPIRES_SECONDS_MIN = 30 * 60
EXPIRES_SECONDS_MAX = 24 * 60 * 60

# Each would change the amount or the flow in a way that is not played here.
UNSUPPORTED = (
    "automatic_tax",
    "discounts",
    "invoice_creation",
    "optional_items",
    "setup_intent_data",
    "shipping_options",
    "subscription_data",
)


def create(store: Store, params: dict[str, Any], *, pages_url: str) -> Body:
    _check(store, params)
    items = line_items.build(store, params.get("line_items", []))
    total = sum(item["amount_total"] for item in items)
    currency = items[0]["currency"]
    _check_total(total, currency)
    session = blank(stripe.checkout.Session, kind=KIND, prefix="cs_test")
    session |= {name: value for name, value in params.items() if name in session}
    session |= _defaults(params) | {
        "amount_subtotal": total,
        "amount_total": total,
        "currency": currency,
        "expires_at": _expires_at(params, session["created"]),
        "payment_status": "unpaid",
        "status": "open",
        "url": f"{pages_url.rstrip('/')}/c/pay/{session['id']}",
    }
    store.add(session, private=params.get("payment_intent_data", {}))
    for item in items:
        store.add(item, parent=session["id"])
    return session


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


def complete(store: Store, session: Body, *, customer: str | None, details: Body) -> Body:
    """Close a session whose payment has succeeded."""
    session |= {
        "customer": customer,
        "customer_details": {**session["customer_details"], **details},
        "payment_status": "paid",
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


def _check(store: Store, params: dict[str, Any]) -> None:
    _check_supported(params)
    for name in ("mode", "success_url"):
        if name not in params:
            raise errors.missing_parameter(name)
    for name in ("success_url", "cancel_url"):
        if name in params:
            _check_url(params[name], name)
    if "customer" in params:
        store.load("customer", params["customer"], param="customer")


def _check_supported(params: dict[str, Any]) -> None:
    for name in UNSUPPORTED:
        if params.get(name) and params[name] != {"enabled": False}:
            raise errors.unsupported(name)
    for name, only in (("mode", "payment"), ("ui_mode", "hosted_page")):
        if params.get(name, only) != only:
            raise errors.unsupported(f"{name}={params[name]}")
    if params.get("payment_intent_data", {}).get("capture_method") == "manual":
        raise errors.unsupported("payment_intent_data[capture_method]=manual")


def _check_url(url: str, path: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or set(url) & set(" \r\n;'\""):
        raise errors.StripeError("Not a valid URL", code="url_invalid", param=path)


def _check_total(total: int, currency: str) -> None:
    least = currencies.minimum(currency)
    if total < least:
        amount = currencies.formatted(least, currency)
        message = f"The Checkout Session's total amount due must add up to at least {amount}"
        raise errors.StripeError(message, code="amount_too_small", param="line_items")
    if total > currencies.AMOUNT_MAX:
        amount = currencies.formatted(currencies.AMOUNT_MAX, currency)
        message = f"The Checkout Session's total amount due must be no more than {amount}"
        raise errors.StripeError(message, code="amount_too_large", param="line_items")


def _expires_at(params: dict[str, Any], created: int) -> int:
    expires_at: int = params.get("expires_at", created + EXPIRES_SECONDS_MAX)
    if expires_at < created + EXPIRES_SECONDS_MIN:
        limit = "at least 30 minutes"
    elif expires_at > created + EXPIRES_SECONDS_MAX:
        limit = "less than 24 hours"
    else:
        return expires_at
    message = f"The `expires_at` timestamp must be {limit} from Checkout Session creation."
    raise errors.invalid_value("expires_at", message)


def _defaults(params: dict[str, Any]) -> Body:
    """What Stripe fills in where the request is silent."""
    return {
        "adaptive_pricing": params.get("adaptive_pricing", {"enabled": False}),
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "custom_fields": params.get("custom_fields", []),
        "custom_text": {
            "after_submit": None,
            "shipping_address": None,
            "submit": None,
            "terms_of_service_acceptance": None,
            **params.get("custom_text", {}),
        },
        "customer_creation": params.get("customer_creation", "if_required"),
        "customer_details": {
            "address": None,
            "business_name": None,
            "email": params.get("customer_email"),
            "individual_name": None,
            "name": None,
            "phone": None,
            "tax_exempt": "none",
            "tax_ids": None,
        },
        "invoice_creation": None,
        "metadata": params.get("metadata", {}),
        "mode": "payment",
        "payment_method_options": params.get("payment_method_options", {}),
        "payment_method_types": ["card"],
        "phone_number_collection": params.get("phone_number_collection", {"enabled": False}),
        "shipping_options": [],
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted_page",
    }
