"""The receipt that a charge leads to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.sandbox.stripe_trade import APPROVED, page, pay_with, press

if TYPE_CHECKING:
    from tests.sandbox.conftest import Shop, StandIn


def test_a_paid_charge_has_a_receipt(shop: Shop, stand_in: StandIn) -> None:
    charge = pay_with(shop, APPROVED).latest_charge
    assert charge.receipt_url == f"{stand_in.url}/receipts/{charge.id}"
    answer = page(charge.receipt_url)
    for words in ("Receipt", "Tray of pies", "€25.00", "Card ending in 4242", "dana@example.com"):
        assert words in answer.text
    assert "<script" not in answer.text
    shop.client.v1.refunds.create(params={"charge": charge.id, "amount": 1000})
    assert "\N{MINUS SIGN}€10.00" in page(charge.receipt_url).text


def test_a_charge_that_was_not_paid_has_none(shop: Shop, stand_in: StandIn) -> None:
    session = shop.open_session()
    press(session.url, test_card="4000000000000002")
    failed: Any = shop.session(session, "payment_intent.latest_charge")
    charge = failed.payment_intent.latest_charge
    assert charge.receipt_url is None
    for charge_id in (charge.id, "ch_nothing"):
        assert page(f"{stand_in.url}/receipts/{charge_id}").status_code == 404
