"""Giving money back, whole or in parts, never more than was paid."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
import stripe

if TYPE_CHECKING:
    from tests.sandbox.conftest import Receiver, Shop


def sold(shop: Shop) -> Any:
    """The payment intent of something paid, with its charge."""
    return shop.sell().payment_intent


def test_a_whole_refund_closes_the_charge(shop: Shop, receiver: Receiver) -> None:
    intent = sold(shop)
    refund: Any = shop.client.v1.refunds.create(
        params={
            "payment_intent": intent.id,
            "reason": "requested_by_customer",
            "metadata": {"ticket": "12"},
        }
    )
    assert (refund.status, refund.amount, refund.currency) == ("succeeded", 2500, "eur")
    assert (refund.charge, refund.payment_intent) == (intent.latest_charge.id, intent.id)
    assert (refund.reason, refund.metadata["ticket"]) == ("requested_by_customer", "12")
    charge = shop.client.v1.charges.retrieve(refund.charge, params={"expand": ["refunds"]})
    assert (charge.amount_refunded, charge.refunded) == (2500, True)
    assert charge.refunds
    assert [r.id for r in charge.refunds.data] == [refund.id]
    receiver.wait_for("refund.created", refund.id)
    receiver.wait_for("refund.updated", refund.id)
    refunded: Any = receiver.wait_for("charge.refunded", refund.charge)
    assert refunded.data.previous_attributes["amount_refunded"] == 0


def test_parts_add_up_and_more_than_is_left_is_refused(shop: Shop) -> None:
    intent = sold(shop)
    create = shop.client.v1.refunds.create
    with pytest.raises(stripe.InvalidRequestError, match="greater than charge amount"):
        create(params={"payment_intent": intent.id, "amount": 2501})
    create(params={"payment_intent": intent.id, "amount": 1000})
    create(params={"charge": intent.latest_charge.id, "amount": 500})
    with pytest.raises(stripe.InvalidRequestError, match=r"unrefunded amount .*€10\.00") as more:
        create(params={"payment_intent": intent.id, "amount": 1001})
    assert more.value.param == "amount"
    assert create(params={"payment_intent": intent.id}).amount == 1000
    with pytest.raises(stripe.InvalidRequestError) as again:
        create(params={"payment_intent": intent.id})
    assert again.value.code == "charge_already_refunded"
    refunds = shop.client.v1.refunds.list(params={"payment_intent": intent.id})
    assert sorted(refund.amount for refund in refunds.data) == [500, 1000, 1000]


def test_refunds_at_once_never_give_back_more_than_was_paid(shop: Shop) -> None:
    intent = sold(shop)

    def refund(_: int) -> int:
        try:
            params: Any = {"payment_intent": intent.id, "amount": 1000}
            return shop.client.v1.refunds.create(params=params).amount
        except stripe.InvalidRequestError:
            return 0

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(refund, range(6))) == 2000


def test_a_refund_is_read_back(shop: Shop) -> None:
    refund = shop.client.v1.refunds.create(params={"payment_intent": sold(shop).id})
    found: Any = shop.client.v1.refunds.retrieve(refund.id)
    assert found.amount == refund.amount
    assert found.destination_details.card.reference_status == "available"


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({}, "parameter_missing"),
        ({"payment_intent": "pi_nothing"}, "resource_missing"),
        ({"charge": "ch_nothing"}, "resource_missing"),
    ],
)
def test_a_refund_needs_a_payment(shop: Shop, params: Any, code: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        shop.client.v1.refunds.create(params=params)
    assert refusal.value.code == code


@pytest.mark.parametrize("amount", [0, -5])
def test_a_refund_of_nothing_is_refused(shop: Shop, amount: int) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        shop.client.v1.refunds.create(params={"payment_intent": sold(shop).id, "amount": amount})
    assert refusal.value.code == "parameter_invalid_integer"


def test_a_payment_that_failed_has_nothing_to_refund(shop: Shop) -> None:
    session = shop.open_session()
    shop.pay(session, "4000000000000002")
    intent: Any = shop.session(session).payment_intent
    with pytest.raises(stripe.InvalidRequestError, match="does not have a successful charge"):
        shop.client.v1.refunds.create(params={"payment_intent": intent})
