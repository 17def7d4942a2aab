"""Customers, to whom payment methods are attached.

https://docs.stripe.com/api/customers
"""

from typing import Any

import stripe

from . import errors, events
from .blanks import blank
from .metadata import merged
from .store import Body, Store, where

KIND = "customer"
PLAIN = (
    "address",
    "business_name",
    "description",
    "email",
    "individual_name",
    "name",
    "phone",
    "preferred_locales",
    "shipping",
    "tax_exempt",
)
SUPPORTED = frozenset({*PLAIN, "expand", "invoice_settings", "metadata"})
EXISTING = where("deleted", "IS NULL")
INVOICE_SETTINGS = ("custom_fields", "default_payment_method", "footer", "rendering_options")


def create(store: Store, params: dict[str, Any]) -> Body:
    errors.supported_only(params, SUPPORTED)
    customer = blank(stripe.Customer, kind=KIND, prefix="cus") | {
        "balance": 0,
        "delinquent": False,
        "invoice_settings": dict.fromkeys(INVOICE_SETTINGS),
        "metadata": {},
        "preferred_locales": [],
        "tax_exempt": "none",
    }
    _change(store, customer, params)
    store.add(customer)
    events.record(store, "customer.created", customer)
    return customer


def update(store: Store, params: dict[str, Any], customer_id: str) -> Body:
    errors.supported_only(params, SUPPORTED)
    customer = load(store, customer_id)
    before = dict(customer)
    _change(store, customer, params)
    store.save(customer)
    changed = {name: value for name, value in before.items() if customer[name] != value}
    events.record(store, "customer.updated", customer, changed)
    return customer


def delete(store: Store, customer_id: str) -> Body:
    """For good: what is left says only that it is gone, and its payment methods are let go."""
    customer = load(store, customer_id)
    for method in store.select("payment_method", [where("customer", "=", customer_id)]):
        store.remember(method["id"], spent=True)
        store.save(method | {"customer": None})
    gone = {"id": customer_id, "object": KIND, "deleted": True}
    store.save(gone)
    events.record(store, "customer.deleted", customer)
    return gone


def load(store: Store, customer_id: str, *, param: str = "id") -> Body:
    """A customer who has not been deleted."""
    customer = store.load(KIND, customer_id, param=param)
    if "deleted" in customer:
        raise errors.no_such(KIND, customer_id, param=param)
    return customer


def _change(store: Store, customer: Body, params: dict[str, Any]) -> None:
    customer |= {name: params[name] for name in PLAIN if name in params}
    customer["metadata"] = merged(customer["metadata"], params)
    settings = params.get("invoice_settings", {})
    for name in settings:
        if name != "default_payment_method":
            raise errors.unsupported(f"invoice_settings[{name}]")
        _check_default(store, customer, settings[name])
    customer["invoice_settings"] = customer["invoice_settings"] | settings


def _check_default(store: Store, customer: Body, method_id: str) -> None:
    method = store.find("payment_method", method_id)
    if method is None or method["customer"] != customer["id"]:
        message = (
            f"The customer does not have a payment method with the ID {method_id}. "
            "The payment method must be attached to the customer."
        )
        path = "invoice_settings[default_payment_method]"
        raise errors.StripeError(message, code="resource_missing", param=path)
