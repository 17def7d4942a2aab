"""Money goes back while its credits are at work in a room."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from potluck.database import db
from potluck.rooms import generation, leases
from potluck.rooms.models import Generation
from tests.billing.buyer import Buyer
from tests.billing.people import Webhook
from tests.billing.stripe_line import Line, StandIn


class Room:
    """Where Dana, who has bought 2,000 credits, sits alone and has texts written."""

    def __init__(self, buyer: Buyer) -> None:
        self.client = buyer.member.client
        self.path = self.client.submit("/rooms", page="/pool").location

    def add_line(self) -> TestResponse:
        """Which starts the round, since nobody else is waited for."""
        return self.client.submit(f"{self.path}/contribution", page=self.path, line="A frog.")

    def refusal(self) -> str:
        """What they read whose line isn't taken."""
        answer = self.add_line()
        assert answer.status_code == HTTPStatus.PAYMENT_REQUIRED
        return answer.get_data(as_text=True)

    def write(self) -> int:
        """The model writes; what the text cost."""
        lease = leases.claim()
        assert lease
        generation.run(lease)
        cost = db.session.get_one(Generation, lease.generation_id).cost_credits
        db.session.rollback()
        assert cost
        return cost

    def open_round(self) -> None:
        answer = self.client.submit(f"{self.path}/rounds", page=self.path, recipe="story")
        assert answer.status_code == HTTPStatus.SEE_OTHER


@pytest.fixture
def room(app: Flask, buyer: Buyer, model_url: str) -> Iterator[Room]:
    before = app.extensions["settings"]
    app.extensions["settings"] = before.model_copy(update={"openai_base_url": f"{model_url}/v1"})
    yield Room(buyer)
    app.extensions["settings"] = before


@pytest.mark.fault("M14")
def test_credits_spent_before_their_money_went_back_are_a_debt_that_stops_spending(
    buyer: Buyer, room: Room, stand_in: StandIn, line: Line, webhook: Webhook
) -> None:
    assert room.add_line().status_code == HTTPStatus.SEE_OTHER
    cost = room.write()
    buyer.refund(200)
    assert buyer.balance == (0, 0, cost)
    room.open_round()
    assert "and you have fewer" in room.refusal()
    again = Buyer(buyer.member, stand_in, line, webhook)
    assert webhook.deliver(again.completed).status_code == HTTPStatus.OK
    assert buyer.balance == (2000 - cost, 0, 0)
    assert room.add_line().status_code == HTTPStatus.SEE_OTHER


@pytest.mark.fault("M15")
def test_money_that_goes_back_while_a_text_is_written_waits_for_it_and_takes_the_rest(
    buyer: Buyer, room: Room
) -> None:
    assert room.add_line().status_code == HTTPStatus.SEE_OTHER
    _, held, _ = buyer.balance
    assert held
    buyer.refund(200)
    assert buyer.balance == (held, held, held)
    cost = room.write()
    assert 0 < cost < held
    assert buyer.balance == (0, 0, cost)


@pytest.mark.fault("M16")
@pytest.mark.parametrize(("decision", "balance"), [("win", (2100, 0, 0)), ("lose", (100, 0, 0))])
def test_whoever_is_disputed_adds_no_line_until_the_bank_has_decided(
    app: Flask, buyer: Buyer, room: Room, decision: str, balance: tuple[int, int, int]
) -> None:
    grant = ["grant", str(buyer.member.user_id), "100", "--key", "luck"]
    assert app.test_cli_runner().invoke(args=grant).exit_code == 0
    charge_id = buyer.stand_in.charge_of(buyer.payment_id)
    dispute_id = buyer.stand_in.decide(f"charges/{charge_id}/dispute")["id"]
    buyer.hear("charge.dispute.created", dispute_id)
    assert buyer.balance == (100, 0, 0)
    assert "your bank looks into" in room.refusal()
    buyer.stand_in.decide(f"disputes/{dispute_id}/{decision}")
    buyer.hear("charge.dispute.closed", dispute_id)
    assert buyer.balance == balance
    assert room.add_line().status_code == HTTPStatus.SEE_OTHER
