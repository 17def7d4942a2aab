"""Tax on top of the price, and buyers who pay in their own currency."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.stripe_trade import page, press, price

if TYPE_CHECKING:
    from tests.sandbox.conftest import Receiver, Shop

TAXED = {"automatic_tax": {"enabled": True}}
ADAPTIVE = {"adaptive_pricing": {"enabled": True}}


def test_tax_is_added_once_the_page_knows_where_the_buyer_is(
    shop: Shop, receiver: Receiver
) -> None:
    opened: Any = shop.open_session(**TAXED)
    assert (opened.amount_total, opened.automatic_tax.status) == (2500, "requires_location_inputs")
    answer = page(opened.url)
    assert "Tax (10 %)" in answer.text
    assert "€27.50" in answer.text
    shop.pay(opened)
    session: Any = shop.session(opened, "payment_intent", "line_items")
    assert (session.amount_subtotal, session.amount_total) == (2500, 2750)
    assert session.total_details.amount_tax == 250
    assert (session.automatic_tax.status, session.payment_intent.amount) == ("complete", 2750)
    assert [item.amount_tax for item in session.line_items.data] == [250]
    completed: Any = receiver.wait_for("checkout.session.completed", opened.id)
    assert completed.data.object.amount_total == 2750


def test_tax_that_is_in_the_price_adds_nothing(shop: Shop) -> None:
    opened = shop.open_session(line_items=price("eur", 2200, tax_behavior="inclusive"), **TAXED)
    shop.pay(opened)
    session: Any = shop.session(opened)
    assert (session.amount_total, session.total_details.amount_tax) == (2200, 200)


def test_tax_is_on_what_a_discount_leaves(shop: Shop) -> None:
    half = shop.client.v1.coupons.create(params={"percent_off": 50})
    opened = shop.open_session(discounts=[{"coupon": half.id}], **TAXED)
    shop.pay(opened)
    session: Any = shop.session(opened)
    assert (session.amount_total, session.total_details.amount_tax) == (1375, 125)


def test_a_buyer_pays_in_another_currency_and_the_shop_gets_its_own(shop: Shop) -> None:
    opened = shop.open_session(**ADAPTIVE)
    answer = page(opened.url)
    assert "Pay in" in answer.text
    assert "$28.89" in answer.text
    shop.pay(opened, currency="usd")
    session: Any = shop.session(opened, "payment_intent.latest_charge")
    intent = session.payment_intent
    assert (session.amount_total, session.currency) == (2500, "eur")
    for thing in (session, intent, intent.latest_charge):
        assert thing.presentment_details.to_dict() == {
            "presentment_amount": 2889,
            "presentment_currency": "usd",
        }
    assert (intent.amount, intent.currency) == (2500, "eur")
    params: Any = {"payment_intent": intent.id, "amount": 1250}
    refund: Any = shop.client.v1.refunds.create(params=params)
    assert (refund.amount, refund.presentment_details.presentment_amount) == (1250, 1445)


def test_a_currency_without_cents_is_converted_to_whole_units(shop: Shop) -> None:
    opened = shop.open_session(line_items=price("usd", 1000), **ADAPTIVE)
    shop.pay(opened, currency="jpy")
    session: Any = shop.session(opened)
    assert session.presentment_details.presentment_amount == 1560


@pytest.mark.parametrize("currency", ["eur", "xyz", ""])
def test_the_shops_currency_is_what_everybody_pays_otherwise(shop: Shop, currency: str) -> None:
    opened = shop.open_session(**ADAPTIVE)
    shop.pay(opened, currency=currency)
    assert shop.session(opened).presentment_details is None


def test_without_adaptive_pricing_there_is_no_choice(shop: Shop) -> None:
    opened = shop.open_session()
    assert "Pay in" not in page(opened.url).text
    press(opened.url, test_card="4242424242424242", currency="usd")
    assert shop.session(opened).presentment_details is None
