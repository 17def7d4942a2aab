"""Disputes through their life: opened by a holder's bank, answered by the shop, won or lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import stripe

from tests.sandbox.stripe_trade import (
    APPROVED,
    FRAUDULENT,
    INQUIRY,
    NOT_RECEIVED,
    control,
    decide,
    new_customer,
    pay_with,
    save_card,
)

if TYPE_CHECKING:
    from tests.sandbox.conftest import Receiver, Shop, StandIn


def disputed(shop: Shop, card: str = FRAUDULENT) -> Any:
    """The dispute that follows a payment with `card`."""
    intent = pay_with(shop, card)
    (dispute,) = shop.client.v1.disputes.list(params={"payment_intent": intent.id}).data
    return dispute


def evidence(text: str, **params: Any) -> Any:
    return {"evidence": {"uncategorized_text": text}, **params}


@pytest.mark.parametrize(
    ("card", "reason"), [(FRAUDULENT, "fraudulent"), (NOT_RECEIVED, "product_not_received")]
)
def test_a_dispute_follows_the_payment_and_takes_the_money(
    shop: Shop, receiver: Receiver, card: str, reason: str
) -> None:
    dispute = disputed(shop, card)
    assert (dispute.status, dispute.reason) == ("needs_response", reason)
    assert (dispute.amount, dispute.currency) == (2500, "eur")
    assert not dispute.is_charge_refundable
    (row,) = dispute.balance_transactions
    assert (row.amount, row.fee, row.net) == (-2500, 1500, -4000)
    details = dispute.evidence_details
    assert (details.has_evidence, details.submission_count) == (False, 0)
    assert details.due_by > dispute.created
    charge = shop.client.v1.charges.retrieve(dispute.charge)
    assert (charge.disputed, charge.payment_intent) == (True, dispute.payment_intent)
    receiver.wait_for("charge.dispute.created", dispute.id)
    receiver.wait_for("charge.dispute.funds_withdrawn", dispute.id)
    paid: Any = receiver.wait_for("charge.succeeded", dispute.charge)
    assert paid.data.object.disputed is False


def test_winning_evidence_brings_the_money_back(shop: Shop, receiver: Receiver) -> None:
    dispute = disputed(shop)
    won: Any = shop.client.v1.disputes.update(dispute.id, params=evidence("winning_evidence"))
    assert (won.status, won.evidence_details.submission_count) == ("won", 1)
    assert [row.amount for row in won.balance_transactions] == [-2500, 2500]
    updated: Any = receiver.wait_for("charge.dispute.updated", dispute.id)
    assert updated.data.object.status == "under_review"
    assert updated.data.previous_attributes["status"] == "needs_response"
    closed: Any = receiver.wait_for("charge.dispute.closed", dispute.id)
    assert closed.data.object.status == "won"
    receiver.wait_for("charge.dispute.funds_reinstated", dispute.id)


def test_losing_evidence_and_giving_in_lose(shop: Shop, receiver: Receiver) -> None:
    disputes = shop.client.v1.disputes
    argued, given_in = disputed(shop), disputed(shop)
    lost = disputes.update(argued.id, params=evidence("losing_evidence", submit=True))
    assert (lost.status, len(lost.balance_transactions)) == ("lost", 1)
    assert disputes.close(given_in.id).status == "lost"
    for dispute in (argued, given_in):
        receiver.wait_for("charge.dispute.closed", dispute.id)
        assert receiver.of("charge.dispute.funds_reinstated", dispute.id) == []
    with pytest.raises(stripe.InvalidRequestError, match="already closed"):
        disputes.close(given_in.id)
    with pytest.raises(stripe.InvalidRequestError, match="takes no evidence"):
        disputes.update(argued.id, params=evidence("winning_evidence"))


def test_evidence_may_be_kept_for_later(shop: Shop, receiver: Receiver) -> None:
    disputes = shop.client.v1.disputes
    dispute = disputed(shop)
    staged: Any = disputes.update(
        dispute.id, params=evidence("winning_evidence", submit=False, metadata={"by": "kim"})
    )
    assert (staged.status, staged.evidence_details.has_evidence) == ("needs_response", True)
    assert staged.metadata["by"] == "kim"
    receiver.wait_for("charge.dispute.updated", dispute.id)
    assert disputes.update(dispute.id, params={"submit": True}).status == "won"


def test_other_evidence_waits_for_the_bank(shop: Shop, stand_in: StandIn) -> None:
    dispute = disputed(shop)
    update = shop.client.v1.disputes.update
    assert update(dispute.id, params=evidence("They were here.")).status == "under_review"
    assert decide(stand_in, f"disputes/{dispute.id}/lose")["status"] == "lost"


def test_an_inquiry_takes_nothing_until_it_is_escalated(
    shop: Shop, stand_in: StandIn, receiver: Receiver
) -> None:
    dispute = disputed(shop, INQUIRY)
    assert (dispute.status, dispute.is_charge_refundable) == ("warning_needs_response", True)
    assert dispute.balance_transactions == []
    assert dispute.payment_method_details.card.case_type == "inquiry"
    assert control(stand_in, f"disputes/{dispute.id}/lose").status_code == 409
    escalated = decide(stand_in, f"disputes/{dispute.id}/escalate")
    assert (escalated["status"], escalated["is_charge_refundable"]) == ("needs_response", False)
    receiver.wait_for("charge.dispute.funds_withdrawn", dispute.id)
    created: Any = receiver.wait_for("charge.dispute.created", dispute.id)
    assert created.data.object.status == "warning_needs_response"
    assert control(stand_in, f"disputes/{dispute.id}/escalate").status_code == 409


def test_an_inquiry_is_dropped_when_answered_or_refunded(shop: Shop, receiver: Receiver) -> None:
    answered, refunded = disputed(shop, INQUIRY), disputed(shop, INQUIRY)
    disputes = shop.client.v1.disputes
    assert disputes.update(answered.id, params=evidence("Pie was eaten.")).status == (
        "warning_under_review"
    )
    assert disputes.close(answered.id).status == "warning_closed"
    refund = shop.client.v1.refunds.create(params={"charge": refunded.charge})
    assert refund.status == "succeeded"
    assert disputes.retrieve(refunded.id).status == "warning_closed"
    for dispute in (answered, refunded):
        closed: Any = receiver.wait_for("charge.dispute.closed", dispute.id)
        assert closed.data.object.status == "warning_closed"


def test_what_the_bank_took_cannot_be_refunded(shop: Shop, stand_in: StandIn) -> None:
    dispute = disputed(shop)
    refund = shop.client.v1.refunds.create
    with pytest.raises(stripe.InvalidRequestError, match="has been charged back") as refused:
        refund(params={"charge": dispute.charge})
    assert refused.value.code == "charge_disputed"
    decide(stand_in, f"disputes/{dispute.id}/win")
    assert refund(params={"charge": dispute.charge}).status == "succeeded"


def test_any_paid_charge_can_be_disputed_in_part(
    shop: Shop, stand_in: StandIn, receiver: Receiver
) -> None:
    charge = pay_with(shop, APPROVED).latest_charge.id
    opened = decide(
        stand_in, f"charges/{charge}/dispute", amount=700, reason="duplicate", inquiry=True
    )
    dispute = shop.client.v1.disputes.retrieve(opened["id"])
    assert (dispute.amount, dispute.reason) == (700, "duplicate")
    assert dispute.status == "warning_needs_response"
    receiver.wait_for("charge.dispute.created", dispute.id)
    again = control(stand_in, f"charges/{charge}/dispute")
    assert again.status_code == 409
    assert "open dispute already" in again.json()["error"]["message"]
    of_charge = shop.client.v1.disputes.list(params={"charge": charge})
    assert [each.id for each in of_charge.data] == [dispute.id]


@pytest.mark.parametrize("sent", [{"amount": 2501}, {"amount": 0}, {"reason": "bored"}])
def test_a_dispute_that_makes_no_sense_is_refused(
    shop: Shop, stand_in: StandIn, sent: dict[str, Any]
) -> None:
    charge = pay_with(shop, APPROVED).latest_charge.id
    assert control(stand_in, f"charges/{charge}/dispute", **sent).status_code == 409
    assert shop.client.v1.disputes.list(params={"charge": charge}).data == []


def test_a_saved_card_disputes_too(shop: Shop) -> None:
    customer = new_customer(shop).id
    params: Any = {
        "amount": 4200,
        "currency": "eur",
        "customer": customer,
        "payment_method": save_card(shop, customer, FRAUDULENT),
        "off_session": True,
        "confirm": True,
    }
    intent = shop.client.v1.payment_intents.create(params=params)
    (dispute,) = shop.client.v1.disputes.list(params={"payment_intent": intent.id}).data
    assert (dispute.amount, dispute.status) == (4200, "needs_response")


def test_evidence_may_escalate_an_inquiry(shop: Shop, receiver: Receiver) -> None:
    dispute = disputed(shop, INQUIRY)
    update = shop.client.v1.disputes.update
    escalated = update(dispute.id, params=evidence("escalate_inquiry_evidence"))
    assert escalated.status == "needs_response"
    receiver.wait_for("charge.dispute.funds_withdrawn", dispute.id)
    assert update(dispute.id, params=evidence("winning_evidence")).status == "won"
