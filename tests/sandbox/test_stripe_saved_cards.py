"""Saving a card on the hosted page, by itself or while paying."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import stripe

from tests.sandbox.stripe_trade import (
    APPROVED,
    ASKS_ALWAYS,
    ASKS_UNLESS_SET_UP,
    ASKS_WHILE_SAVING,
    SAVED_THEN_DECLINED,
    new_customer,
    open_setup,
    page,
    press,
)

if TYPE_CHECKING:
    from tests.sandbox.conftest import Receiver, Shop


def test_the_page_asks_for_a_card_and_no_money(shop: Shop) -> None:
    session = open_setup(shop, customer=new_customer(shop).id)
    assert (session.payment_status, session.amount_total) == ("no_payment_required", None)
    answer = page(session.url)
    for words in ("Save a test card", "Nothing is charged now", "dana@example.com"):
        assert words in answer.text
    assert "Bank debit" not in answer.text
    assert "<script" not in answer.text
    assert "style=" not in answer.text


@pytest.mark.parametrize("card", [APPROVED, SAVED_THEN_DECLINED])
def test_a_saved_card_belongs_to_the_customer(shop: Shop, receiver: Receiver, card: str) -> None:
    customer = new_customer(shop)
    opened = open_setup(
        shop,
        customer=customer.id,
        setup_intent_data={"metadata": {"for": "rent"}, "description": "Rent"},
    )
    assert isinstance(opened.setup_intent, str)
    receiver.wait_for("setup_intent.created", opened.setup_intent)
    answer = shop.pay(opened, card)
    assert answer.headers["Location"] == f"http://shop.test/saved?session={opened.id}"

    session: Any = shop.session(opened, "setup_intent.payment_method", "customer")
    setup, method = session.setup_intent, session.setup_intent.payment_method
    assert (session.status, session.payment_status) == ("complete", "no_payment_required")
    assert (session.payment_intent, session.url, session.customer.id) == (None, None, customer.id)
    assert (setup.status, setup.usage, setup.metadata["for"]) == (
        "succeeded",
        "off_session",
        "rent",
    )
    assert (method.customer, method.type, method.card.last4) == (customer.id, "card", card[-4:])
    receiver.wait_for("payment_method.attached", method.id)
    receiver.wait_for("setup_intent.succeeded", setup.id)
    completed: Any = receiver.wait_for("checkout.session.completed", opened.id)
    assert completed.data.object.setup_intent == setup.id
    setups = shop.client.v1.setup_intents
    assert [s.id for s in setups.list(params={"customer": customer.id}).data] == [setup.id]
    assert setups.retrieve(setup.id).status == "succeeded"
    assert "Card saved" in page(opened.url).text


@pytest.mark.parametrize("card", [ASKS_ALWAYS, ASKS_UNLESS_SET_UP, ASKS_WHILE_SAVING])
@pytest.mark.parametrize("passed", [True, False])
def test_a_card_with_3d_secure_asks_before_it_is_saved(
    shop: Shop,
    receiver: Receiver,
    card: str,
    passed: bool,  # noqa: FBT001 - pytest passes it
) -> None:
    opened = open_setup(shop, customer=new_customer(shop).id)
    assert isinstance(opened.setup_intent, str)
    asked = shop.pay(opened, card)
    assert asked.headers["Location"].endswith(f"/{opened.id}/authentication")
    receiver.wait_for("setup_intent.requires_action", opened.setup_intent)
    assert "saved for later payments" in page(f"{opened.url}/authentication").text
    answer = press(f"{opened.url}/authentication", result="complete" if passed else "fail")
    session: Any = shop.session(opened, "setup_intent")
    if passed:
        assert (session.status, session.setup_intent.status) == ("complete", "succeeded")
        return
    assert (answer.status_code, session.status) == (402, "open")
    error = session.setup_intent.last_setup_error
    assert error.code == "setup_intent_authentication_failure"
    receiver.wait_for("setup_intent.setup_failed", opened.setup_intent)
    assert shop.pay(opened).status_code == 303
    assert shop.session(opened).status == "complete"


def test_a_card_that_is_declined_is_not_saved(shop: Shop, receiver: Receiver) -> None:
    opened = open_setup(shop, customer=new_customer(shop).id)
    assert isinstance(opened.setup_intent, str)
    answer = shop.pay(opened, "4000000000000002")
    assert answer.status_code == 402
    assert "Your card was declined." in answer.text
    failed: Any = receiver.wait_for("setup_intent.setup_failed", opened.setup_intent)
    assert failed.data.object.last_setup_error.decline_code == "generic_decline"


def test_a_card_can_be_saved_while_paying(shop: Shop, receiver: Receiver) -> None:
    customer = new_customer(shop)
    opened = shop.open_session(
        customer=customer.id, payment_intent_data={"setup_future_usage": "off_session"}
    )
    shop.pay(opened)
    session: Any = shop.session(opened, "payment_intent.payment_method")
    method = session.payment_intent.payment_method
    assert (session.customer, method.customer) == (customer.id, customer.id)
    assert session.payment_intent.customer == customer.id
    receiver.wait_for("payment_method.attached", method.id)


def test_a_card_is_not_saved_unless_the_shop_says_so(shop: Shop) -> None:
    customer = new_customer(shop)
    session: Any = shop.sell(customer=customer.id)
    assert session.payment_intent.customer == customer.id
    assert session.customer_details.email == "dana@example.com"
    methods = shop.client.v1.payment_methods.list(params={"customer": customer.id})
    assert methods.data == []


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"line_items": [{"quantity": 1}]}, "line_items"),
        ({"payment_intent_data": {"description": "Pies"}}, "payment_intent_data"),
        ({"currency": "zzz"}, "currency"),
        ({"customer": "cus_nobody"}, "customer"),
    ],
)
def test_what_does_not_go_with_saving_is_refused(
    shop: Shop, changes: dict[str, Any], param: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        open_setup(shop, **changes)
    assert refusal.value.param == param


def test_saving_needs_a_currency_to_choose_ways_to_pay_for(shop: Shop) -> None:
    params: Any = {"mode": "setup", "success_url": "http://shop.test/"}
    with pytest.raises(stripe.InvalidRequestError, match="Missing required param: currency"):
        shop.client.v1.checkout.sessions.create(params=params)
