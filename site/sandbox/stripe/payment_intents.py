"""Payment intents by the API: above all, charging a saved card while its owner is away.

https://docs.stripe.com/payments/save-and-reuse?platform=web&ui=checkout#charge-saved-payment-method
"""

import time
from typing import Any

import stripe

from . import attempts, currencies, customers, disputes, errors, events, payment_methods
from .blanks import blank
from .ids import new_id
from .store import Body, Store, where

KIND = attempts.KIND
COPIED = frozenset(
    "description metadata receipt_email setup_future_usage statement_descriptor "
    "statement_descriptor_suffix transfer_group".split(),
)
SUPPORTED_ON_CREATE = COPIED | frozenset(
    "amount automatic_payment_methods capture_method confirm currency customer "
    "error_on_requires_action expand off_session payment_method return_url use_stripe_sdk".split(),
)
SUPPORTED_ON_CONFIRM = frozenset(
    "error_on_requires_action expand off_session payment_method receipt_email return_url "
    "setup_future_usage use_stripe_sdk".split(),
)
UNCONFIRMED = ("requires_payment_method", "requires_confirmation", "requires_action")
NO_METHOD = (
    "You cannot confirm this PaymentIntent because it's missing a payment method. You can either "
    "update the PaymentIntent with a payment method and then confirm it again, or confirm it "
    "again directly with a payment method or ConfirmationToken."
)
# Nobody is there to be sent anywhere, so the only way on is to cancel.
FOR_A_SCRIPT = {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect"}}


def new(
    store: Store, *, amount: int, currency: str, data: Body, parent: str | None = None, **more: Any
) -> Body:
    """A payment intent without an attempt; `data` is what the client said of it."""
    intent = blank(stripe.PaymentIntent, kind=KIND, prefix="pi")
    intent |= {name: value for name, value in data.items() if name in intent}
    intent |= {
        "amount": amount,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "capture_method": data.get("capture_method", "automatic_async"),
        "client_secret": f"{intent['id']}_secret_{new_id('x')[2:]}",
        "confirmation_method": "automatic",
        "currency": currency,
        "metadata": data.get("metadata", {}),
        "payment_method_options": {},
        "payment_method_types": ["card"],
        "status": "requires_payment_method",
        **more,
    }
    store.add(intent, parent=parent)
    events.record(store, "payment_intent.created", intent)
    return intent


def create(store: Store, params: dict[str, Any]) -> Body:
    errors.supported_only(params, SUPPORTED_ON_CREATE)
    confirm = params.get("confirm", False)
    if params.get("off_session") and not confirm:
        message = "You cannot set `off_session` when `confirm` is not `true`."
        raise errors.invalid_value("off_session", message)
    if params.get("capture_method") == "manual":
        raise errors.unsupported("capture_method=manual")
    currency = currencies.known(params["currency"], "currency")
    _check_amount(params["amount"], currency)
    customer = params.get("customer")
    if customer:
        customers.load(store, customer, param="customer")
    method = _method(store, params, customer)
    if confirm and method is None:
        raise errors.StripeError(NO_METHOD, code="payment_intent_unexpected_state")
    intent = new(
        store,
        amount=params["amount"],
        currency=currency,
        data={name: value for name, value in params.items() if name in COPIED},
        automatic_payment_methods={"allow_redirects": "always", "enabled": True}
        | params.get("automatic_payment_methods", {}),
        customer=customer,
        payment_method=method["id"] if method and not confirm else None,
        status="requires_confirmation" if method and not confirm else "requires_payment_method",
    )
    return _attempt(store, intent, method, params) if confirm and method else intent


def confirm(store: Store, params: dict[str, Any], intent_id: str) -> Body:
    errors.supported_only(params, SUPPORTED_ON_CONFIRM)
    intent = store.load(KIND, intent_id)
    _refuse_if_in_checkout(store, intent, "confirm")
    if intent["status"] not in UNCONFIRMED:
        raise errors.unexpected_state(_why_not_confirm(intent), intent)
    method = _method(store, params, intent["customer"])
    if method is None and intent["payment_method"]:
        method = payment_methods.load_for(store, intent["payment_method"], intent["customer"])
    if method is None:
        raise errors.unexpected_state(NO_METHOD, intent)
    for name in ("receipt_email", "setup_future_usage"):
        intent[name] = params.get(name, intent[name])
    return _attempt(store, intent, method, params)


def cancel(store: Store, params: dict[str, Any], intent_id: str) -> Body:
    intent = store.load(KIND, intent_id)
    _refuse_if_in_checkout(store, intent, "cancel")
    if intent["status"] not in UNCONFIRMED:
        message = (
            f"You cannot cancel this PaymentIntent because it has a status of {intent['status']}. "
            "Only a PaymentIntent with one of the following statuses may be canceled: "
            "requires_payment_method, requires_capture, requires_confirmation, requires_action, "
            "processing."
        )
        raise errors.unexpected_state(message, intent)
    return close(store, intent, reason=params.get("cancellation_reason"))


def close(store: Store, intent: Body, *, reason: str | None) -> Body:
    """Nothing can be paid with it any more."""
    intent |= {
        "canceled_at": int(time.time()),
        "cancellation_reason": reason,
        "next_action": None,
        "status": "canceled",
    }
    store.save(intent)
    events.record(store, "payment_intent.canceled", intent)
    return intent


def _attempt(store: Store, intent: Body, method: Body, params: dict[str, Any]) -> Body:
    """Charge, or raise a `CardError` whose traces are kept."""
    off_session = bool(params.get("off_session"))
    insists = off_session or params.get("error_on_requires_action", False)
    next_action = None if insists else FOR_A_SCRIPT
    attempts.try_card(store, intent, method, off_session=off_session, next_action=next_action)
    if intent["status"] == "requires_payment_method":
        raise errors.card_error(intent["last_payment_error"], payment_intent=intent)
    disputes.follow(store, intent)
    return intent


def _method(store: Store, params: dict[str, Any], customer: str | None) -> Body | None:
    if "payment_method" not in params:
        return None
    return payment_methods.load_for(store, params["payment_method"], customer)


def _check_amount(amount: int, currency: str) -> None:
    if amount < 1:
        message = "This value must be greater than or equal to 1."
        raise errors.invalid_integer("amount", message)
    least, most = currencies.minimum(currency), currencies.AMOUNT_MAX
    if amount < least:
        message = f"Amount must be at least {currencies.formatted(least, currency)}"
        raise errors.StripeError(message, code="amount_too_small", param="amount")
    if amount > most:
        message = f"Amount must be no more than {currencies.formatted(most, currency)}"
        raise errors.StripeError(message, code="amount_too_large", param="amount")


def _refuse_if_in_checkout(store: Store, intent: Body, verb: str) -> None:
    if store.select("checkout.session", [where("payment_intent", "=", intent["id"])], limit=1):
        message = f"You cannot {verb} PaymentIntents created by Checkout."
        raise errors.unexpected_state(f"{message} Expire the Checkout Session instead.", intent)


def _why_not_confirm(intent: Body) -> str:
    if intent["status"] == "succeeded":
        why = "it has already succeeded after being previously confirmed."
        return f"You cannot confirm this PaymentIntent because {why}"
    return (
        f"You cannot confirm this PaymentIntent because it has a status of {intent['status']}. "
        "Only a PaymentIntent with one of the following statuses may be confirmed: "
        "requires_confirmation, requires_action, requires_payment_method."
    )
