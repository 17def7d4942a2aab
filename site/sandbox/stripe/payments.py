"""Paying for a session: each attempt ends with money taken, a refusal, or a call for 3-D Secure.

https://docs.stripe.com/payments/paymentintents/lifecycle
"""

from dataclasses import dataclass

import stripe

from . import cards, charges, events, sessions
from .blanks import blank
from .cards import Card, Decline
from .ids import new_id
from .store import Body, Store, under

KIND = "payment_intent"


@dataclass(frozen=True)
class Buyer:
    email: str
    name: str


def attempt(store: Store, session: Body, *, card: Card, buyer: Buyer) -> None:
    """Try to pay an open session; the status of its payment intent tells how it went."""
    intent = _intent_for(store, session, buyer)
    method = store.add(_payment_method(card, buyer))
    if card.needs_authentication:
        _ask_for_authentication(store, intent, method, session)
    elif card.decline:
        _refuse(store, intent, method, card.decline, charged=True)
    else:
        _take(store, intent, method, session)


def authenticate(store: Store, session: Body, *, passed: bool) -> None:
    """The buyer's answer to 3-D Secure; it changes nothing when no payment waits for one."""
    intent = intent_of(store, session)
    if session["status"] != "open" or intent is None or intent["status"] != "requires_action":
        return
    method = store.load("payment_method", intent["payment_method"])
    intent["next_action"] = None
    if passed:
        _take(store, intent, method, session)
    else:
        _refuse(store, intent, method, cards.AUTHENTICATION_FAILED, charged=False)


def intent_of(store: Store, session: Body) -> Body | None:
    return store.find(KIND, session["payment_intent"]) if session["payment_intent"] else None


def _intent_for(store: Store, session: Body, buyer: Buyer) -> Body:
    """The session's payment intent, made at the first attempt and used for all later ones."""
    if existing := intent_of(store, session):
        return existing
    data = store.private(session["id"])
    intent = blank(stripe.PaymentIntent, kind=KIND, prefix="pi")
    intent |= {name: value for name, value in data.items() if name in intent}
    intent |= {
        "amount": session["amount_total"],
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "capture_method": data.get("capture_method", "automatic_async"),
        "client_secret": f"{intent['id']}_secret_{new_id('x')[2:]}",
        "confirmation_method": "automatic",
        "currency": session["currency"],
        "customer": session["customer"] or _new_customer(store, session, buyer),
        "metadata": data.get("metadata", {}),
        "payment_method_options": session["payment_method_options"],
        "payment_method_types": session["payment_method_types"],
        "status": "requires_payment_method",
    }
    store.add(intent, parent=session["id"])
    events.record(store, "payment_intent.created", intent)
    session["payment_intent"] = intent["id"]
    store.save(session)
    return intent


def _new_customer(store: Store, session: Body, buyer: Buyer) -> str | None:
    if session["customer_creation"] != "always":
        return None
    customer = {
        **blank(stripe.Customer, kind="customer", prefix="cus"),
        "balance": 0,
        "delinquent": False,
        "email": buyer.email,
        "metadata": {},
        "name": buyer.name,
        "preferred_locales": [],
        "tax_exempt": "none",
    }
    store.add(customer)
    events.record(store, "customer.created", customer)
    customer_id: str = customer["id"]
    return customer_id


def _ask_for_authentication(store: Store, intent: Body, method: Body, session: Body) -> None:
    page = f"{session['url']}/authentication"
    intent |= {
        "status": "requires_action",
        "payment_method": method["id"],
        "last_payment_error": None,
        "next_action": {
            "type": "redirect_to_url",
            "redirect_to_url": {"return_url": session["url"], "url": page},
        },
    }
    store.save(intent)
    events.record(store, "payment_intent.requires_action", intent)


def _refuse(store: Store, intent: Body, method: Body, decline: Decline, *, charged: bool) -> None:
    """Back to asking for a card. An issuer's refusal leaves a failed charge, 3-D Secure's none."""
    error = {
        "code": decline.code,
        "doc_url": f"https://stripe.com/docs/error-codes/{decline.code.replace('_', '-')}",
        "message": decline.message,
        "payment_method": method,
        "type": "card_error" if charged else "invalid_request_error",
    }
    if decline.decline_code:
        error["decline_code"] = decline.decline_code
    if charged:
        charge = charges.add(store, intent, method, decline)
        intent["latest_charge"] = error["charge"] = charge["id"]
        events.record(store, "charge.failed", charge)
    intent |= {
        "last_payment_error": error,
        "next_action": None,
        "payment_method": None,
        "status": "requires_payment_method",
    }
    store.save(intent)
    events.record(store, "payment_intent.payment_failed", intent)


def _take(store: Store, intent: Body, method: Body, session: Body) -> None:
    charge = charges.add(store, intent, method, decline=None)
    intent |= {
        "amount_received": intent["amount"],
        "last_payment_error": None,
        "latest_charge": charge["id"],
        "next_action": None,
        "payment_method": method["id"],
        "status": "succeeded",
    }
    store.save(intent)
    paid = [c for c in store.select("charge", [under(intent["id"])]) if c["paid"]]
    if len(paid) != 1:
        message = f"{intent['id']} was paid {len(paid)} times"
        raise RuntimeError(message)
    events.record(store, "charge.succeeded", charge)
    events.record(store, "payment_intent.succeeded", intent)
    details = {field: method["billing_details"][field] for field in ("email", "name")}
    sessions.complete(store, session, customer=intent["customer"], details=details)


def _payment_method(card: Card, buyer: Buyer) -> Body:
    method: Body = {
        name: value
        for name, value in blank(stripe.PaymentMethod, kind="payment_method", prefix="pm").items()
        if value is not None
    }
    return method | {
        "allow_redisplay": "limited",
        "billing_details": charges.billing_details(buyer.email, buyer.name),
        "card": {
            "brand": "visa",
            "checks": {
                "address_line1_check": None,
                "address_postal_code_check": None,
                "cvc_check": "pass",
            },
            "country": "US",
            "display_brand": "visa",
            "exp_month": card.exp_month,
            "exp_year": card.exp_year,
            "fingerprint": new_id("x")[2:],
            "funding": "credit",
            "last4": card.last4,
            "networks": {"available": ["visa"], "preferred": None},
            "three_d_secure_usage": {"supported": True},
            "wallet": None,
        },
        "customer": None,
        "metadata": {},
        "type": "card",
    }
