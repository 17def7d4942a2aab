"""What is paid is credited once, whoever says so first, and however often."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from potluck.database import db
from potluck.limits import limiter
from tests.billing.people import Member, Webhook, at_once, buy, rows
from tests.billing.stripe_line import COMPLETED, EXPIRED, SUCCEEDED, Delivery, Line, StandIn

AT_ONCE_ROUNDS = 20


@pytest.mark.fault("M4")
def test_whoever_pays_and_closes_the_tab_gets_their_credits(
    dana: Member, stand_in: StandIn, line: Line, webhook: Webhook
) -> None:
    _checkout, delivery = buy(dana, stand_in, line)
    assert dana.credits == 0
    assert webhook.deliver(delivery).status_code == 200
    assert (dana.purchases, dana.credits) == (["paid"], 2000)


def test_whoever_pays_gets_their_credits_without_any_event(dana: Member, stand_in: StandIn) -> None:
    checkout = dana.start_checkout("feast")
    stand_in.pay(checkout.session_id)
    assert "12,000 credits are yours" in dana.return_page(checkout)
    assert (dana.purchases, dana.credits) == (["paid"], 12000)


def test_the_browsers_of_whoever_paid_are_told_after_the_commit(
    dana: Member, stand_in: StandIn, line: Line, webhook: Webhook
) -> None:
    _checkout, delivery = buy(dana, stand_in, line)
    heard = db.notifications("announcements", timeout_seconds=10)
    assert next(heard) is None
    webhook.deliver(delivery)
    notice = next(heard)
    assert notice
    assert f'"user_id": {dana.user_id}' in notice.payload
    heard.close()  # type: ignore[attr-defined]  # a generator, whatever it is annotated as


@pytest.mark.fault("M6")
def test_the_same_event_again_changes_nothing(
    dana: Member, stand_in: StandIn, line: Line, webhook: Webhook
) -> None:
    _checkout, delivery = buy(dana, stand_in, line)
    for _ in range(3):
        assert webhook.deliver(delivery).status_code == 200
    assert (dana.top_ups, dana.credits) == (1, 2000)
    assert event_row(delivery).attempts == 1


@pytest.mark.fault("M12")
def test_an_event_is_handled_again_when_the_process_died_before_it_said_so(
    dana: Member, stand_in: StandIn, line: Line, webhook: Webhook
) -> None:
    _checkout, delivery = buy(dana, stand_in, line)
    webhook.deliver(delivery)
    with db.engine.begin() as connection:
        query = "UPDATE stripe_events SET handled_at = NULL WHERE id = :id"
        connection.execute(text(query), {"id": delivery.event["id"]})
    assert webhook.deliver(delivery).status_code == 200
    assert (dana.top_ups, dana.credits) == (1, 2000)
    assert event_row(delivery).handled_at


@pytest.mark.fault("M6")
def test_the_same_checkout_under_another_event_is_one_top_up(
    dana: Member, stand_in: StandIn, line: Line, webhook: Webhook
) -> None:
    checkout, delivery = buy(dana, stand_in, line)
    webhook.deliver(delivery)
    webhook.send(COMPLETED, {"id": checkout.session_id})
    webhook.send(SUCCEEDED, {"id": checkout.session_id})
    assert (dana.top_ups, dana.credits) == (1, 2000)


@pytest.mark.fault("M7")
def test_webhook_and_return_page_at_the_same_moment_are_one_top_up(
    dana: Member, stand_in: StandIn, line: Line, webhook: Webhook
) -> None:
    for n in range(1, AT_ONCE_ROUNDS + 1):
        # More purchases than a member may begin in an hour.
        limiter.reset()
        checkout, delivery = buy(dana, stand_in, line)
        at_once(partial(webhook.deliver, delivery), partial(dana.return_page, checkout))
        assert (dana.top_ups, dana.credits) == (n, n * 2000)


@pytest.mark.fault("M6")
def test_the_same_event_on_many_processes_is_one_top_up(
    dana: Member, stand_in: StandIn, line: Line, webhook: Webhook
) -> None:
    _checkout, delivery = buy(dana, stand_in, line)
    at_once(*[partial(webhook.deliver, delivery)] * 8)
    assert (dana.top_ups, dana.credits) == (1, 2000)


def test_a_checkout_that_ran_out_charges_nothing(
    dana: Member, stand_in: StandIn, line: Line, webhook: Webhook
) -> None:
    checkout = dana.start_checkout()
    stand_in.expire(checkout.session_id)
    webhook.deliver(line.wait_for(EXPIRED, checkout.session_id))
    assert (dana.purchases, dana.credits) == (["expired"], 0)


@pytest.mark.fault("M13")
@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"amount_total": 238, "total_details": {"amount_tax": 38}}, id="tax"),
        pytest.param(
            {
                "presentment_details": {
                    "presentment_amount": 187,
                    "presentment_currency": "eur",
                },
            },
            id="another currency",
        ),
    ],
)
def test_whatever_was_paid_at_checkout_the_packs_credits_come_exactly(
    dana: Member, stand_in: StandIn, line: Line, webhook: Webhook, changes: dict[str, Any]
) -> None:
    checkout, completed = buy(dana, stand_in, line)
    stand_in.rewrite(checkout.session_id, **changes)
    webhook.deliver(completed)
    assert (dana.purchases, dana.credits) == (["paid"], 2000)


@pytest.mark.fault("M13")
@pytest.mark.parametrize(("percent_off", "paid_minor"), [(50, 100), (100, 0)])
def test_whoever_has_a_code_gets_the_packs_credits_exactly(
    dana: Member, stand_in: StandIn, percent_off: int, paid_minor: int
) -> None:
    coupon = stand_in.ask("/v1/coupons", percent_off=percent_off)
    promotion = {"promotion[type]": "coupon", "promotion[coupon]": coupon["id"]}
    code = stand_in.ask("/v1/promotion_codes", **promotion)["code"]
    checkout = dana.start_checkout()
    stand_in.enter_code(checkout.session_id, code)
    stand_in.pay(checkout.session_id)
    dana.return_page(checkout)
    assert (dana.purchases, dana.credits) == (["paid"], 2000)
    (purchase,) = rows("SELECT paid_minor FROM purchases")
    assert purchase.paid_minor == paid_minor


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"currency": "jpy"}, id="currency"),
        pytest.param({"livemode": True}, id="mode"),
        pytest.param({"client_reference_id": "somebody-elses"}, id="reference"),
    ],
)
def test_a_checkout_that_does_not_fit_its_purchase_credits_nobody(
    dana: Member, stand_in: StandIn, line: Line, webhook: Webhook, changes: dict[str, Any]
) -> None:
    checkout, completed = buy(dana, stand_in, line)
    stand_in.rewrite(checkout.session_id, **changes)
    assert webhook.deliver(completed).status_code == 500
    assert (dana.purchases, dana.credits) == (["open"], 0)
    assert event_row(completed).last_error.startswith("Mismatch: ")


def test_another_checkout_with_the_reference_of_a_purchase_credits_nobody(
    dana: Member, sam: Member, stand_in: StandIn, line: Line, webhook: Webhook
) -> None:
    danas, (sams, completed) = dana.start_checkout(), buy(sam, stand_in, line)
    reference = str(danas.purchase_id)
    stand_in.rewrite(
        sams.session_id, client_reference_id=reference, metadata={"purchase": reference}
    )
    assert webhook.deliver(completed).status_code == 500
    assert event_row(completed).last_error.endswith("is not the one we opened")
    assert (dana.credits, sam.credits) == (0, 0)


def test_a_payment_link_that_borrows_a_reference_credits_nobody(
    dana: Member, stand_in: StandIn, line: Line, webhook: Webhook
) -> None:
    checkout, completed = buy(dana, stand_in, line)
    stand_in.rewrite(checkout.session_id, metadata={})
    assert webhook.deliver(completed).status_code == 200
    assert (dana.purchases, dana.credits) == (["open"], 0)


@pytest.mark.fault("M2")
def test_the_event_finds_a_purchase_whose_checkout_was_never_saved(
    dana: Member, stand_in: StandIn, line: Line, webhook: Webhook
) -> None:
    checkout = dana.open_and_die()
    stand_in.pay(checkout.session_id)
    webhook.deliver(line.wait_for(COMPLETED, checkout.session_id))
    assert (dana.purchases, dana.credits) == (["paid"], 2000)


def test_money_for_a_purchase_that_was_given_up_is_credited_all_the_same(
    dana: Member, stand_in: StandIn, line: Line, webhook: Webhook
) -> None:
    checkout = dana.open_and_die()
    with db.engine.begin() as connection:
        query = "UPDATE purchases SET state = 'expired' WHERE id = :id"
        connection.execute(text(query), {"id": checkout.purchase_id})
    stand_in.pay(checkout.session_id)
    webhook.deliver(line.wait_for(COMPLETED, checkout.session_id))
    assert (dana.purchases, dana.credits) == (["paid"], 2000)


def test_an_event_that_could_not_be_handled_is_kept_and_handled_when_it_comes_again(
    dana: Member, stand_in: StandIn, line: Line, webhook: Webhook
) -> None:
    _checkout, delivery = buy(dana, stand_in, line)
    line.hang_up()
    assert webhook.deliver(delivery).status_code == 500
    row = event_row(delivery)
    assert (row.handled_at, row.attempts) == (None, 1)
    assert row.last_error.startswith("StripeUnavailable: ")
    line.mend()
    assert webhook.deliver(delivery).status_code == 200
    row = event_row(delivery)
    assert (row.attempts, row.last_error) == (2, None)
    assert (dana.top_ups, dana.credits) == (1, 2000)


def test_a_paid_purchase_stays_paid_even_by_hand(dana: Member, stand_in: StandIn) -> None:
    checkout = dana.start_checkout()
    stand_in.pay(checkout.session_id)
    dana.return_page(checkout)
    for change in ("state = 'failed', paid_at = NULL", "credits = 1", "checkout_session_id = NULL"):
        query = f"UPDATE purchases SET {change} WHERE id = :id"  # noqa: S608
        with pytest.raises(DBAPIError, match=r"is paid|are fixed"), db.engine.begin() as connection:
            connection.execute(text(query), {"id": checkout.purchase_id})


def event_row(delivery: Delivery) -> Any:
    (row,) = rows("SELECT * FROM stripe_events WHERE id = :id", id=delivery.event["id"])
    return row
