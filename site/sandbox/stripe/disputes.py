"""Disputes: a card's holder asks their bank for the money back. Their ends: `dispute_outcomes`.

https://docs.stripe.com/disputes/how-disputes-work
"""

import stripe

from . import balance, charges, errors, events, payment_methods
from .blanks import blank
from .store import Body, Store, under

KIND = "dispute"
EVIDENCE_SECONDS = 14 * 24 * 60 * 60
REASONS = {
    "bank_cannot_process": "12.5",
    "credit_not_processed": "13.7",
    "customer_initiated": "12.5",
    "duplicate": "12.6.1",
    "fraudulent": "10.4",
    "general": "12.5",
    "product_not_received": "13.1",
    "product_unacceptable": "13.3",
    "subscription_canceled": "13.2",
    "unrecognized": "10.4",
}
INQUIRIES_OPEN = ("warning_needs_response", "warning_under_review")
OPEN = ("needs_response", "under_review", *INQUIRIES_OPEN)


def follow(store: Store, intent: Body) -> None:
    """After a payment with a card whose holder disputes everything, the dispute."""
    if intent["status"] != "succeeded":
        return
    method = store.load(payment_methods.KIND, intent["payment_method"])
    complaint = (
        payment_methods.played(store, method).complaint if method["type"] == "card" else None
    )
    if complaint:
        charge = store.load(charges.KIND, intent["latest_charge"])
        open_(store, charge, reason=complaint.reason, inquiry=complaint.inquiry)


def open_(
    store: Store, charge: Body, *, reason: str, inquiry: bool, amount: int | None = None
) -> Body:
    """Dispute a paid charge, or only ask about it; without an amount, about all of it."""
    amount = charge["amount"] if amount is None else amount
    _check(store, charge, reason=reason, amount=amount)
    dispute = _new(charge, reason=reason, inquiry=inquiry, amount=amount)
    if not inquiry:
        dispute["balance_transactions"] = [balance.withdrawal(dispute)]
    store.add(dispute, parent=charge["id"])
    store.save(charge | {"disputed": True})
    events.record(store, "charge.dispute.created", dispute)
    if not inquiry:
        events.record(store, "charge.dispute.funds_withdrawn", dispute)
    return dispute


def of(store: Store, charge: Body) -> list[Body]:
    return store.select(KIND, [under(charge["id"])])


def check_refundable(store: Store, charge: Body) -> None:
    """What the bank has taken back cannot be given back once more."""
    if all(dispute["is_charge_refundable"] for dispute in of(store, charge)):
        return
    message = f"Charge {charge['id']} has been charged back; cannot issue a refund."
    raise errors.StripeError(message, code="charge_disputed", param="charge")


def drop_inquiry(store: Store, charge: Body) -> None:
    """After a full refund the holder's bank has nothing left to ask."""
    for dispute in of(store, charge):
        if charge["refunded"] and dispute["status"] in INQUIRIES_OPEN:
            dispute["status"] = "warning_closed"
            store.save(dispute)
            events.record(store, "charge.dispute.closed", dispute)


def _check(store: Store, charge: Body, *, reason: str, amount: int) -> None:
    if not charge["paid"]:
        message = f"The charge was not paid: its status is {charge['status']}."
        raise errors.StripeError(message)
    if any(dispute["status"] in OPEN for dispute in of(store, charge)):
        message = "The charge has an open dispute already."
        raise errors.StripeError(message)
    if reason not in REASONS:
        message = f"The reason must be one of {', '.join(REASONS)}."
        raise errors.StripeError(message)
    if not 1 <= amount <= charge["amount"]:
        message = f"The amount must be from 1 to {charge['amount']}."
        raise errors.StripeError(message)


def _new(charge: Body, *, reason: str, inquiry: bool, amount: int) -> Body:
    dispute = blank(stripe.Dispute, kind=KIND, prefix="du")
    return dispute | {
        "amount": amount,
        "balance_transactions": [],
        "charge": charge["id"],
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": _evidence(charge),
        "evidence_details": {
            "due_by": dispute["created"] + EVIDENCE_SECONDS,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
            "submission_method": "not_submitted",
        },
        "is_charge_refundable": inquiry,
        "metadata": {},
        "network_reason_code": REASONS[reason],
        "payment_intent": charge["payment_intent"],
        "payment_method_details": _method_details(charge, reason=reason, inquiry=inquiry),
        "reason": reason,
        "status": "warning_needs_response" if inquiry else "needs_response",
    }


def _evidence(charge: Body) -> Body:
    """What Stripe knows without being told."""
    names = [name for name in stripe.Dispute.Evidence.__annotations__ if name != "appeal"]
    billing = charge["billing_details"]
    return dict.fromkeys(names) | {
        "customer_email_address": billing["email"],
        "customer_name": billing["name"],
        "enhanced_evidence": {},
    }


def _method_details(charge: Body, *, reason: str, inquiry: bool) -> Body | None:
    details = charge["payment_method_details"]
    if details["type"] != "card":
        return None
    card = {
        "brand": details["card"]["brand"],
        "case_type": "inquiry" if inquiry else "chargeback",
        "network": details["card"]["network"],
        "network_reason_code": REASONS[reason],
    }
    return {"card": card, "type": "card"}
