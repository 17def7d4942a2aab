"""Payment methods: made on the page, kept by being attached to a customer.

https://docs.stripe.com/api/payment_methods
"""

from dataclasses import dataclass
from typing import Any

import stripe

from . import customers, errors, events
from .blanks import blank
from .cards import Card
from .ids import new_id
from .store import Body, Condition, Store, where
from .test_accounts import TestAccount
from .test_cards import REAL_CARD, TEST_CARDS, TestCard

KIND = "payment_method"
# What is known of a method in a database from before anything was kept of them.
UNTOLD = {"number": "", "set_up": False, "spent": True}
SPENT = (
    "This PaymentMethod was previously used without being attached to a Customer or was detached "
    "from a Customer, and may not be used again."
)


@dataclass(frozen=True)
class Buyer:
    email: str
    name: str


def add(store: Store, means: Card | TestAccount, buyer: Buyer) -> Body:
    """What a buyer pays with; which test number it was is remembered and not shown."""
    if isinstance(means, Card):
        own = {"type": "card", "card": _card(means)}
        number = means.played.number
    else:
        own = {"type": means.kind, means.kind: means.details()}
        number = means.number
    filled = blank(stripe.PaymentMethod, kind=KIND, prefix="pm").items()
    method = {name: value for name, value in filled if value is not None} | {
        "allow_redisplay": "limited",
        "billing_details": billing_details(buyer),
        "customer": None,
        "metadata": {},
        **own,
    }
    return store.add(method, private={**UNTOLD, "number": number, "spent": False})


def billing_details(buyer: Buyer) -> Body:
    address = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))
    return {
        "address": address,
        "email": buyer.email,
        "name": buyer.name,
        "phone": None,
        "tax_id": None,
    }


def played(store: Store, method: Body) -> TestCard:
    """The test card behind a payment method."""
    return TEST_CARDS.get(_kept(store, method)["number"], REAL_CARD)


def is_set_up(store: Store, method: Body) -> bool:
    """Whether its owner has agreed to be charged while away."""
    return bool(_kept(store, method)["set_up"])


def keep(store: Store, method: Body, customer: str | None, *, set_up: bool) -> None:
    """Attach a method that was just used, or else mark it as used up."""
    if method["customer"]:
        store.remember(method["id"], set_up=set_up or is_set_up(store, method))
    elif customer:
        store.remember(method["id"], set_up=set_up)
        _attach(store, method, customer)
    else:
        store.remember(method["id"], spent=True)


def attach(store: Store, params: dict[str, Any], method_id: str) -> Body:
    method = store.load(KIND, method_id)
    if "customer" not in params:
        raise errors.missing_parameter("customer")
    customers.load(store, params["customer"], param="customer")
    if method["customer"] and method["customer"] != params["customer"]:
        message = "The payment method you provided has already been attached to a customer."
        raise errors.StripeError(message)
    if _kept(store, method)["spent"]:
        raise errors.StripeError(SPENT)
    return method if method["customer"] else _attach(store, method, params["customer"])


def detach(store: Store, method_id: str) -> Body:
    method = store.load(KIND, method_id)
    if not method["customer"]:
        message = (
            "The payment method you provided is not attached to a customer so detachment is "
            "impossible."
        )
        raise errors.StripeError(message, param="payment_method")
    before = {"customer": method["customer"]}
    store.remember(method_id, spent=True)
    store.save(method | {"customer": None})
    events.record(store, "payment_method.detached", method | {"customer": None}, before)
    return method | {"customer": None}


def load_for(store: Store, method_id: str, customer: str | None) -> Body:
    """A method that may be charged for `customer`."""
    method = store.load(KIND, method_id, param="payment_method")
    if method["customer"] is None:
        raise errors.StripeError(SPENT, param="payment_method")
    if customer is None:
        message = (
            f"The PaymentMethod {method_id} belongs to the Customer {method['customer']}. Please "
            "include the Customer in the `customer` parameter on the PaymentIntent."
        )
        raise errors.StripeError(message, param="payment_method")
    if method["customer"] != customer:
        message = f"The PaymentMethod {method_id} does not belong to the Customer {customer}."
        raise errors.StripeError(message, param="payment_method")
    return method


def load_of(store: Store, method_id: str, customer: str) -> Body:
    """A method as one of `customer`'s, and of nobody else's."""
    customers.load(store, customer)
    method = store.load(KIND, method_id)
    if method["customer"] != customer:
        raise errors.no_such(KIND, method_id)
    return method


def of_customer(store: Store, customer: str, *, param: str) -> Condition:
    """The filter for a customer's methods, or a refusal when there is no such customer."""
    customers.load(store, customer, param=param)
    return where("customer", "=", customer)


def _kept(store: Store, method: Body) -> Body:
    return {**UNTOLD, **(store.private(method["id"]) or {})}


def _attach(store: Store, method: Body, customer: str) -> Body:
    method["customer"] = customer
    store.save(method)
    events.record(store, "payment_method.attached", method)
    return method


def _card(card: Card) -> Body:
    return {
        "brand": "visa",
        "checks": {
            "address_line1_check": None,
            "address_postal_code_check": None,
            "cvc_check": "pass",
        },
        "country": "US",
        "display_brand": "visa",
        "exp_month": card.exp_month,
        "exp_year": card.exp_year,
        "fingerprint": new_id("x")[2:],
        "funding": "credit",
        "generated_from": None,
        "last4": card.last4,
        "networks": {"available": ["visa"], "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }
