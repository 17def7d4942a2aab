"""When it stops by itself, and what the member is told then."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import text

from potluck.billing import packs, refunds, returns
from potluck.billing.automatic import sweep
from potluck.credits import ledger
from potluck.database import db
from tests.billing.people import Member, Webhook, asked_refund, rows
from tests.billing.saved_cards import (
    ASKS_ALWAYS,
    EXPIRED,
    SAVED_THEN_DECLINED,
    card_of,
    charges_of,
    confirm,
    later,
    opt_in,
    pack_id,
    payments_of,
    rule_of,
    save_card,
    section,
    switch_on,
)
from tests.billing.stripe_line import CARD, Line, StandIn

FAILED = "payment_intent.payment_failed"


def home(member: Member) -> str:
    return member.client.get("/").get_data(as_text=True)


def test_a_card_that_is_declined_is_tried_again_an_hour_later_and_not_before(
    dana: Member, stand_in: StandIn
) -> None:
    opt_in(dana, SAVED_THEN_DECLINED)
    sweep()
    sweep()
    assert dana.purchases == ["failed"]
    assert "declined the last time, and nothing was charged" in section(dana)
    later(dana, minutes=61)
    sweep()
    assert dana.purchases == ["failed", "failed"]
    assert rule_of(dana).failures == 2
    failed = rows("SELECT payment_intent_id FROM purchases WHERE user_id = :id", id=dana.user_id)
    assert {row.payment_intent_id for row in failed} == {
        payment["id"] for payment in payments_of(dana, stand_in)
    }


def test_after_three_failures_it_is_off_and_the_app_says_so(
    dana: Member, stand_in: StandIn
) -> None:
    opt_in(dana, SAVED_THEN_DECLINED)
    decline(dana, times=3)
    assert rule_of(dana).stopped_because == "declined"
    assert "declined three times. Nothing was charged" in section(dana)
    assert "Automatic top-up has stopped" in home(dana)
    later(dana, hours=5)
    sweep()
    assert len(dana.purchases) == 3
    assert charges_of(dana, stand_in) == 0


def test_another_card_and_a_click_switch_it_on_again(dana: Member) -> None:
    opt_in(dana, SAVED_THEN_DECLINED)
    decline(dana, times=3)
    save_card(dana)
    sweep()
    assert dana.credits == 0, "nobody has switched it on again"
    assert "Switch it on again" in section(dana)
    switch_on(dana)
    sweep()
    assert dana.credits == 2000
    assert "Automatic top-up has stopped" not in home(dana)


def test_a_success_makes_the_failures_before_it_forgotten(dana: Member, stand_in: StandIn) -> None:
    opt_in(dana, SAVED_THEN_DECLINED)
    decline(dana, times=2)
    stand_in.renumber(card_of(dana).payment_method_id, CARD)
    later(dana, minutes=61)
    sweep()
    assert (dana.credits, rule_of(dana).failures) == (2000, 0)


def test_a_failure_that_is_told_twice_counts_once(
    dana: Member, stand_in: StandIn, line: Line, webhook: Webhook
) -> None:
    opt_in(dana, SAVED_THEN_DECLINED)
    line.answers_to_lose = 3
    sweep()
    (payment,) = payments_of(dana, stand_in)
    delivery = line.wait_for(FAILED, payment["id"])
    assert webhook.deliver(delivery).status_code == 200
    later(dana, minutes=1)
    sweep()
    webhook.send(FAILED, payment)
    assert (dana.purchases, rule_of(dana).failures) == (["failed"], 1)


def test_a_failure_from_before_says_nothing_of_what_was_agreed_to_since(
    dana: Member, stand_in: StandIn, line: Line, webhook: Webhook
) -> None:
    opt_in(dana, SAVED_THEN_DECLINED)
    line.answers_to_lose = 3
    sweep()
    (payment,) = payments_of(dana, stand_in)
    switch_on(dana)
    webhook.deliver(line.wait_for(FAILED, payment["id"]))
    assert (dana.purchases, rule_of(dana).failures) == (["failed"], 0)


def test_whoever_leaves_it_off_is_not_reminded_again(dana: Member) -> None:
    opt_in(dana, ASKS_ALWAYS)
    sweep()
    dana.client.submit("/billing/automatic-top-up/removal", page="/credits")
    assert "Automatic top-up has stopped" not in home(dana)
    assert "It is off." in section(dana)


def test_a_bank_that_wants_to_see_the_member_sends_them_to_checkout(
    dana: Member, stand_in: StandIn
) -> None:
    opt_in(dana, ASKS_ALWAYS)
    sweep()
    assert dana.purchases == ["failed"]
    assert rule_of(dana).stopped_because == "authentication_required"
    assert "your bank wants to see you" in section(dana)
    assert "Buy 2,000 credits for $2.00" in section(dana)
    assert "Automatic top-up has stopped" in home(dana)
    checkout = dana.start_checkout()
    answer = stand_in.pay(checkout.session_id, ASKS_ALWAYS)
    assert answer.headers["Location"].endswith("/authentication")
    confirm(f"{stand_in.url}/c/pay/{checkout.session_id}")
    assert "2,000 credits are yours" in dana.return_page(checkout)
    later(dana, hours=2)
    sweep()
    assert dana.purchases == ["failed", "paid"]


def test_an_expired_card_is_not_tried_again(dana: Member, stand_in: StandIn) -> None:
    opt_in(dana)
    stand_in.renumber(card_of(dana).payment_method_id, EXPIRED)
    sweep()
    assert rule_of(dana).stopped_because == "card_expired"
    assert "your card has expired" in section(dana)


def test_a_card_that_stripe_no_longer_knows_counts_as_a_failure(
    dana: Member, stand_in: StandIn
) -> None:
    opt_in(dana)
    stand_in.rewrite(card_of(dana).payment_method_id, customer=None)
    sweep()
    assert (dana.purchases, rule_of(dana).failures) == (["failed"], 1)


def test_a_pack_at_another_price_was_not_agreed_to(
    dana: Member, nibble: Callable[[int], str]
) -> None:
    opt_in(dana, pack=nibble(250))
    nibble(900)
    sweep()
    assert dana.purchases == []
    assert rule_of(dana).stopped_because == "pack_withdrawn"
    assert "sold at that price any more" in section(dana)
    assert "You agreed to $2.50" in section(dana)


def test_a_pack_by_another_name_is_the_same_pack(
    dana: Member, nibble: Callable[[int], str]
) -> None:
    opt_in(dana, pack=nibble(250))
    packs.offer(slug="nibble", name="Morsel", credits_=1000, amount_minor=250, currency="usd")
    db.session.commit()
    sweep()
    assert (dana.purchases, dana.credits) == (["paid"], 1000)
    assert str(rule_of(dana).pack_id) == pack_id("nibble")


def test_money_that_was_given_back_is_not_spent_again_at_once(dana: Member) -> None:
    opt_in(dana)
    sweep()
    (bought,) = rows("SELECT id FROM purchases WHERE user_id = :id", id=dana.user_id)
    refunds.carry_out(asked_refund(bought.id, 200))
    db.session.commit()
    sweep()
    assert (dana.purchases, dana.credits) == (["paid"], 0)
    assert rule_of(dana).stopped_because == "money_returned"
    assert "money for one of your purchases went back" in section(dana)


def test_who_disputes_a_payment_is_not_charged_again(dana: Member, stand_in: StandIn) -> None:
    opt_in(dana)
    sweep()
    (payment,) = payments_of(dana, stand_in)
    stand_in.decide(f"charges/{payment['latest_charge']}/dispute", reason="fraudulent")
    returns.bring_up_to_date(payment["id"])
    assert ledger.balance(dana.user_id).is_frozen
    db.session.commit()
    sweep()
    assert dana.purchases == ["paid"]
    assert rule_of(dana).stopped_because == "money_returned"


def test_nobodys_top_up_waits_for_somebody_elses_trouble(
    dana: Member, sam: Member, stand_in: StandIn
) -> None:
    opt_in(dana, SAVED_THEN_DECLINED)
    opt_in(sam)
    sweep()
    assert (dana.purchases, sam.purchases) == (["failed"], ["paid"])


def test_who_goes_takes_card_and_rule_with_them(dana: Member) -> None:
    opt_in(dana)
    with db.engine.begin() as connection:
        connection.execute(
            text("DELETE FROM saved_cards WHERE user_id = :id"), {"id": dana.user_id}
        )
    assert rule_of(dana) is None


@pytest.mark.parametrize("because", ["nothing", ""])
def test_the_database_knows_every_reason(dana: Member, because: str) -> None:
    opt_in(dana)
    query = "UPDATE automatic_top_ups SET stopped_at = now(), stopped_because = :because"
    with pytest.raises(Exception, match="stopped_because"), db.engine.begin() as connection:
        connection.execute(text(query), {"because": because})


def decline(member: Member, *, times: int) -> None:
    """Their card is declined so often, each time once it may be tried again."""
    for _ in range(times):
        sweep()
        later(member, minutes=61)
