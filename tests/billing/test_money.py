"""Amounts as people read them."""

from __future__ import annotations

import pytest

from potluck.billing.money import money


@pytest.mark.parametrize(
    ("amount_minor", "currency", "written"),
    [
        (200, "usd", "$2.00"),
        (5, "eur", "€0.05"),
        (123456789, "gbp", "£1,234,567.89"),
        (500, "jpy", "¥500"),
        (1200, "chf", "12.00 CHF"),
        (5000, "clp", "5,000 CLP"),
        (1230, "kwd", "1.230 KWD"),
        (50000, "ugx", "500.00 UGX"),
        (90071992547409931, "usd", "$900,719,925,474,099.31"),
    ],
)
def test_people_read_prices_in_the_units_of_their_currency(
    amount_minor: int, currency: str, written: str
) -> None:
    assert money(amount_minor, currency) == written
