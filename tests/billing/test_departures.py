"""Whoever leaves for good leaves no card at Stripe, even where Stripe is away just then."""

from __future__ import annotations

import pytest

from potluck.billing import departures
from tests.billing.people import Member, rows
from tests.billing.saved_cards import card_of, listed, opt_in, rule_of
from tests.billing.stripe_line import Line, StandIn

pytestmark = pytest.mark.fault("A6")


def delete_account(member: Member) -> int:
    answer = member.client.submit("/account/deletion", page="/account/deletion", word="delete")
    return answer.status_code


def kept_at_stripe(customer_id: str, stand_in: StandIn) -> int:
    return len(listed(stand_in, f"customers/{customer_id}/payment_methods"))


def test_stripe_forgets_the_card_of_somebody_who_leaves(
    dana: Member, sam: Member, stand_in: StandIn
) -> None:
    opt_in(dana)
    opt_in(sam)
    customer_id = card_of(dana).customer_id
    assert delete_account(dana) == 303
    assert kept_at_stripe(customer_id, stand_in) == 0
    assert card_of(dana) is None
    assert rule_of(dana) is None
    assert kept_at_stripe(card_of(sam).customer_id, stand_in) == 1


def test_while_stripe_is_away_they_leave_all_the_same_and_the_card_follows(
    dana: Member, stand_in: StandIn, line: Line
) -> None:
    opt_in(dana)
    customer_id = card_of(dana).customer_id
    line.hang_up()
    assert delete_account(dana) == 303
    assert rule_of(dana) is None, "nothing is charged any more"
    departures.sweep()
    assert card_of(dana), "nor forgotten before Stripe has let it go"
    line.mend()
    departures.sweep()
    assert card_of(dana) is None
    assert kept_at_stripe(customer_id, stand_in) == 0


def test_the_sweep_leaves_the_cards_of_those_who_stay(dana: Member, stand_in: StandIn) -> None:
    opt_in(dana)
    departures.sweep()
    assert kept_at_stripe(card_of(dana).customer_id, stand_in) == 1
    assert rule_of(dana)


def test_whoever_has_a_checkout_open_stays(dana: Member) -> None:
    dana.start_checkout()
    assert delete_account(dana) == 409
    assert rows("SELECT id FROM users WHERE deleted_at IS NOT NULL") == []
