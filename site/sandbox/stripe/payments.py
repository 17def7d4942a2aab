"""Paying for a session with what a buyer entered on its page.

https://docs.stripe.com/payments/checkout/how-checkout-works
"""

from dataclasses import dataclass

from . import (
    attempts,
    customers,
    debits,
    discounts,
    disputes,
    payment_intents,
    payment_methods,
    presentment,
    pricing,
    sessions,
)
from .cards import Card
from .payment_methods import Buyer
from .store import Body, Store
from .test_accounts import TestAccount

KIND = attempts.KIND


@dataclass(frozen=True)
class Order:
    """A buyer's decision. Without `means` there must be nothing to pay."""

    buyer: Buyer
    means: Card | TestAccount | None
    currency: str | None = None


def attempt(store: Store, session: Body, order: Order) -> None:
    """Try to pay an open session; the status of its payment intent tells how it went.

    Raises a `StripeError` if its discount can no longer be had.
    """
    discounts.check(store, session)
    pricing.settle(store, session)
    if session["amount_total"] == 0:
        _complete_free(store, session, order.buyer)
    elif order.means is not None:
        intent = _intent_for(store, session, order.buyer)
        method = payment_methods.add(store, order.means, order.buyer)
        if isinstance(order.means, Card):
            intent["presentment_details"] = presentment.chosen(session, order.currency)
            _try_card(store, session, intent, method)
        else:
            debits.begin(store, session, intent, method, order.means)


def authenticate(store: Store, session: Body, *, passed: bool) -> None:
    """The buyer's answer to 3-D Secure; it changes nothing when no payment waits for one."""
    intent = intent_of(store, session)
    if session["status"] != "open" or intent is None or intent["status"] != "requires_action":
        return
    method = store.load(payment_methods.KIND, intent["payment_method"])
    if passed:
        attempts.settle(store, intent, method)
        _follow_up(store, session, intent, method)
    else:
        attempts.refuse_authentication(store, intent, method)


def intent_of(store: Store, session: Body) -> Body | None:
    return store.find(KIND, session["payment_intent"]) if session["payment_intent"] else None


def _try_card(store: Store, session: Body, intent: Body, method: Body) -> None:
    there = {"return_url": session["url"], "url": f"{session['url']}/authentication"}
    next_action = {"type": "redirect_to_url", "redirect_to_url": there}
    attempts.try_card(store, intent, method, off_session=False, next_action=next_action)
    _follow_up(store, session, intent, method)


def _follow_up(store: Store, session: Body, intent: Body, method: Body) -> None:
    if intent["status"] != "succeeded":
        return
    discounts.redeem(store, session)
    session["presentment_details"] = intent["presentment_details"]
    sessions.complete(store, session, intent["customer"], method["billing_details"], "paid")
    disputes.follow(store, intent)


def _intent_for(store: Store, session: Body, buyer: Buyer) -> Body:
    """The session's payment intent, made at the first attempt and used for all later ones."""
    if existing := intent_of(store, session):
        return existing
    intent = payment_intents.new(
        store,
        amount=session["amount_total"],
        currency=session["currency"],
        data=store.private(session["id"]),
        parent=session["id"],
        customer=_customer(store, session, buyer),
        payment_method_options=session["payment_method_options"],
        payment_method_types=session["payment_method_types"],
    )
    session["payment_intent"] = intent["id"]
    store.save(session)
    return intent


def _complete_free(store: Store, session: Body, buyer: Buyer) -> None:
    discounts.redeem(store, session)
    details = payment_methods.billing_details(buyer)
    customer = _customer(store, session, buyer)
    sessions.complete(store, session, customer, details, "no_payment_required")


def _customer(store: Store, session: Body, buyer: Buyer) -> str | None:
    """The session's customer, or a new one where the session is to make one."""
    if session["customer"] or session["customer_creation"] != "always":
        known: str | None = session["customer"]
        return known
    customer = customers.create(store, {"email": buyer.email, "name": buyer.name})
    customer_id: str = customer["id"]
    return customer_id
