"""Charges: one for every time an issuer was asked.

https://docs.stripe.com/api/charges/object
"""

import stripe

from .blanks import blank
from .cards import Decline
from .store import Body, Store

KIND = "charge"


def add(store: Store, intent: Body, method: Body, decline: Decline | None) -> Body:
    """Record what the issuer answered: money taken, or why not."""
    charge = blank(stripe.Charge, kind=KIND, prefix="ch")
    taken = decline is None
    charge |= {
        "amount": intent["amount"],
        "amount_captured": intent["amount"] if taken else 0,
        "amount_refunded": 0,
        "billing_details": method["billing_details"],
        "captured": taken,
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "disputed": False,
        "failure_code": decline.code if decline else None,
        "failure_message": decline.message if decline else None,
        "fraud_details": {},
        "metadata": intent["metadata"],
        "outcome": _outcome(decline),
        "paid": taken,
        "payment_intent": intent["id"],
        "payment_method": method["id"],
        "payment_method_details": _method_details(method, intent["amount"]),
        "receipt_email": intent["receipt_email"],
        "refunded": False,
        "status": "succeeded" if taken else "failed",
    }
    return store.add(charge, parent=intent["id"])


def billing_details(email: str, name: str) -> Body:
    address = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))
    return {"address": address, "email": email, "name": name, "phone": None, "tax_id": None}


def _outcome(decline: Decline | None) -> Body:
    outcome: Body = {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": "approved_by_network",
        "reason": None,
        "risk_level": "normal",
        "risk_score": 20,
        "seller_message": "Payment complete.",
        "type": "authorized",
    }
    if decline is None:
        return outcome
    return outcome | {
        "network_status": "declined_by_network",
        "reason": decline.decline_code or decline.code,
        "seller_message": "The bank did not return any further details with this decline.",
        "type": "issuer_declined",
    }


def _method_details(method: Body, amount: int) -> Body:
    card = method["card"]
    left_out = ("display_brand", "networks", "three_d_secure_usage")
    details = {name: value for name, value in card.items() if name not in left_out}
    details |= {
        "amount_authorized": amount,
        "installments": None,
        "mandate": None,
        "network": card["brand"],
        "three_d_secure": None,
        "wallet": None,
    }
    return {"card": details, "type": "card"}
