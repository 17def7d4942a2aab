"""Stopping and starting again loses nothing."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from tests.sandbox.conftest import Shop

if TYPE_CHECKING:
    from tests.sandbox.conftest import Receiver, StandIn

EVENT_SECONDS_MAX = 10


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_process_ends_well_when_told_and_keeps_its_state(
    own_stand_in: StandIn, number: int
) -> None:
    shop = Shop(own_stand_in)
    create = shop.client.v1.checkout.sessions.create
    session = create(params=shop.params(), options={"idempotency_key": "basket"})
    shop.pay(session)
    before = shop.session(session, "payment_intent.latest_charge", "line_items").to_dict()
    assert own_stand_in.stop(number) == 0
    own_stand_in.start()
    after = shop.session(session, "payment_intent.latest_charge", "line_items").to_dict()
    assert after == before
    assert create(params=shop.params(), options={"idempotency_key": "basket"}).id == session.id


def test_an_undelivered_event_survives_a_kill(own_stand_in: StandIn, receiver: Receiver) -> None:
    shop = Shop(own_stand_in)
    session = shop.open_session()
    receiver.refusing.add(session.id)
    shop.client.v1.checkout.sessions.expire(session.id)
    refused = receiver.refused.get(timeout=EVENT_SECONDS_MAX)
    own_stand_in.stop(signal.SIGKILL)
    own_stand_in.start()
    assert receiver.wait_for("checkout.session.expired", session.id).id == refused.id
