"""Promotion codes: what a buyer types to get what a coupon gives.

https://docs.stripe.com/api/promotion_codes
"""

import time
from typing import Any

import stripe

from . import coupons, customers, errors, events
from .blanks import blank
from .ids import new_id
from .metadata import merged
from .store import Body, Condition, Store, flagged, where

KIND = "promotion_code"
CODE_CHARACTERS = 8
SUPPORTED = frozenset(
    "active code customer expand expires_at max_redemptions metadata promotion "
    "restrictions".split(),
)
RESTRICTIONS = frozenset({"first_time_transaction", "minimum_amount", "minimum_amount_currency"})


def create(store: Store, params: dict[str, Any]) -> Body:
    errors.supported_only(params, SUPPORTED)
    restrictions = params.get("restrictions", {})
    errors.supported_only(restrictions, RESTRICTIONS)
    if "coupon" not in params["promotion"]:
        raise errors.missing_parameter("promotion[coupon]")
    coupon = coupons.load(store, params["promotion"]["coupon"], param="promotion[coupon]")
    coupons.check(coupon, "promotion[coupon]")
    if "customer" in params:
        customers.load(store, params["customer"], param="customer")
    code = params.get("code") or new_id("x")[2 : 2 + CODE_CHARACTERS].upper()
    if find(store, code):
        message = f"An active promotion code with `code: {code}` already exists."
        raise errors.invalid_value("code", message)
    promotion = blank(stripe.PromotionCode, kind=KIND, prefix="promo") | {
        "active": params.get("active", True),
        "code": code,
        "metadata": merged({}, params),
        "promotion": {"coupon": coupon["id"], "type": "coupon"},
        "restrictions": {
            "first_time_transaction": restrictions.get("first_time_transaction", False),
            "minimum_amount": restrictions.get("minimum_amount"),
            "minimum_amount_currency": restrictions.get("minimum_amount_currency"),
        },
        "times_redeemed": 0,
    }
    for name in ("customer", "expires_at", "max_redemptions"):
        promotion[name] = params.get(name)
    store.add(promotion)
    events.record(store, "promotion_code.created", promotion)
    return promotion


def update(store: Store, params: dict[str, Any], promotion_id: str) -> Body:
    errors.supported_only(params, frozenset({"active", "expand", "metadata"}))
    promotion = store.load(KIND, promotion_id)
    promotion["metadata"] = merged(promotion["metadata"], params)
    promotion["active"] = params.get("active", promotion["active"])
    store.save(promotion)
    events.record(store, "promotion_code.updated", promotion)
    return promotion


def find(store: Store, code: str) -> Body | None:
    """The active code that reads like `code`, in small letters or capitals."""
    same = Condition("json_extract(body, '$.code') = ? COLLATE NOCASE", (code,))
    found = store.select(KIND, [same, flagged("active", on=True)], limit=1)
    return found[0] if found else None


def filters(params: dict[str, Any]) -> dict[str, Any]:
    """A list's filters by the names of the fields that they compare."""
    renamed = dict(params)
    if "coupon" in renamed:
        renamed["promotion"] = {"coupon": renamed.pop("coupon")}
    return renamed


def check(store: Store, promotion: Body, session: Body, path: str) -> None:
    """Refuse a code that may not be used for a session, which knows its amount by now."""
    restrictions = promotion["restrictions"]
    least = restrictions["minimum_amount"] or 0
    expires_at = promotion["expires_at"]
    if not promotion["active"] or (expires_at is not None and expires_at <= time.time()):
        why = "This code has expired."
    elif promotion["customer"] not in (None, session["customer"]):
        why = "This code belongs to another customer."
    elif session["amount_subtotal"] < least:
        why = "This code needs a larger order."
    elif restrictions["minimum_amount_currency"] not in (None, session["currency"]):
        why = "This code is for another currency."
    elif restrictions["first_time_transaction"] and _has_paid(store, session["customer"]):
        why = "This code is for a first order."
    else:
        return
    raise errors.invalid_value(path, why)


def redeem(store: Store, promotion: Body) -> None:
    promotion["times_redeemed"] += 1
    if promotion["times_redeemed"] == promotion["max_redemptions"]:
        promotion["active"] = False
    store.save(promotion)
    events.record(store, "promotion_code.updated", promotion)


def _has_paid(store: Store, customer: str | None) -> bool:
    paid = [where("customer", "=", customer), where("status", "=", "succeeded")]
    return customer is not None and bool(store.select("payment_intent", paid, limit=1))
