"""What a session comes to: its items, less a discount, with tax.

https://docs.stripe.com/api/checkout/sessions/object#checkout_session_object-total_details
"""

from decimal import ROUND_HALF_UP, Decimal
from itertools import accumulate

from . import errors
from .store import Body

# A made-up tax that is the same everywhere.
TAX_PERCENT = 10


def price(session: Body, items: list[Body], *, coupon: Body | None, taxed: bool) -> None:
    """Work out the amounts of a session and its items, in place."""
    subtotal = sum(item["amount_subtotal"] for item in items)
    off = _discount(subtotal, items[0]["currency"], coupon)
    for item, share in zip(items, _apportioned(off, items), strict=True):
        _price_item(item, discount=share, taxed=taxed)
    session |= {
        "amount_subtotal": subtotal,
        "amount_total": sum(item["amount_total"] for item in items),
        "currency": items[0]["currency"],
        "total_details": {
            "amount_discount": off,
            "amount_shipping": 0,
            "amount_tax": sum(item["amount_tax"] for item in items),
        },
    }


def _discount(subtotal: int, currency: str, coupon: Body | None) -> int:
    if coupon is None:
        return 0
    if coupon["percent_off"] is not None:
        return _rounded(subtotal * Decimal(str(coupon["percent_off"])) / 100)
    if coupon["currency"] != currency:
        message = f"The coupon is in {coupon['currency']} and cannot be used for {currency}."
        raise errors.invalid_value("discounts", message)
    return min(subtotal, int(coupon["amount_off"]))


def _apportioned(off: int, items: list[Body]) -> list[int]:
    """A discount's share for each item, in proportion, which add up to it to the last cent."""
    sums = list(accumulate(item["amount_subtotal"] for item in items))
    reached = [_rounded(Decimal(off) * sum_ / sums[-1]) if sums[-1] else 0 for sum_ in sums]
    return [after - before for before, after in zip([0, *reached], reached, strict=False)]


def _price_item(item: Body, *, discount: int, taxed: bool) -> None:
    net = item["amount_subtotal"] - discount
    inclusive = item["price"]["tax_behavior"] == "inclusive"
    base = 100 + TAX_PERCENT if inclusive else 100
    tax = _rounded(Decimal(net) * TAX_PERCENT / base) if taxed else 0
    item |= {
        "amount_discount": discount,
        "amount_tax": tax,
        "amount_total": net if inclusive else net + tax,
    }


def _rounded(amount: Decimal) -> int:
    return int(amount.quantize(Decimal(1), ROUND_HALF_UP))
