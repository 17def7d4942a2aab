"""Money that is still under way when people come back, and news in the wrong order."""

from __future__ import annotations

import threading
import time

import pytest
from sqlalchemy import text

from potluck.database import db
from tests.billing.people import Member, Webhook, buy, rows
from tests.billing.stripe_line import COMPLETED, EXPIRED, FAILED, SUCCEEDED, Delivery, Line, StandIn

LOCK_SECONDS_MAX = 4


@pytest.mark.fault("M8")
def test_success_heard_before_completion_is_one_top_up(
    dana: Member, stand_in: StandIn, line: Line, webhook: Webhook
) -> None:
    checkout, completed = buy(dana, stand_in, line)
    webhook.send(SUCCEEDED, {"id": checkout.session_id})
    assert dana.credits == 2000
    webhook.deliver(completed)
    assert (dana.purchases, dana.top_ups, dana.credits) == (["paid"], 1, 2000)


@pytest.mark.fault("M9")
def test_a_delayed_payment_is_credited_when_it_arrives(
    dana: Member, stand_in: StandIn, line: Line, webhook: Webhook
) -> None:
    checkout, completed = buy(dana, stand_in, line)
    delay_payment(stand_in, completed)
    webhook.deliver(completed)
    assert (dana.purchases, dana.credits) == (["processing"], 0)
    page = dana.return_page(checkout)
    assert "on its way" in page
    assert "shown=processing" in page
    stand_in.rewrite(checkout.session_id, payment_status="paid")
    webhook.send(SUCCEEDED, {"id": checkout.session_id})
    assert (dana.purchases, dana.credits) == (["paid"], 2000)
    assert "2,000 credits are yours" in dana.return_page(checkout)


@pytest.mark.fault("M9")
def test_a_delayed_payment_that_fails_is_told_and_credits_nothing(
    dana: Member, stand_in: StandIn, line: Line, webhook: Webhook
) -> None:
    checkout, completed = buy(dana, stand_in, line)
    delay_payment(stand_in, completed)
    webhook.deliver(completed)
    stand_in.rewrite(intent_of(completed), status="requires_payment_method")
    webhook.send(FAILED, {"id": checkout.session_id})
    assert (dana.purchases, dana.credits) == (["failed"], 0)
    page = dana.return_page(checkout)
    assert "The payment failed" in page
    assert "Nothing was charged" in page


def test_news_that_had_to_wait_for_other_news_does_not_undo_it(
    dana: Member, stand_in: StandIn, line: Line, webhook: Webhook
) -> None:
    checkout, completed = buy(dana, stand_in, line)
    delay_payment(stand_in, completed)
    late = threading.Thread(target=webhook.deliver, args=[completed])
    with db.engine.begin() as connection:
        query = "UPDATE purchases SET state = 'failed' WHERE id = :id"
        connection.execute(text(query), {"id": checkout.purchase_id})
        late.start()
        wait_until_somebody_waits_for_a_lock()
    late.join()
    assert dana.purchases == ["failed"]


def test_old_news_does_not_take_credits_back(
    dana: Member, stand_in: StandIn, line: Line, webhook: Webhook
) -> None:
    checkout, completed = buy(dana, stand_in, line)
    webhook.deliver(completed)
    delay_payment(stand_in, completed)
    for kind in (COMPLETED, FAILED, EXPIRED):
        assert webhook.send(kind, {"id": checkout.session_id}).status_code == 200
    assert (dana.purchases, dana.credits) == (["paid"], 2000)


def wait_until_somebody_waits_for_a_lock() -> None:
    deadline = time.monotonic() + LOCK_SECONDS_MAX
    while not rows("SELECT 1 FROM pg_locks WHERE NOT granted"):
        assert time.monotonic() < deadline, "nobody waits"


def delay_payment(stand_in: StandIn, completed: Delivery) -> None:
    """As with a bank debit: the checkout is complete, the money is under way."""
    stand_in.rewrite(completed.event["data"]["object"]["id"], payment_status="unpaid")
    stand_in.rewrite(intent_of(completed), status="processing")


def intent_of(completed: Delivery) -> str:
    intent_id: str = completed.event["data"]["object"]["payment_intent"]
    return intent_id
