"""Bank debits: the session completes at once, and the money comes later or never."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import stripe

from tests.sandbox.stripe_trade import control, decide, page, press, price

if TYPE_CHECKING:
    from tests.sandbox.conftest import Receiver, Shop, StandIn

ACH, SEPA = "000123456789", "DE89370400440532013000"


def debit(shop: Shop, account: str = SEPA, **changes: Any) -> Any:
    """A session in which a buyer chose to be debited."""
    session = shop.open_session(**changes)
    answer = press(session.url, test_account=account)
    assert answer.headers["Location"] == f"http://shop.test/thanks?session={session.id}"
    return shop.session(session, "payment_intent.payment_method")


@pytest.mark.parametrize(
    ("currency", "kind", "account"),
    [("usd", "us_bank_account", ACH), ("eur", "sepa_debit", SEPA)],
)
def test_the_page_offers_a_debit_where_there_is_one(
    shop: Shop, currency: str, kind: str, account: str
) -> None:
    session = shop.open_session(line_items=price(currency, 2500))
    assert session.payment_method_types == ["card", kind]
    assert "Bank debit (takes a while)" in page(session.url).text
    paid = debit(shop, account, line_items=price(currency, 2500))
    assert paid.payment_intent.payment_method.type == kind
    assert paid.payment_intent.payment_method[kind].last4 == account[-4:]


@pytest.mark.parametrize(
    "changes",
    [
        {"line_items": price("chf", 2500)},
        {"excluded_payment_method_types": ["sepa_debit"]},
        {"payment_intent_data": {"setup_future_usage": "off_session"}},
    ],
)
def test_elsewhere_it_does_not(shop: Shop, changes: dict[str, Any]) -> None:
    session = shop.open_session(**changes)
    assert session.payment_method_types == ["card"]
    assert "Bank debit" not in page(session.url).text
    assert press(session.url, test_account=SEPA).status_code == 422


def test_a_session_with_no_way_to_pay_is_refused(shop: Shop) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="No valid payment method types"):
        shop.open_session(allowed_payment_method_types=["paypal"])


def test_a_debit_is_under_way_until_somebody_decides(shop: Shop, receiver: Receiver) -> None:
    session = debit(shop)
    intent = session.payment_intent
    assert (session.status, session.payment_status) == ("complete", "unpaid")
    assert (intent.status, intent.amount_received) == ("processing", 0)
    completed: Any = receiver.wait_for("checkout.session.completed", session.id)
    assert completed.data.object.payment_status == "unpaid"
    receiver.wait_for("payment_intent.processing", intent.id)
    pending: Any = receiver.wait_for("charge.pending", intent.latest_charge)
    assert (pending.data.object.status, pending.data.object.paid) == ("pending", False)
    with pytest.raises(stripe.InvalidRequestError, match="does not have a successful charge"):
        shop.client.v1.refunds.create(params={"payment_intent": intent.id})


def test_a_debit_that_succeeds_pays_the_session(
    shop: Shop, stand_in: StandIn, receiver: Receiver
) -> None:
    opened = debit(shop)
    intent = opened.payment_intent
    decided = decide(stand_in, f"payment_intents/{intent.id}/succeed")
    assert (decided["id"], decided["status"]) == (intent.id, "succeeded")
    session: Any = shop.session(opened, "payment_intent.latest_charge")
    charge = session.payment_intent.latest_charge
    assert (session.payment_status, session.payment_intent.amount_received) == ("paid", 2500)
    assert (charge.id, charge.status, charge.paid) == (intent.latest_charge, "succeeded", True)
    news: Any = receiver.wait_for("checkout.session.async_payment_succeeded", session.id)
    assert news.data.object.payment_status == "paid"
    receiver.wait_for("payment_intent.succeeded", intent.id)
    receiver.wait_for("charge.succeeded", charge.id)
    completed: Any = receiver.wait_for("checkout.session.completed", session.id)
    assert completed.data.object.payment_status == "unpaid"
    refund = shop.client.v1.refunds.create(params={"payment_intent": intent.id})
    assert refund.status == "pending"


def test_a_debit_that_fails_leaves_the_session_unpaid(
    shop: Shop, stand_in: StandIn, receiver: Receiver
) -> None:
    opened = debit(shop)
    intent = opened.payment_intent
    decide(stand_in, f"payment_intents/{intent.id}/fail")
    session: Any = shop.session(opened, "payment_intent.latest_charge")
    assert (session.status, session.payment_status) == ("complete", "unpaid")
    assert session.payment_intent.status == "requires_payment_method"
    assert session.payment_intent.last_payment_error.code == "insufficient_funds"
    assert session.payment_intent.latest_charge.status == "failed"
    news: Any = receiver.wait_for("checkout.session.async_payment_failed", session.id)
    assert news.data.object.payment_status == "unpaid"
    receiver.wait_for("payment_intent.payment_failed", intent.id)
    receiver.wait_for("charge.failed", intent.latest_charge)
    assert "The payment failed" in page(f"{stand_in.url}/c/pay/{session.id}").text


@pytest.mark.parametrize(
    ("currency", "account", "code"),
    [
        ("usd", "000222222227", "insufficient_funds"),
        ("usd", "000111111113", "account_closed"),
        ("eur", "DE62370400440532013001", "insufficient_funds"),
    ],
)
def test_a_bad_account_fails_without_being_told(
    shop: Shop, receiver: Receiver, currency: str, account: str, code: str
) -> None:
    session = debit(shop, account, line_items=price(currency, 2500))
    assert (session.status, session.payment_status) == ("complete", "unpaid")
    assert session.payment_intent.last_payment_error.code == code
    receiver.wait_for("checkout.session.completed", session.id)
    receiver.wait_for("checkout.session.async_payment_failed", session.id)


def test_a_debit_is_decided_once(shop: Shop, stand_in: StandIn) -> None:
    intent = debit(shop).payment_intent.id
    decide(stand_in, f"payment_intents/{intent}/succeed")
    for verb in ("succeed", "fail"):
        answer = control(stand_in, f"payment_intents/{intent}/{verb}")
        assert answer.status_code == 409
        assert "status is succeeded" in answer.json()["error"]["message"]
