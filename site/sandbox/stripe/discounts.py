"""The one discount that a session may have, given by the shop or entered by the buyer.

https://docs.stripe.com/payments/checkout/discounts
"""

from typing import Any

from . import coupons, errors, promotion_codes
from .store import Body, Store


def named(store: Store, params: dict[str, Any]) -> list[Body]:
    """The `discounts` of a new session; what they demand of its amount is checked later."""
    given = params.get("discounts", [])
    if given and params.get("allow_promotion_codes"):
        raise errors.one_only("allow_promotion_codes", "discounts")
    if len(given) > 1:
        message = "You may only apply one discount to a Checkout Session."
        raise errors.invalid_value("discounts", message)
    return [_named(store, discount, "discounts[0]") for discount in given]


def enter(store: Store, session: Body, code: str) -> None:
    """Put the discount of a code that the buyer typed in the place of any other."""
    session["discounts"] = []
    if not code.strip():
        return
    promotion = promotion_codes.find(store, code.strip())
    if promotion is None:
        message = "This code is invalid."
        raise errors.invalid_value("promotion_code", message)
    session["discounts"] = [{"coupon": None, "promotion_code": promotion["id"]}]
    check(store, session)


def check(store: Store, session: Body) -> None:
    """Refuse a discount that may not be used, or not for this session."""
    for discount in session["discounts"] or []:
        coupons.check(_coupon(store, discount), "discounts[0]")
        if discount["promotion_code"]:
            promotion = store.load(promotion_codes.KIND, discount["promotion_code"])
            promotion_codes.check(store, promotion, session, "discounts[0][promotion_code]")


def coupon_of(store: Store, session: Body) -> Body | None:
    return _coupon(store, session["discounts"][0]) if session["discounts"] else None


def code_of(store: Store, session: Body) -> str | None:
    """The code behind a session's discount, for its page to show."""
    for discount in session["discounts"] or []:
        if discount["promotion_code"]:
            promotion = store.load(promotion_codes.KIND, discount["promotion_code"])
            return str(promotion["code"])
    return None


def redeem(store: Store, session: Body) -> None:
    for discount in session["discounts"] or []:
        coupons.redeem(store, _coupon(store, discount))
        if discount["promotion_code"]:
            promotion = store.load(promotion_codes.KIND, discount["promotion_code"])
            promotion_codes.redeem(store, promotion)


def _named(store: Store, discount: dict[str, Any], path: str) -> Body:
    if len(discount) > 1:
        raise errors.one_only(f"{path}[coupon]", f"{path}[promotion_code]")
    if "promotion_code" in discount:
        param = f"{path}[promotion_code]"
        promotion = store.load(promotion_codes.KIND, discount["promotion_code"], param=param)
        return {"coupon": None, "promotion_code": promotion["id"]}
    if "coupon" not in discount:
        raise errors.missing_parameter(f"{path}[coupon]")
    coupon = coupons.load(store, discount["coupon"], param=f"{path}[coupon]")
    return {"coupon": coupon["id"], "promotion_code": None}


def _coupon(store: Store, discount: Body) -> Body:
    if discount["coupon"]:
        return coupons.load(store, discount["coupon"])
    promotion = store.load(promotion_codes.KIND, discount["promotion_code"])
    return coupons.load(store, promotion["promotion"]["coupon"])
