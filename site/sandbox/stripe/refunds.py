"""Refunds of card payments, whole or in parts.

https://docs.stripe.com/api/refunds/create
"""

import secrets
from typing import Any

import stripe

from . import charges, currencies, errors, events
from .blanks import blank
from .store import Body, Store

KIND = "refund"
UNSUPPORTED = ("customer", "origin", "refund_application_fee", "reverse_transfer")


def create(store: Store, params: dict[str, Any]) -> Body:
    for name in UNSUPPORTED:
        if params.get(name):
            raise errors.unsupported(name)
    charge = _charge(store, params)
    amount = _amount(charge, params)
    before = {name: charge[name] for name in ("amount_refunded", "refunded")}
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    store.save(charge)
    refund = store.add(_refund(charge, params, amount), parent=charge["id"])
    events.record(store, "refund.created", refund)
    events.record(store, "charge.refunded", charge, before)
    _reference(store, refund)
    return refund


def _charge(store: Store, params: dict[str, Any]) -> Body:
    if "charge" in params:
        charge = store.load(charges.KIND, params["charge"], param="charge")
        if params.get("payment_intent", charge["payment_intent"]) != charge["payment_intent"]:
            message = "The charge does not belong to the payment intent you passed."
            raise errors.invalid_value("payment_intent", message)
    elif "payment_intent" in params:
        name = "payment_intent"
        intent = store.load(name, params[name], param=name)
        charge = store.find(charges.KIND, intent["latest_charge"] or "") or {"paid": False}
    else:
        message = "One of the following params should be provided for this request: "
        raise errors.StripeError(message + "payment_intent or charge.", code="parameter_missing")
    if not charge["paid"]:
        message = "This payment does not have a successful charge to refund."
        raise errors.StripeError(message, param="payment_intent")
    return charge


def _amount(charge: Body, params: dict[str, Any]) -> int:
    currency = charge["currency"]
    left: int = charge["amount"] - charge["amount_refunded"]
    if left == 0:
        message = f"Charge {charge['id']} has already been refunded."
        raise errors.StripeError(message, code="charge_already_refunded")
    if params.get("currency", currency) != currency:
        message = f"The currency of the refund must be that of the charge, {currency}."
        raise errors.invalid_value("currency", message)
    amount: int = params.get("amount", left)
    if amount < 1:
        message = "This value must be greater than or equal to 1."
        raise errors.invalid_integer("amount", message)
    if amount > left:
        whole = "unrefunded amount on charge" if charge["amount_refunded"] else "charge amount"
        asked, rest = (currencies.formatted(sum_, currency) for sum_ in (amount, left))
        message = f"Refund amount ({asked}) is greater than {whole} ({rest})"
        raise errors.invalid_value("amount", message)
    return amount


def _refund(charge: Body, params: dict[str, Any], amount: int) -> Body:
    card = {"reference_status": "pending", "reference_type": "acquirer_reference_number"}
    return {
        **blank(stripe.Refund, kind=KIND, prefix="re"),
        "amount": amount,
        "charge": charge["id"],
        "currency": charge["currency"],
        "customer": charge["customer"],
        "destination_details": {"card": {**card, "type": "refund"}, "type": "card"},
        "instructions_email": params.get("instructions_email"),
        "metadata": params.get("metadata") or {},
        "payment_intent": charge["payment_intent"],
        "payment_method": charge["payment_method"],
        "reason": params.get("reason"),
        "status": "succeeded",
    }


def _reference(store: Store, refund: Body) -> None:
    """The card network's reference, which comes after the answer to the request."""
    before = refund["destination_details"]
    card = before["card"] | {
        "reference": "".join(secrets.choice("0123456789") for _ in range(23)),
        "reference_status": "available",
    }
    updated = refund | {"destination_details": before | {"card": card}}
    store.save(updated)
    events.record(store, "refund.updated", updated, {"destination_details": before})
