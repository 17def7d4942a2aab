"""How refunds go on: they arrive, come back, wait for the customer, or are called off.

https://docs.stripe.com/refunds#failed-refunds
"""

import secrets
import time

from . import charges, errors, events
from .store import Body, Store

KIND = "refund"
UNSETTLED = ("pending", "requires_action")
REASON = "expired_or_canceled_card"
ACTION_SECONDS = 30 * 24 * 60 * 60


def succeed(store: Store, refund_id: str) -> Body:
    refund = _load(store, refund_id, UNSETTLED, "be completed")
    _update(store, refund, {"next_action": None, "pending_reason": None, "status": "succeeded"})
    return give_reference(store, refund)


def fail(store: Store, refund_id: str, *, reason: str = REASON) -> Body:
    """The bank sends the money back, which may happen after it was said to have arrived."""
    refund = _load(store, refund_id, (*UNSETTLED, "succeeded"), "fail")
    changes = {"failure_reason": reason, "next_action": None, "pending_reason": None}
    _give_back(store, refund)
    _update(store, refund, {**changes, "status": "failed"})
    events.record(store, "refund.failed", refund)
    return refund


def require_action(store: Store, refund_id: str) -> Body:
    """The customer has to say first where the money shall go."""
    refund = _load(store, refund_id, ("pending",), "wait for the customer")
    now = int(time.time())
    charge = store.load(charges.KIND, refund["charge"])
    address = refund["instructions_email"] or charge["billing_details"]["email"]
    details = {
        "email_sent": {"email_sent_at": now, "email_sent_to": address},
        "expires_at": now + ACTION_SECONDS,
    }
    action = {"type": "display_details", "display_details": details}
    _update(store, refund, {"next_action": action, "status": "requires_action"})
    return refund


def cancel(store: Store, refund_id: str) -> Body:
    """Call off a refund that has not been carried out.

    Stripe lets its API do this in `requires_action` only, and its dashboard in `pending` too.
    """
    refund = store.load(KIND, refund_id)
    if refund["status"] not in UNSETTLED:
        message = f"You cannot cancel a refund with a status of {refund['status']}."
        raise errors.StripeError(message)
    _give_back(store, refund)
    _update(store, refund, {"next_action": None, "pending_reason": None, "status": "canceled"})
    return refund


def give_reference(store: Store, refund: Body) -> Body:
    """The network's reference, which comes after the answer to the request."""
    details = refund["destination_details"]
    kind = details["type"]
    reference = {
        "reference": "".join(secrets.choice("0123456789") for _ in range(23)),
        "reference_status": "available",
    }
    changed = refund | {"destination_details": details | {kind: details[kind] | reference}}
    store.save(changed)
    events.record(store, "refund.updated", changed, {"destination_details": details})
    return changed


def _load(store: Store, refund_id: str, statuses: tuple[str, ...], verb: str) -> Body:
    refund = store.load(KIND, refund_id)
    if refund["status"] not in statuses:
        message = f"The refund cannot {verb}: its status is {refund['status']}."
        raise errors.StripeError(message)
    return refund


def _update(store: Store, refund: Body, changes: Body) -> None:
    before = {name: refund[name] for name, value in changes.items() if refund[name] != value}
    refund |= changes
    store.save(refund)
    events.record(store, "refund.updated", refund, before)


def _give_back(store: Store, refund: Body) -> None:
    """The charge is as if this refund had not been."""
    charge = store.load(charges.KIND, refund["charge"])
    charge["amount_refunded"] -= refund["amount"]
    charge["refunded"] = False
    if charge["amount_refunded"] < 0:
        message = f"{charge['id']} was refunded by less than nothing"
        raise RuntimeError(message)
    store.save(charge)
