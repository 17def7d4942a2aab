"""Money that goes back takes its credits along; those that are spent become a debt."""

from __future__ import annotations

import pytest

from potluck.credits import ledger
from potluck.database import db
from tests.billing.buyer import Buyer
from tests.billing.people import Member, Webhook, rows
from tests.billing.stripe_line import Line, StandIn
from tests.orders import hold, settle, spend

REFUND_FAILS_LATER = "4000000000005126"


def test_a_refund_takes_its_credits_back(buyer: Buyer) -> None:
    buyer.refund(50)
    assert buyer.balance == (1500, 0, 0)


def test_any_number_of_partial_refunds_add_up_to_the_whole(buyer: Buyer) -> None:
    for amount_minor in (33, 33, 33, 1, 67, 32, 1):
        buyer.refund(amount_minor)
    assert buyer.balance == (0, 0, 0)
    (purchase,) = rows("SELECT clawed_credits FROM purchases")
    assert purchase.clawed_credits == 2000


def test_the_same_refund_heard_many_times_is_taken_once(buyer: Buyer) -> None:
    refund_id = buyer.refund(50)
    for kind in ("refund.created", "refund.updated", "refund.created"):
        buyer.hear(kind, refund_id)
    assert buyer.balance == (1500, 0, 0)


def test_a_refund_heard_of_before_the_payment_credits_first(
    dana: Member, stand_in: StandIn, line: Line, webhook: Webhook
) -> None:
    buyer = Buyer(dana, stand_in, line, webhook)
    buyer.refund(50)
    assert buyer.balance == (1500, 0, 0)
    assert webhook.deliver(buyer.completed).status_code == 200
    assert buyer.balance == (1500, 0, 0)
    assert dana.top_ups == 1


def test_what_is_spent_becomes_a_debt_that_stops_spending(buyer: Buyer) -> None:
    spend(buyer.member.user_id, 1800)
    buyer.refund(200)
    assert buyer.balance == (0, 0, 1800)
    with pytest.raises(ledger.InsufficientCredits):
        hold(buyer.member.user_id, 1)


def test_the_next_purchase_repays_the_debt_first(
    buyer: Buyer, stand_in: StandIn, line: Line, webhook: Webhook
) -> None:
    spend(buyer.member.user_id, 1800)
    buyer.refund(200)
    again = Buyer(buyer.member, stand_in, line, webhook)
    assert webhook.deliver(again.completed).status_code == 200
    assert buyer.balance == (200, 0, 0)


def test_a_gift_repays_the_debt_first(buyer: Buyer) -> None:
    user_id = buyer.member.user_id
    spend(user_id, 1800)
    buyer.refund(200)
    ledger.grant(user_id=user_id, amount_credits=500, key="sorry", reason="Sorry")
    db.session.commit()
    assert buyer.balance == (0, 0, 1300)


def test_a_refund_while_a_round_is_written_waits_for_it_and_takes_the_rest(buyer: Buyer) -> None:
    user_id = buyer.member.user_id
    generation_id = hold(user_id, 700)
    buyer.refund(200)
    assert buyer.balance == (700, 700, 700)
    settle(generation_id, user_id=user_id, amount_credits=300)
    assert buyer.balance == (0, 0, 300)


def test_a_round_that_fails_gives_its_hold_to_the_debt(buyer: Buyer) -> None:
    user_id = buyer.member.user_id
    generation_id = hold(user_id, 700)
    buyer.refund(200)
    settle(generation_id, user_id=user_id, amount_credits=0)
    assert buyer.balance == (0, 0, 0)


def test_a_refund_that_fails_later_gives_the_credits_back(
    dana: Member, stand_in: StandIn, line: Line, webhook: Webhook
) -> None:
    checkout = dana.start_checkout()
    stand_in.pay(checkout.session_id, card=REFUND_FAILS_LATER)
    dana.return_page(checkout)
    payment_id = stand_in.payment_of(checkout.session_id)
    refund = stand_in.ask("/v1/refunds", payment_intent=payment_id, amount=99)
    webhook.deliver(line.wait_for("refund.created", refund["id"]))
    assert dana.credits == 2000 - 990
    stand_in.decide(f"refunds/{refund['id']}/fail")
    webhook.deliver(line.wait_for("refund.failed", refund["id"]))
    assert dana.credits == 2000
    webhook.deliver(line.wait_for("refund.created", refund["id"]))
    assert dana.credits == 2000


def test_a_refund_of_another_shop_on_the_same_account_is_let_pass(
    buyer: Buyer, stand_in: StandIn, line: Line
) -> None:
    session = stand_in.ask(
        "/v1/checkout/sessions",
        **{
            "mode": "payment",
            "success_url": "https://shop.example/thanks",
            "line_items[0][quantity]": 1,
            "line_items[0][price_data][currency]": "usd",
            "line_items[0][price_data][unit_amount]": 900,
            "line_items[0][price_data][product_data][name]": "A pie",
        },
    )
    stand_in.pay(session["id"])
    payment_id = stand_in.payment_of(session["id"])
    refund = stand_in.ask("/v1/refunds", payment_intent=payment_id)
    buyer.hear("refund.created", refund["id"])
    assert buyer.balance == (2000, 0, 0)
