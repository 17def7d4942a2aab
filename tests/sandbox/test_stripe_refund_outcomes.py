"""Refunds that take their time, come back, or are called off."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

import pytest
import stripe

from tests.sandbox.stripe_trade import (
    APPROVED,
    REFUND_FAILS,
    REFUND_PENDING,
    control,
    decide,
    pay_with,
)

if TYPE_CHECKING:
    from tests.sandbox.conftest import Receiver, Shop, StandIn


def refund_of(shop: Shop, card: str, amount: int = 1000) -> Any:
    intent = pay_with(shop, card)
    params: Any = {"payment_intent": intent.id, "amount": amount}
    return shop.client.v1.refunds.create(params=params)


def refunded(shop: Shop, refund: Any) -> int:
    return shop.client.v1.charges.retrieve(refund.charge).amount_refunded


def test_a_pending_refund_succeeds_when_the_bank_says_so(
    shop: Shop, stand_in: StandIn, receiver: Receiver
) -> None:
    refund = refund_of(shop, REFUND_PENDING)
    assert (refund.status, refund.pending_reason) == ("pending", "processing")
    assert refunded(shop, refund) == 1000
    created: Any = receiver.wait_for("refund.created", refund.id)
    assert created.data.object.status == "pending"
    decided = decide(stand_in, f"refunds/{refund.id}/succeed")
    assert (decided["status"], decided["pending_reason"]) == ("succeeded", None)
    found: Any = shop.client.v1.refunds.retrieve(refund.id)
    assert found.destination_details.card.reference_status == "available"
    updated: Any = receiver.wait_for("refund.updated", refund.id)
    assert updated.data.object.status == "succeeded"
    assert refunded(shop, refund) == 1000


@pytest.mark.parametrize(
    ("card", "status"), [(REFUND_FAILS, "succeeded"), (REFUND_PENDING, "pending")]
)
def test_a_refund_that_fails_gives_the_money_back_to_the_shop(
    shop: Shop, stand_in: StandIn, receiver: Receiver, card: str, status: str
) -> None:
    refund = refund_of(shop, card, amount=2500)
    assert refund.status == status
    decide(stand_in, f"refunds/{refund.id}/fail")
    failed: Any = shop.client.v1.refunds.retrieve(refund.id)
    assert (failed.status, failed.failure_reason) == ("failed", "expired_or_canceled_card")
    charge = shop.client.v1.charges.retrieve(refund.charge)
    assert (charge.amount_refunded, charge.refunded) == (0, False)
    news: Any = receiver.wait_for("refund.failed", refund.id)
    assert news.data.object.status == "failed"
    created: Any = receiver.wait_for("refund.created", refund.id)
    assert created.data.object.status == status
    again = shop.client.v1.refunds.create(params={"charge": refund.charge})
    assert again.amount == 2500


def test_a_refund_may_wait_for_the_customer(
    shop: Shop, stand_in: StandIn, receiver: Receiver
) -> None:
    refund = refund_of(shop, REFUND_PENDING)
    decided = decide(stand_in, f"refunds/{refund.id}/require_action")
    assert decided["status"] == "requires_action"
    email = decided["next_action"]["display_details"]["email_sent"]
    assert email["email_sent_to"] == "dana@example.com"
    canceled = shop.client.v1.refunds.cancel(refund.id)
    assert (canceled.status, canceled.next_action) == ("canceled", None)
    assert refunded(shop, refund) == 0
    receiver.wait_for("refund.updated", refund.id)


def test_a_refund_is_called_off_before_it_arrives_and_not_after(shop: Shop) -> None:
    cancel = shop.client.v1.refunds.cancel
    pending = refund_of(shop, REFUND_PENDING)
    assert cancel(pending.id).status == "canceled"
    assert refunded(shop, pending) == 0
    with pytest.raises(stripe.InvalidRequestError, match="a status of canceled"):
        cancel(pending.id)
    with pytest.raises(stripe.InvalidRequestError, match="a status of succeeded"):
        cancel(refund_of(shop, APPROVED).id)


def test_a_failed_refund_is_over(shop: Shop, stand_in: StandIn) -> None:
    refund = refund_of(shop, REFUND_FAILS)
    decide(stand_in, f"refunds/{refund.id}/fail")
    for verb in ("fail", "succeed", "require_action"):
        assert control(stand_in, f"refunds/{refund.id}/{verb}").status_code == 409
    assert refunded(shop, refund) == 0


def test_what_a_refund_gave_back_can_be_refunded_in_other_parts(
    shop: Shop, stand_in: StandIn
) -> None:
    first = refund_of(shop, REFUND_FAILS, amount=1000)
    create = shop.client.v1.refunds.create
    second = create(params={"charge": first.charge, "amount": 1500})
    decide(stand_in, f"refunds/{second.id}/fail")
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded amount"):
        create(params={"charge": first.charge, "amount": 1501})
    assert create(params={"charge": first.charge}).amount == 1500
    of_charge = shop.client.v1.charges.retrieve(first.charge, params={"expand": ["refunds"]})
    assert of_charge.refunds
    assert len(list(of_charge.refunds.auto_paging_iter())) == 3


def test_a_payment_from_an_older_database_can_be_refunded(shop: Shop, stand_in: StandIn) -> None:
    intent = pay_with(shop, APPROVED)
    with sqlite3.connect(stand_in.database) as database:
        database.execute(
            "UPDATE objects SET private = 'null' WHERE id = ?", (intent.payment_method,)
        )
    refund = shop.client.v1.refunds.create(params={"payment_intent": intent.id})
    assert refund.status == "succeeded"
