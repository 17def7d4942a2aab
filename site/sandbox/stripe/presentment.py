"""Adaptive pricing: a buyer may pay in another currency, and the shop is paid in its own.

https://docs.stripe.com/payments/currencies/localize-prices/adaptive-pricing
"""

from decimal import ROUND_HALF_UP, Decimal

from . import currencies
from .store import Body

# Made up, and fixed so that amounts can be foreseen: what a dollar buys, before the fee.
RATES = {
    "usd": Decimal("1.00"),
    "eur": Decimal("0.90"),
    "gbp": Decimal("0.80"),
    "chf": Decimal("0.85"),
    "jpy": Decimal(150),
}
# The buyer bears it, as a part of the rate.
FEE = Decimal("0.04")


def choices(session: Body) -> dict[str, int]:
    """Amounts by currency between which the page offers a choice; none when there is only one."""
    pricing = session["adaptive_pricing"] or {}
    currency = session["currency"]
    if not pricing.get("enabled") or currency not in RATES or not session["amount_total"]:
        return {}
    return {other: convert(session["amount_total"], currency, other) for other in RATES}


def chosen(session: Body, currency: str | None) -> Body | None:
    """`presentment_details` for what the buyer chose; none when that is the shop's currency."""
    offered = choices(session)
    if currency not in offered or currency == session["currency"]:
        return None
    return {"presentment_amount": offered[currency], "presentment_currency": currency}


def share(details: Body | None, *, part: int, whole: int) -> Body | None:
    """`presentment_details` for a part of a payment, such as a refund."""
    if details is None:
        return None
    amount = Decimal(details["presentment_amount"]) * part / whole
    return details | {"presentment_amount": _rounded(amount)}


def convert(amount: int, currency: str, other: str) -> int:
    if currency == other:
        return amount
    shift = currencies.decimals(other) - currencies.decimals(currency)
    rate = RATES[other] / RATES[currency] * (1 + FEE)
    return _rounded((amount * rate).scaleb(shift))


def _rounded(amount: Decimal) -> int:
    return int(amount.quantize(Decimal(1), ROUND_HALF_UP))
