"""Charges: one for every time a bank was asked.

https://docs.stripe.com/api/charges/object
"""

import stripe
from flask import url_for

from .blanks import blank
from .store import Body, Store
from .test_cards import Decline

KIND = "charge"
# Of a payment method, what a charge does not repeat.
LEFT_OUT = frozenset(
    "display_brand financial_connections_account generated_from networks status_details "
    "three_d_secure_usage".split(),
)


def add(store: Store, intent: Body, method: Body) -> Body:
    """A charge of which the bank has not said yet whether it pays."""
    charge = blank(stripe.Charge, kind=KIND, prefix="ch")
    charge |= {
        "amount": intent["amount"],
        "amount_captured": intent["amount"],
        "amount_refunded": 0,
        "billing_details": method["billing_details"],
        "captured": True,
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "disputed": False,
        "fraud_details": {},
        "metadata": intent["metadata"],
        "outcome": _outcome(None),
        "paid": False,
        "payment_intent": intent["id"],
        "payment_method": method["id"],
        "payment_method_details": _method_details(method, intent["amount"]),
        "presentment_details": intent["presentment_details"],
        "receipt_email": intent["receipt_email"],
        "refunded": False,
        "statement_descriptor": intent["statement_descriptor"],
        "statement_descriptor_suffix": intent["statement_descriptor_suffix"],
        "status": "pending",
    }
    return store.add(charge, parent=intent["id"])


def conclude(store: Store, charge: Body, decline: Decline | None) -> Body:
    """Record what the bank answered: money taken, or why not."""
    taken = decline is None
    charge |= {
        "amount_captured": charge["amount"] if taken else 0,
        "captured": taken,
        "failure_code": decline.code if decline else None,
        "failure_message": decline.message if decline else None,
        "outcome": _outcome(decline),
        "paid": taken,
        "receipt_url": _receipt_url(charge) if taken else None,
        "status": "succeeded" if taken else "failed",
    }
    return store.save(charge)


def _receipt_url(charge: Body) -> str:
    return url_for("receipts.show_receipt", charge_id=charge["id"], _external=True)


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
    kind = method["type"]
    shown = {name: value for name, value in method[kind].items() if name not in LEFT_OUT}
    if kind != "card":
        return {kind: {**shown, "expected_debit_date": None, "mandate": None}, "type": kind}
    shown |= {
        "amount_authorized": amount,
        "installments": None,
        "mandate": None,
        "network": shown["brand"],
        "three_d_secure": None,
        "wallet": None,
    }
    return {"card": shown, "type": "card"}
