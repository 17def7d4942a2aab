"""An operator gives money back: the credits are held first, then Stripe is asked, then they go."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from contextlib import suppress

import pytest
from flask import Flask
from sqlalchemy import text
from werkzeug.test import TestResponse

from potluck.billing import refunds
from potluck.database import db
from tests.billing.buyer import Buyer
from tests.billing.people import asked_refund, at_once, rows
from tests.billing.stripe_line import Line, StandIn
from tests.conftest import RunBy, SignInAs
from tests.orders import spend
from tests.people import Browser
from tests.trouble import break_after_commit

REFUND_HANGS = "4000000000007726"


@pytest.fixture
def operator(browser: Callable[[], Browser], sign_in_as: SignInAs, run_by: RunBy) -> Browser:
    own = browser()
    run_by(sign_in_as(own, "Olga"))
    return own


def purchase_id() -> uuid.UUID:
    (row,) = rows("SELECT id FROM purchases")
    found: uuid.UUID = row.id
    return found


def give_back(operator: Browser, amount: str, *, times: int = 1) -> str:
    """Sends the form on the purchase's page; what the page says then."""
    fields = {"amount": amount, "reason": "A mistake", "key": form_key(operator)}
    for _ in range(times):
        answer = send(operator, **fields)
        assert answer.status_code == 303
    return operator.get(page()).get_data(as_text=True)


def page() -> str:
    return f"/admin/purchases/{purchase_id()}"


def form_key(operator: Browser) -> str:
    found = re.search(r'name="key" value="([^"]+)"', operator.get(page()).get_data(as_text=True))
    assert found
    return found[1]


def send(operator: Browser, **fields: str) -> TestResponse:
    """The form of the purchase's page, with a key unless it is given one."""
    sent = {"key": str(uuid.uuid4()), **fields}
    return operator.submit(f"{page()}/refunds", page=page(), **sent)


def states() -> list[tuple[str, str]]:
    """Of refunds and their holds, oldest first."""
    query = """
        SELECT r.state, h.state AS hold FROM refunds r JOIN holds h ON h.refund_id = r.id
        ORDER BY r.created_at
    """
    return [(row.state, row.hold) for row in rows(query)]


def let_time_pass() -> None:
    """So much that the sweep takes it up."""
    db.session.execute(text("UPDATE refunds SET changed_at = now() - interval '1 minute'"))
    db.session.commit()


def test_an_operator_gives_money_back_on_a_page(operator: Browser, buyer: Buyer) -> None:
    said = give_back(operator, "0.50")
    assert "$0.50 went back" in said
    assert "A mistake" in said
    assert buyer.balance == (1500, 0, 0)
    assert states() == [("succeeded", "captured")]


def test_an_operator_gives_everything_back_from_the_command_line(app: Flask, buyer: Buyer) -> None:
    result = app.test_cli_runner().invoke(args=["refund", str(purchase_id())])
    assert result.exit_code == 0, result.output
    assert result.output.startswith("$2.00: succeeded (re_")
    assert buyer.balance == (0, 0, 0)


@pytest.mark.fault("M19")
def test_a_form_that_is_sent_twice_gives_back_once(operator: Browser, buyer: Buyer) -> None:
    said = give_back(operator, "0.50", times=2)
    assert "This form was sent before, and counts once." in said
    assert buyer.balance == (1500, 0, 0)
    assert states() == [("succeeded", "captured")]


def test_a_form_of_a_refund_that_is_over_asks_stripe_nothing_more(
    operator: Browser, buyer: Buyer, line: Line
) -> None:
    fields = {"amount": "0.50", "key": form_key(operator)}
    send(operator, **fields)
    asked = len(line.asked)
    send(operator, **fields)
    assert len(line.asked) == asked
    assert buyer.balance == (1500, 0, 0)


def test_a_form_without_its_key_moves_nothing(operator: Browser, buyer: Buyer) -> None:
    assert send(operator, amount="0.50", key="").status_code == 422
    assert buyer.balance == (2000, 0, 0)


