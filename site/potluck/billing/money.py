"""Amounts as people write them, from the minor units that Stripe counts in."""

from __future__ import annotations

from decimal import Decimal

# https://docs.stripe.com/currencies#minor-units: every other currency has two decimals. UGX is
# listed among those without, but its special case says that amounts have two, as for ISK.
ZERO_DECIMAL = frozenset("bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split())
THREE_DECIMAL = frozenset("bhd jod kwd omr tnd".split())
# Only those that stand for one currency to most people who see them.
SIGNS = {"eur": "€", "gbp": "£", "inr": "₹", "jpy": "¥", "krw": "₩", "usd": "$"}


def money(amount_minor: int, currency: str) -> str:
    """`$2.00` for 200 and `usd`, `¥500` for 500 and `jpy`, `12.00 CHF` for 1200 and `chf`."""
    decimals = _decimals(currency)
    number = f"{Decimal(amount_minor).scaleb(-decimals):,.{decimals}f}"
    sign = SIGNS.get(currency)
    return f"{sign}{number}" if sign else f"{number} {currency.upper()}"


def _decimals(currency: str) -> int:
    if currency in ZERO_DECIMAL:
        return 0
    return 3 if currency in THREE_DECIMAL else 2
