"""Somebody tries a hundred cards: buying is limited by member, by address and by refusals."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from potluck.billing.checkout import DECLINES_MAX
from tests.billing.people import Member, Webhook
from tests.billing.stripe_line import Line, StandIn
from tests.conftest import SignInAs
from tests.people import Browser

FAILED = "payment_intent.payment_failed"
DECLINED = "4000000000000002"


@pytest.mark.fault("M24")
def test_a_member_who_begins_many_purchases_has_to_wait(dana: Member, sam: Member) -> None:
    for _ in range(10):
        assert dana.click_buy().status_code == 303
    answer = dana.click_buy()
    assert answer.status_code == 429
    assert "Nothing was charged" in answer.get_data(as_text=True)
    assert sam.click_buy().status_code == 303


@pytest.mark.fault("M24")
def test_many_members_from_one_address_have_to_wait(
    browser: Callable[[], Browser], sign_in_as: SignInAs
) -> None:
    statuses = []
    for number in range(4):
        own = browser()
        member = Member(own, sign_in_as(own, f"Dana {number}").id)
        statuses += [member.click_buy().status_code for _ in range(8)]
    assert statuses == [303] * 30 + [429] * 2


def test_other_pages_are_not_counted(dana: Member) -> None:
    for _ in range(11):
        dana.click_buy()
    assert dana.client.get("/credits").status_code == 200


@pytest.mark.fault("M24")
@pytest.mark.parametrize("declines", [DECLINES_MAX - 1, DECLINES_MAX])
def test_a_checkout_is_closed_once_many_cards_were_refused_in_it(
    dana: Member, webhook: Webhook, stand_in: StandIn, line: Line, declines: int
) -> None:
    checkout = dana.start_checkout()
    for _ in range(declines):
        stand_in.pay(checkout.session_id, card=DECLINED)
    delivery = line.wait_for(FAILED, stand_in.payment_of(checkout.session_id), times=declines)
    assert webhook.deliver(delivery).status_code == 200
    is_closed = declines == DECLINES_MAX
    assert dana.purchases == ["expired" if is_closed else "open"]
    assert dana.credits == 0
