"""Refunds of payments, whole or in parts. How they go on is told in `refund_outcomes`.

https://docs.stripe.com/api/refunds/create
"""

from typing import Any

import stripe

from . import (
    charges,
    currencies,
    disputes,
    errors,
    events,
    payment_methods,
    presentment,
    refund_outcomes,
)
from .blanks import blank
from .store import Body, Store

KIND = "refund"
UNSUPPORTED = ("customer", "origin", "refund_application_fee", "reverse_transfer")


def create(store: Store, params: dict[str, Any]) -> Body:
    for name in UNSUPPORTED:
        if params.get(name):
            raise errors.unsupported(name)
    charge = _charge(store, params)
    disputes.check_refundable(store, charge)
    amount = _amount(charge, params)
    before = {name: charge[name] for name in ("amount_refunded", "refunded")}
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    store.save(charge)
    refund = store.add(_refund(store, charge, params, amount), parent=charge["id"])
    events.record(store, "refund.created", refund)
    events.record(store, "charge.refunded", charge, before)
    if refund["status"] == "succeeded":
        refund_outcomes.give_reference(store, refund)
    disputes.drop_inquiry(store, charge)
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


def _refund(store: Store, charge: Body, params: dict[str, Any], amount: int) -> Body:
    method = store.load(payment_methods.KIND, charge["payment_method"])
    pending = _is_slow(store, method)
    return {
        **blank(stripe.Refund, kind=KIND, prefix="re"),
        "amount": amount,
        "charge": charge["id"],
        "currency": charge["currency"],
        "customer": charge["customer"],
        "destination_details": _destination(method["type"]),
        "instructions_email": params.get("instructions_email"),
        "metadata": params.get("metadata") or {},
        "payment_intent": charge["payment_intent"],
        "payment_method": charge["payment_method"],
        "pending_reason": "processing" if pending else None,
        "presentment_details": presentment.share(
            charge["presentment_details"], part=amount, whole=charge["amount"]
        ),
        "reason": params.get("reason"),
        "status": "pending" if pending else "succeeded",
    }


def _is_slow(store: Store, method: Body) -> bool:
    """Whether the money is on its way for some time; to a bank account it always is."""
    return method["type"] != "card" or payment_methods.played(store, method).refund == "pending"


def _destination(kind: str) -> Body:
    if kind == "card":
        card = {"reference_status": "pending", "reference_type": "acquirer_reference_number"}
        return {"card": {**card, "type": "refund"}, "type": "card"}
    way = {"sepa_debit": "eu_bank_transfer", "us_bank_account": "us_bank_transfer"}[kind]
    return {way: {"reference": None, "reference_status": "pending"}, "type": way}
