"""Members see money that is under way, and lately failed, beside their credits."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from potluck.database import db
from tests.billing.people import Member, Webhook, buy
from tests.billing.stripe_line import FAILED, Line, StandIn
from tests.billing.test_delayed_payments import delay_payment, intent_of

AGE = text("UPDATE purchases SET failed_at = failed_at - interval '8 days' WHERE state = 'failed'")


def credits_page(member: Member) -> str:
    return member.client.get("/credits").get_data(as_text=True)


@pytest.mark.fault("M9")
def test_a_payment_on_its_way_is_listed_until_it_failed_a_week_ago(
    dana: Member, sam: Member, stand_in: StandIn, line: Line, webhook: Webhook
) -> None:
    assert "Payments on their way" not in credits_page(dana)
    checkout, completed = buy(dana, stand_in, line)
    delay_payment(stand_in, completed)
    webhook.deliver(completed)
    assert "your bank is still moving the money" in credits_page(dana)
    assert checkout.path in credits_page(dana)
    stand_in.rewrite(checkout.session_id, status="complete")
    stand_in.rewrite(intent_of(completed), status="requires_payment_method")
    webhook.send(FAILED, {"id": checkout.session_id})
    assert "the payment failed" in credits_page(dana)
    assert "Payments on their way" not in credits_page(sam)
    db.session.execute(AGE)
    db.session.commit()
    assert "the payment failed" not in credits_page(dana)


def test_a_checkout_that_never_reached_a_bank_is_not_listed(dana: Member) -> None:
    dana.begin_without_stripe(lasting="12 hours")
    db.session.execute(text("UPDATE purchases SET state = 'failed'"))
    db.session.commit()
    assert "Payments on their way" not in credits_page(dana)
