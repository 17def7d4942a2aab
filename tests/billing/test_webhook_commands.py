"""Events that could not be handled are listed for the operator, and handled again on demand."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask

from tests.billing.command_line import run
from tests.billing.people import Member, Webhook, buy, rows
from tests.billing.stripe_line import Delivery, Line, StandIn

Fail = Callable[[Member], Delivery]


@pytest.fixture
def fail(stand_in: StandIn, line: Line, webhook: Webhook) -> Fail:
    """They pay, and the event that tells of it comes while Stripe answers nothing."""

    def pay_in_vain(member: Member) -> Delivery:
        _checkout, delivery = buy(member, stand_in, line)
        line.hang_up()
        assert webhook.deliver(delivery).status_code == 500
        line.mend()
        return delivery

    return pay_in_vain


def test_while_every_event_was_handled_all_is_quiet(
    app: Flask, dana: Member, stand_in: StandIn, line: Line, webhook: Webhook
) -> None:
    _checkout, delivery = buy(dana, stand_in, line)
    webhook.deliver(delivery)
    quiet = (0, "All quiet: every event that Stripe sent was handled.\n")
    assert run(app, "webhooks", "--failed") == quiet
    assert run(app, "webhooks", "--replay-failed") == quiet


def test_events_that_failed_are_listed_with_what_went_wrong_oldest_first(
    app: Flask, dana: Member, sam: Member, fail: Fail
) -> None:
    first, second = fail(dana), fail(sam)
    code, said = run(app, "webhooks", "--failed")
    assert code == 0
    fields = [entry.split("\t") for entry in said.splitlines()]
    kind, error = "checkout.session.completed", "StripeUnavailable: Stripe doesn't answer"
    for entry, delivery in zip(fields, (first, second), strict=True):
        assert [entry[0], entry[1], entry[3]] == [delivery.event["id"], kind, "1"]
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", entry[2])
        assert entry[4].startswith(error)


def test_an_event_that_failed_can_be_replayed_and_then_all_is_quiet(
    app: Flask, dana: Member, fail: Fail
) -> None:
    event_id = fail(dana).event["id"]
    code, said = run(app, "webhooks", "--replay", event_id)
    assert (code, said) == (0, f"{event_id} (checkout.session.completed) was handled.\n")
    assert (dana.purchases, dana.credits) == (["paid"], 2000)
    assert "All quiet" in run(app, "webhooks", "--failed")[1]


def test_an_event_that_fails_again_says_why_and_stays_on_the_list(
    app: Flask, dana: Member, line: Line, fail: Fail
) -> None:
    event_id = fail(dana).event["id"]
    line.hang_up()
    code, said = run(app, "webhooks", "--replay", event_id)
    assert code == 1
    assert f"{event_id} (checkout.session.completed) failed: StripeUnavailable: " in said
    (entry,) = run(app, "webhooks", "--failed")[1].splitlines()
    assert entry.split("\t")[3] == "2"
    assert dana.credits == 0


def test_an_event_that_was_handled_can_be_replayed_and_credits_nothing_twice(
    app: Flask, dana: Member, stand_in: StandIn, line: Line, webhook: Webhook
) -> None:
    _checkout, delivery = buy(dana, stand_in, line)
    webhook.deliver(delivery)
    line.asked.clear()
    code, _said = run(app, "webhooks", "--replay", delivery.event["id"])
    assert code == 0
    assert line.asked
    assert (dana.top_ups, dana.credits) == (1, 2000)
    query = "SELECT attempts, last_error FROM stripe_events WHERE id = :id"
    assert rows(query, id=delivery.event["id"]) == [(2, None)]


def test_all_that_failed_can_be_replayed_at_once(
    app: Flask, dana: Member, sam: Member, fail: Fail
) -> None:
    for member in (dana, sam):
        fail(member)
    code, said = run(app, "webhooks", "--replay-failed")
    assert (code, said.count(" was handled.\n")) == (0, 2)
    assert (dana.credits, sam.credits) == (2000, 2000)


def test_one_that_fails_again_does_not_keep_the_others(
    app: Flask, dana: Member, sam: Member, stand_in: StandIn, fail: Fail
) -> None:
    wrong = fail(dana).event["data"]["object"]["id"]
    fail(sam)
    stand_in.rewrite(wrong, currency="jpy")
    code, said = run(app, "webhooks", "--replay-failed")
    assert code == 1
    assert f"failed: Mismatch: {wrong} of purchase" in said
    assert (dana.credits, sam.credits) == (0, 2000)


def test_an_event_that_never_came_is_not_replayed(app: Flask) -> None:
    code, said = run(app, "webhooks", "--replay", "evt_nobody")
    assert code == 1
    assert "No event evt_nobody was kept here." in said


def test_whoever_does_not_say_what_to_do_is_told_what_there_is(app: Flask) -> None:
    for options in ([], ["--failed", "--replay", "evt_1"]):
        code, said = run(app, "webhooks", *options)
        assert code == 2
        assert "Say one of --failed, --replay ID and --replay-failed." in said
