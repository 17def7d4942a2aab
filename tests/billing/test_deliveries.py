"""What goes wrong between Stripe and the app, ordered from the stand-in, which tries again."""

from __future__ import annotations

from http import HTTPStatus

import pytest
from flask import Flask

from potluck.billing.gateway import Gateway
from tests.billing.bank import Bank
from tests.billing.people import Member, Webhook, buy
from tests.billing.stripe_line import COMPLETED, SECRET_KEY, SUCCEEDED, Delivery, Line, StandIn
from tests.billing.test_fulfilment import event_row

CREATION = "POST /v1/checkout/sessions"
COPIES = 5
# The call, and the two times that it is repeated.
TRIES = 3


@pytest.fixture
def told(line: Line, webhook: Webhook) -> list[str]:
    """The types of the events that the app took in, in that order, as soon as they are sent."""
    taken: list[str] = []

    def hand_on(delivery: Delivery) -> int:
        status = webhook.deliver(delivery).status_code
        taken.append(delivery.event["type"])
        return status

    line.hand_on = hand_on
    return taken


@pytest.fixture
def _impatient(app: Flask, stand_in: StandIn) -> None:
    app.extensions["stripe"] = Gateway(SECRET_KEY, api_url=stand_in.url, answer_timeout_seconds=0.3)


@pytest.mark.fault("M6")
@pytest.mark.usefixtures("told")
def test_an_event_that_stripe_delivers_many_times_at_once_is_one_top_up(
    dana: Member, stand_in: StandIn, bank: Bank, line: Line
) -> None:
    bank.order("duplicate", COMPLETED, copies=COPIES)
    checkout = dana.start_checkout()
    stand_in.pay(checkout.session_id)
    delivery = line.wait_for(COMPLETED, checkout.session_id, times=1 + COPIES)
    assert (dana.top_ups, dana.credits) == (1, 2000)
    assert event_row(delivery).handled_at


@pytest.mark.fault("M8")
def test_a_bank_debits_success_that_overtakes_its_completion_is_one_top_up(
    dana: Member, bank: Bank, line: Line, told: list[str]
) -> None:
    bank.order("reorder", "checkout.session.*", gather=2)
    checkout = dana.start_checkout()
    payment_id = bank.debit(checkout)
    bank.decide(f"payment_intents/{payment_id}/succeed")
    line.wait_for(COMPLETED, checkout.session_id)
    assert [kind for kind in told if kind in {COMPLETED, SUCCEEDED}] == [SUCCEEDED, COMPLETED]
    assert (dana.purchases, dana.top_ups, dana.credits) == (["paid"], 1, 2000)


@pytest.mark.fault("M9")
@pytest.mark.parametrize(
    ("decision", "outcome"),
    [
        ("succeed", ("paid", 2000, "2,000 credits are yours")),
        ("fail", ("failed", 0, "The payment failed")),
    ],
)
@pytest.mark.usefixtures("told")
def test_who_pays_by_bank_debit_waits_for_the_bank_and_is_told_what_came_of_it(
    dana: Member, bank: Bank, line: Line, decision: str, outcome: tuple[str, int, str]
) -> None:
    checkout = dana.start_checkout()
    payment_id = bank.debit(checkout)
    line.wait_for(COMPLETED, checkout.session_id)
    assert (dana.purchases, dana.credits) == (["processing"], 0)
    assert "on its way" in dana.return_page(checkout)
    bank.decide(f"payment_intents/{payment_id}/{decision}")
    line.wait_for(f"checkout.session.async_payment_{decision}ed", checkout.session_id)
    state, credits_, sentence = outcome
    assert (dana.purchases, dana.credits) == ([state], credits_)
    assert sentence in dana.return_page(checkout)


@pytest.mark.fault("M12")
def test_an_event_whose_answer_was_lost_comes_again_and_does_nothing(
    dana: Member, stand_in: StandIn, bank: Bank, line: Line, webhook: Webhook
) -> None:
    answers: list[int] = []

    def lose_the_first(delivery: Delivery) -> int:
        answers.append(webhook.deliver(delivery).status_code)
        # What a proxy answers for a process that died.
        return answers[-1] if len(answers) > 1 else HTTPStatus.BAD_GATEWAY

    checkout = dana.start_checkout()
    bank.order("drop", "payment_intent.*")
    bank.order("drop", "charge.*")
    line.hand_on = lose_the_first
    stand_in.pay(checkout.session_id)
    delivery = line.wait_for(COMPLETED, checkout.session_id, times=2)
    assert answers == [HTTPStatus.OK, HTTPStatus.OK]
    assert (dana.top_ups, dana.credits) == (1, 2000)
    assert event_row(delivery).attempts == 1


@pytest.mark.fault("M3")
@pytest.mark.usefixtures("_impatient")
def test_a_checkout_whose_answer_stripe_holds_back_is_asked_for_again_and_is_one(
    dana: Member, stand_in: StandIn, bank: Bank
) -> None:
    bank.order("timeout_after", CREATION, count=1, seconds=1)
    opened = dana.start_checkout()
    assert len(stand_in.sessions_of(opened.purchase_id)) == 1


@pytest.mark.fault("M3")
@pytest.mark.usefixtures("_impatient")
@pytest.mark.parametrize("kind", ["timeout_before", "timeout_after"])
def test_who_waits_for_stripe_in_vain_hears_that_nothing_was_charged_and_can_go_on(
    dana: Member, stand_in: StandIn, bank: Bank, kind: str
) -> None:
    bank.order(kind, CREATION, count=TRIES, seconds=1)
    answer = dana.click_buy()
    assert answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert "nothing was charged" in answer.get_data(as_text=True)
    assert dana.purchases == ["created"]
    bank.end_faults()
    opened = dana.start_checkout()
    assert dana.purchases == ["open"]
    assert len(stand_in.sessions_of(opened.purchase_id)) == 1


@pytest.mark.fault("M1")
def test_who_clicks_often_and_pays_once_is_charged_once(
    dana: Member, stand_in: StandIn, line: Line, webhook: Webhook
) -> None:
    checkout, completed = buy(dana, stand_in, line)
    # The page from before, by way of Back, sent again; and Stripe's own page once more.
    assert dana.click_buy().location == checkout.path
    stand_in.pay(checkout.session_id)
    webhook.deliver(completed)
    payments = stand_in.read("/v1/payment_intents?limit=100")["data"]
    about = [p for p in payments if p["metadata"].get("purchase") == str(checkout.purchase_id)]
    assert [payment["status"] for payment in about] == ["succeeded"]
    assert (dana.purchases, dana.top_ups, dana.credits) == (["paid"], 1, 2000)
