"""The database fails in the middle of a top-up or after it: it is done once, or not at all."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from potluck.database import TRANSACTION_TRIES_MAX
from tests.announced import announced
from tests.billing.people import Checkout, Member, Webhook, buy
from tests.billing.stripe_line import Delivery, Line, StandIn
from tests.trouble import TROUBLES, break_after_commit, trouble

IS_CREDITED = "SELECT 1 FROM purchases WHERE state = 'paid'"


@pytest.fixture
def bought(dana: Member, stand_in: StandIn, line: Line) -> tuple[Checkout, Delivery]:
    """What Dana has paid for, and the event that tells of it."""
    return buy(dana, stand_in, line)


@pytest.mark.fault("M20")
@pytest.mark.parametrize("kind", TROUBLES)
def test_trouble_that_passes_is_not_noticed(
    owner: Engine, dana: Member, webhook: Webhook, bought: tuple[Checkout, Delivery], kind: str
) -> None:
    _, delivery = bought
    with trouble(owner, kind, table="transfers", times=TRANSACTION_TRIES_MAX - 1):
        assert webhook.deliver(delivery).status_code == 200
    assert (dana.credits, dana.top_ups) == (2000, 1)


@pytest.mark.fault("M20")
@pytest.mark.parametrize("kind", TROUBLES)
def test_trouble_that_stays_credits_nothing_until_stripe_asks_again(
    owner: Engine, dana: Member, webhook: Webhook, bought: tuple[Checkout, Delivery], kind: str
) -> None:
    checkout, delivery = bought
    with trouble(owner, kind, table="transfers", times=1_000):
        assert webhook.deliver(delivery).status_code == 500
        assert dana.client.get(checkout.path).status_code == 503
        assert dana.credits == 0
    assert webhook.deliver(delivery).status_code == 200
    assert (dana.credits, dana.top_ups) == (2000, 1)


@pytest.mark.fault("M27")
def test_a_buyers_pages_are_told_of_credits_though_nobody_heard_that_they_came(
    owner: Engine,
    dana: Member,
    webhook: Webhook,
    bought: tuple[Checkout, Delivery],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, delivery = bought
    lost = break_after_commit(monkeypatch, IS_CREDITED)
    with announced(owner) as said:
        assert webhook.deliver(delivery).status_code == 200
    assert lost
    assert [each["kind"] for each in said] == ["credits"]
    assert (dana.credits, dana.top_ups) == (2000, 1)
