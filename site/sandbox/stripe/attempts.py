"""One attempt to pay a payment intent.

It ends with money taken, a refusal, a call for 3-D Secure, or a debit that the bank thinks about.

https://docs.stripe.com/payments/paymentintents/lifecycle
"""

from . import charges, errors, events, payment_methods
from .store import Body, Store, under
from .test_cards import AUTHENTICATION_FAILED, AUTHENTICATION_REQUIRED, Decline

KIND = "payment_intent"


def try_card(
    store: Store, intent: Body, method: Body, *, off_session: bool, next_action: Body | None
) -> None:
    """Charge a card; `next_action` says where its holder can authenticate, if anywhere."""
    card = payment_methods.played(store, method)
    set_up = payment_methods.is_set_up(store, method)
    if not card.needs_authentication(off_session=off_session, set_up=set_up):
        settle(store, intent, method)
    elif next_action is None:
        refuse(store, intent, method, AUTHENTICATION_REQUIRED)
    else:
        _ask_for_authentication(store, intent, method, next_action)


def settle(store: Store, intent: Body, method: Body) -> None:
    """What the issuer says once nothing stands before the payment."""
    decline = payment_methods.played(store, method).decline
    if decline:
        refuse(store, intent, method, decline)
    else:
        take(store, intent, method, charges.add(store, intent, method))


def take(store: Store, intent: Body, method: Body, charge: Body) -> None:
    """The bank pays."""
    future = intent["setup_future_usage"]
    customer = intent["customer"] if future else None
    payment_methods.keep(store, method, customer, set_up=future == "off_session")
    charges.conclude(store, charge, decline=None)
    intent |= {
        "amount_received": intent["amount"],
        "last_payment_error": None,
        "latest_charge": charge["id"],
        "next_action": None,
        "payment_method": method["id"],
        "status": "succeeded",
    }
    store.save(intent)
    paid = [c for c in store.select(charges.KIND, [under(intent["id"])]) if c["paid"]]
    if len(paid) != 1:
        message = f"{intent['id']} was paid {len(paid)} times"
        raise RuntimeError(message)
    events.record(store, "charge.succeeded", charge)
    events.record(store, "payment_intent.succeeded", intent)


def refuse(
    store: Store, intent: Body, method: Body, decline: Decline, charge: Body | None = None
) -> None:
    """The bank does not pay; `charge` if it had been thinking about one."""
    charge = charge or charges.add(store, intent, method)
    charges.conclude(store, charge, decline)
    intent["latest_charge"] = charge["id"]
    events.record(store, "charge.failed", charge)
    error = failure(decline, method, kind="card_error") | {"charge": charge["id"]}
    _ask_again(store, intent, error)


def refuse_authentication(store: Store, intent: Body, method: Body) -> None:
    """The holder did not authenticate, so no issuer was asked and there is no charge."""
    error = failure(AUTHENTICATION_FAILED, method, kind="invalid_request_error")
    _ask_again(store, intent, error)


def failure(decline: Decline, method: Body, *, kind: str) -> Body:
    """A `last_payment_error` or `last_setup_error`."""
    error = {
        "code": decline.code,
        "doc_url": errors.doc_url(decline.code),
        "message": decline.message,
        "payment_method": method,
        "type": kind,
    }
    return error | ({"decline_code": decline.decline_code} if decline.decline_code else {})


def _ask_again(store: Store, intent: Body, error: Body) -> None:
    intent |= {
        "last_payment_error": error,
        "next_action": None,
        "payment_method": None,
        "status": "requires_payment_method",
    }
    store.save(intent)
    events.record(store, "payment_intent.payment_failed", intent)


def _ask_for_authentication(store: Store, intent: Body, method: Body, next_action: Body) -> None:
    intent |= {
        "status": "requires_action",
        "payment_method": method["id"],
        "last_payment_error": None,
        "next_action": next_action,
    }
    store.save(intent)
    events.record(store, "payment_intent.requires_action", intent)
