"""Coupons: so many percent, or so much, off.

https://docs.stripe.com/api/coupons
"""

import time
from typing import Any

import stripe

from . import currencies, errors, events
from .blanks import blank
from .ids import new_id
from .metadata import merged
from .store import Body, Store

KIND = "coupon"
PERCENT_MAX = 100
ID_CHARACTERS = 8
SUPPORTED = frozenset(
    "amount_off currency duration duration_in_months expand id max_redemptions metadata name "
    "percent_off redeem_by".split(),
)


def create(store: Store, params: dict[str, Any]) -> Body:
    errors.supported_only(params, SUPPORTED)
    coupon = blank(stripe.Coupon, kind=KIND, prefix="coupon") | {
        "id": params.get("id") or new_id("x")[2 : 2 + ID_CHARACTERS],
        "duration": params.get("duration", "once"),
        "metadata": merged({}, params),
        "times_redeemed": 0,
        "valid": True,
        **_value(params),
    }
    for name in ("duration_in_months", "max_redemptions", "name", "redeem_by"):
        coupon[name] = params.get(name)
    if store.load_any(coupon["id"]):
        message = "Coupon already exists."
        raise errors.StripeError(message, code="resource_already_exists", param="id")
    store.add(coupon)
    events.record(store, "coupon.created", coupon)
    return coupon


def load(store: Store, coupon_id: str, *, param: str = "id") -> Body:
    """The coupon; whether it is valid depends on the hour as well."""
    coupon = store.load(KIND, coupon_id, param=param)
    late = coupon["redeem_by"] is not None and coupon["redeem_by"] <= time.time()
    return coupon | {"valid": coupon["valid"] and not late}


def check(coupon: Body, path: str) -> None:
    if not coupon["valid"]:
        message = f"Coupon {coupon['id']} is used up or expired."
        raise errors.StripeError(message, code="coupon_expired", param=path)


def redeem(store: Store, coupon: Body) -> None:
    coupon["times_redeemed"] += 1
    coupon["valid"] = coupon["valid"] and coupon["times_redeemed"] != coupon["max_redemptions"]
    store.save(coupon)
    events.record(store, "coupon.updated", coupon)


def _value(params: dict[str, Any]) -> Body:
    if ("percent_off" in params) == ("amount_off" in params):
        if "percent_off" in params:
            raise errors.one_only("percent_off", "amount_off")
        message = "Must provide percent_off or amount_off for this coupon."
        raise errors.StripeError(message, code="parameter_missing", param="percent_off")
    if "percent_off" in params:
        percent = float(params["percent_off"])
        if not 0 < percent <= PERCENT_MAX:
            message = f"Invalid percent_off: must be more than 0 and at most {PERCENT_MAX}."
            raise errors.invalid_value("percent_off", message)
        return {"percent_off": percent}
    if "currency" not in params:
        raise errors.missing_parameter("currency")
    if params["amount_off"] < 1:
        message = "This value must be greater than or equal to 1."
        raise errors.invalid_integer("amount_off", message)
    currency = currencies.known(params["currency"], "currency")
    return {"amount_off": params["amount_off"], "currency": currency}
