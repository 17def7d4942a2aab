"""Bank debits: the session completes at once, and the money comes later or never.

https://docs.stripe.com/payments/checkout/fulfill-orders#delayed-payments
"""

from . import attempts, charges, discounts, errors, events, payment_methods, sessions
from .store import Body, Store, where
from .test_accounts import INSUFFICIENT_FUNDS, TestAccount
from .test_cards import Decline


def begin(store: Store, session: Body, intent: Body, method: Body, account: TestAccount) -> None:
    """The buyer has agreed to a debit, and the session is over; a bad account fails at once."""
    charge = charges.add(store, intent, method)
    intent |= {
        "last_payment_error": None,
        "latest_charge": charge["id"],
        "next_action": None,
        "payment_method": method["id"],
        "presentment_details": None,
        "status": "processing",
    }
    store.save(intent)
    events.record(store, "charge.pending", charge)
    events.record(store, "payment_intent.processing", intent)
    discounts.redeem(store, session)
    sessions.complete(store, session, intent["customer"], method["billing_details"], "unpaid")
    if account.decline:
        fail(store, intent["id"], account.decline)


def succeed(store: Store, intent_id: str) -> Body:
    """The bank has paid."""
    intent, charge, method, session = _under_way(store, intent_id)
    attempts.take(store, intent, method, charge)
    session["payment_status"] = "paid"
    store.save(session)
    events.record(store, "checkout.session.async_payment_succeeded", session)
    return intent


def fail(store: Store, intent_id: str, decline: Decline = INSUFFICIENT_FUNDS) -> Body:
    """The bank will not pay. The session stays complete and unpaid for ever."""
    intent, charge, method, session = _under_way(store, intent_id)
    attempts.refuse(store, intent, method, decline, charge)
    events.record(store, "checkout.session.async_payment_failed", session)
    return intent


def _under_way(store: Store, intent_id: str) -> tuple[Body, Body, Body, Body]:
    intent = store.load(attempts.KIND, intent_id)
    if intent["status"] != "processing":
        message = f"The payment is not in process: its status is {intent['status']}."
        raise errors.StripeError(message)
    charge = store.load(charges.KIND, intent["latest_charge"])
    method = store.load(payment_methods.KIND, intent["payment_method"])
    (session,) = store.select(sessions.KIND, [where("payment_intent", "=", intent_id)])
    return intent, charge, method, session