@pytest.mark.fault("M27")
def test_a_refund_is_asked_for_once_though_nobody_heard_that_it_was(
    operator: Browser, buyer: Buyer, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = break_after_commit(monkeypatch, "SELECT 1 FROM refunds")
    give_back(operator, "0.50")
    assert lost
    let_time_pass()
    refunds.sweep()
    assert buyer.balance == (1500, 0, 0)
    assert states() == [("succeeded", "captured")]


def test_the_event_of_ones_own_refund_takes_nothing_more(operator: Browser, buyer: Buyer) -> None:
    give_back(operator, "0.50")
    (refund,) = rows("SELECT stripe_refund_id FROM refunds")
    buyer.hear("refund.created", refund.stripe_refund_id)
    assert buyer.balance == (1500, 0, 0)


@pytest.mark.parametrize(
    ("amount", "sentence"),
    [
        ("0.5x", "Write the amount as a plain number"),
        ("-1", "Write the amount as a plain number"),
        ("", "Write the amount as a plain number"),
        ("0.001", "finer than USD goes"),
        ("0", "above zero"),
        ("2.01", "$2.00 can still be given back"),
        ("99999999999", "$2.00 can still be given back"),
    ],
)
def test_an_amount_that_makes_no_sense_moves_nothing(
    operator: Browser, buyer: Buyer, amount: str, sentence: str
) -> None:
    answer = send(operator, amount=amount)
    assert answer.status_code == 422
    assert sentence in answer.get_data(as_text=True)
    assert states() == []
    assert buyer.balance == (2000, 0, 0)


def test_more_than_is_left_of_the_credits_is_refused_with_what_is_possible(
    operator: Browser, buyer: Buyer
) -> None:
    spend(buyer.member.user_id, 1800)
    answer = send(operator, amount="1")
    assert answer.status_code == 422
    assert "worth at most $0.20" in answer.get_data(as_text=True)
    assert buyer.balance == (200, 0, 0)


def test_the_credits_are_held_while_stripe_is_asked(
    operator: Browser, buyer: Buyer, line: Line
) -> None:
    line.hang_up()
    assert "asked again by itself" in give_back(operator, "0.50")
    assert buyer.balance == (2000, 500, 0)
    assert states() == [("asked", "dispatched")]


def test_a_refund_whose_answer_was_lost_is_one_refund(
    operator: Browser, buyer: Buyer, line: Line
) -> None:
    line.hang_up()
    give_back(operator, "0.50")
    line.mend()
    let_time_pass()
    refunds.sweep()
    refunds.sweep()
    assert buyer.balance == (1500, 0, 0)
    listed = [asked for asked in line.asked if asked.path == "/v1/refunds" and asked.key]
    assert len({asked.key for asked in listed}) == 1
    (row,) = rows("SELECT stripe_refund_id FROM refunds")
    assert row.stripe_refund_id


def test_a_refund_whose_process_died_before_asking_is_carried_out(buyer: Buyer) -> None:
    asked_refund(purchase_id(), 50)
    assert states() == [("held", "reserved")]
    let_time_pass()
    refunds.sweep()
    assert states() == [("succeeded", "captured")]
    assert buyer.balance == (1500, 0, 0)


def test_the_event_may_come_before_the_answer(
    operator: Browser, buyer: Buyer, line: Line, stand_in: StandIn
) -> None:
    line.hang_up()
    give_back(operator, "0.50")
    line.mend()
    listed = stand_in.read(f"/v1/refunds?payment_intent={buyer.payment_id}")
    buyer.hear("refund.created", listed["data"][0]["id"])
    assert states() == [("succeeded", "captured")]
    assert buyer.balance == (1500, 0, 0)


def test_a_refund_that_stripe_refuses_gives_the_credits_back(
    operator: Browser, buyer: Buyer, stand_in: StandIn
) -> None:
    # Somebody was faster in the dashboard, and the app has not heard of it yet.
    buyer.refund(200, tell=False)
    assert "no money was moved" in give_back(operator, "0.50")
    assert states() == [("refused", "released")]
    assert buyer.balance == (2000, 0, 0)


def test_what_stripe_forgot_to_do_is_given_up(buyer: Buyer, line: Line) -> None:
    refund_id = asked_refund(purchase_id(), 50)
    refunds._dispatch(refund_id)
    db.session.execute(text("UPDATE refunds SET created_at = now() - interval '21 hours'"))
    let_time_pass()
    refunds.sweep()
    assert states() == [("refused", "released")]
    assert buyer.balance == (2000, 0, 0)


def test_two_operators_at_once_give_back_what_there_is(app: Flask, buyer: Buyer) -> None:
    def give() -> None:
        with app.app_context(), suppress(refunds.RefundRefused):
            refunds.carry_out(asked_refund(wanted, 150))
        db.session.remove()

    wanted = purchase_id()
    at_once(give, give)
    assert buyer.balance == (500, 0, 0)
    assert states() == [("succeeded", "captured")]


def test_a_disputed_payment_is_not_refunded_as_well(operator: Browser, buyer: Buyer) -> None:
    charge_id = buyer.stand_in.charge_of(buyer.payment_id)
    dispute = buyer.stand_in.decide(f"charges/{charge_id}/dispute", amount=50)
    buyer.hear("charge.dispute.created", dispute["id"])
    answer = send(operator, amount="1")
    assert answer.status_code == 422
    assert "answer the dispute at Stripe" in answer.get_data(as_text=True)


def test_what_was_given_up_and_done_all_the_same_takes_its_credits(
    operator: Browser, buyer: Buyer, line: Line, stand_in: StandIn
) -> None:
    line.hang_up()
    give_back(operator, "0.50")
    line.mend()
    (ours,) = rows("SELECT id FROM refunds")
    db.transact(lambda: refunds._give_up(ours.id))
    assert buyer.balance == (2000, 0, 0)
    listed = stand_in.read(f"/v1/refunds?payment_intent={buyer.payment_id}")
    buyer.hear("refund.created", listed["data"][0]["id"])
    assert buyer.balance == (1500, 0, 0)


def test_a_refund_that_stripe_did_and_answered_500_to_is_one_refund(
    operator: Browser, buyer: Buyer, stand_in: StandIn
) -> None:
    stand_in.decide("faults", kind="500_after", match="POST /v1/refunds", count=1)
    assert "asked again by itself" in give_back(operator, "0.50")
    assert states() == [("asked", "dispatched")]
    let_time_pass()
    refunds.sweep()
    assert states() == [("succeeded", "captured")]
    assert buyer.balance == (1500, 0, 0)
    assert len(stand_in.read(f"/v1/refunds?payment_intent={buyer.payment_id}")["data"]) == 1
