"""A bank wants the money back: the credits are set aside and nothing is spent until it decides."""

from __future__ import annotations

import pytest

from potluck.credits import ledger
from potluck.database import db
from tests.billing.buyer import Buyer
from tests.billing.people import Member
from tests.orders import hold, spend


class Bank:
    """Disputes Dana's payment, and decides."""

    def __init__(self, buyer: Buyer) -> None:
        self.buyer = buyer

    def dispute(self, **terms: object) -> str:
        charge_id = self.buyer.stand_in.charge_of(self.buyer.payment_id)
        dispute = self.buyer.stand_in.decide(f"charges/{charge_id}/dispute", **terms)
        self.buyer.hear("charge.dispute.created", dispute["id"])
        return str(dispute["id"])

    def decide(self, dispute_id: str, how: str, *, heard: str = "charge.dispute.closed") -> None:
        self.buyer.stand_in.decide(f"disputes/{dispute_id}/{how}")
        self.buyer.hear(heard, dispute_id)


@pytest.fixture
def bank(buyer: Buyer) -> Bank:
    return Bank(buyer)


def is_frozen(member: Member) -> bool:
    return ledger.balance(member.user_id).is_frozen


def test_a_dispute_sets_the_credits_aside_and_freezes_the_rest(buyer: Buyer, bank: Bank) -> None:
    user_id = buyer.member.user_id
    ledger.grant(user_id=user_id, amount_credits=100, key="luck", reason="Luck")
    db.session.commit()
    bank.dispute()
    assert buyer.balance == (100, 0, 0)
    assert is_frozen(buyer.member)
    with pytest.raises(ledger.InsufficientCredits):
        hold(user_id, 1)


@pytest.mark.fault("M16")
def test_whoever_is_frozen_is_told_so_at_the_pool(buyer: Buyer, bank: Bank) -> None:
    bank.dispute(amount=50)
    answer = buyer.member.client.submit("/pool/join")
    assert answer.status_code == 402
    assert "your bank looks into" in answer.get_data(as_text=True)


@pytest.mark.fault("M16")
def test_a_dispute_that_is_won_restores_everything(buyer: Buyer, bank: Bank) -> None:
    dispute_id = bank.dispute()
    bank.decide(dispute_id, "win")
    assert buyer.balance == (2000, 0, 0)
    assert not is_frozen(buyer.member)
    # Late news of the beginning takes nothing back.
    buyer.hear("charge.dispute.created", dispute_id)
    assert buyer.balance == (2000, 0, 0)


@pytest.mark.fault("M16")
def test_a_dispute_that_is_lost_is_written_off_and_thaws(buyer: Buyer, bank: Bank) -> None:
    bank.decide(bank.dispute(), "lose")
    assert buyer.balance == (0, 0, 0)
    assert not is_frozen(buyer.member)


def test_credits_spent_before_a_dispute_are_owed_when_it_is_lost(buyer: Buyer, bank: Bank) -> None:
    spend(buyer.member.user_id, 1500)
    dispute_id = bank.dispute()
    assert buyer.balance == (0, 0, 1500)
    bank.decide(dispute_id, "lose")
    assert buyer.balance == (0, 0, 1500)


def test_credits_spent_before_a_dispute_are_forgiven_when_it_is_won(
    buyer: Buyer, bank: Bank
) -> None:
    spend(buyer.member.user_id, 1500)
    bank.decide(bank.dispute(), "win")
    assert buyer.balance == (500, 0, 0)


def test_an_inquiry_takes_and_freezes_nothing_until_it_is_a_dispute(
    buyer: Buyer, bank: Bank
) -> None:
    dispute_id = bank.dispute(inquiry=True)
    assert buyer.balance == (2000, 0, 0)
    assert not is_frozen(buyer.member)
    bank.decide(dispute_id, "escalate", heard="charge.dispute.updated")
    assert buyer.balance == (0, 0, 0)
    assert is_frozen(buyer.member)


def test_a_refund_and_a_dispute_never_take_more_than_was_sold(buyer: Buyer, bank: Bank) -> None:
    buyer.refund(80)
    dispute_id = bank.dispute(amount=120)
    assert buyer.balance == (0, 0, 0)
    bank.decide(dispute_id, "win")
    assert buyer.balance == (1200, 0, 0)
