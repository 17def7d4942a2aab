"""Whoever dies, asks twice or hears nothing: one charge, and its credits once."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import Engine, text

from potluck.billing import automatic
from potluck.billing.automatic import sweep
from potluck.database import db
from tests.billing.people import Member, Webhook, at_once
from tests.billing.saved_cards import (
    charges_of,
    later,
    opt_in,
    payments_of,
    rule_of,
    section,
)
from tests.billing.stripe_line import Line, StandIn

PAID = "payment_intent.succeeded"


def test_sweeps_at_once_on_many_processes_charge_once(
    app: Flask, dana: Member, stand_in: StandIn
) -> None:
    def sweep_elsewhere() -> None:
        with app.app_context():
            sweep()
            db.session.remove()

    opt_in(dana)
    at_once(*[sweep_elsewhere] * 4)
    assert (dana.purchases, dana.credits) == (["paid"], 2000)
    assert charges_of(dana, stand_in) == 1


def test_the_event_that_comes_as_well_changes_nothing(
    app: Flask, dana: Member, stand_in: StandIn, line: Line, webhook: Webhook
) -> None:
    opt_in(dana)
    line.answers_to_lose = 3
    sweep()
    assert dana.purchases == ["created"]
    (payment,) = payments_of(dana, stand_in)
    delivery = line.wait_for(PAID, payment["id"])
    later(dana, minutes=1)

    def sweep_elsewhere() -> None:
        with app.app_context():
            sweep()
            db.session.remove()

    at_once(lambda: webhook.deliver(delivery), sweep_elsewhere)
    assert webhook.deliver(delivery).status_code == 200
    assert (dana.purchases, dana.credits, dana.top_ups) == (["paid"], 2000, 1)
    assert charges_of(dana, stand_in) == 1


def test_an_answer_that_is_lost_three_times_is_one_charge(
    dana: Member, stand_in: StandIn, line: Line
) -> None:
    opt_in(dana)
    line.answers_to_lose = 3
    sweep()
    sweep()
    assert dana.purchases == ["created"]
    assert "being bought just now" in section(dana)
    later(dana, minutes=1)
    sweep()
    assert (dana.purchases, dana.credits) == (["paid"], 2000)
    assert charges_of(dana, stand_in) == 1
    assert rule_of(dana).failures == 0


def test_whoever_dies_before_asking_is_finished_under_the_same_key(
    dana: Member, stand_in: StandIn, line: Line
) -> None:
    opt_in(dana)
    purchase_id = die_before_asking(dana)
    sweep()
    assert dana.purchases == ["created"]
    later(dana, minutes=1)
    sweep()
    assert (dana.purchases, dana.credits) == (["paid"], 2000)
    keys = [a.key for a in line.asked if a.path == "/v1/payment_intents" and a.method == "POST"]
    assert keys == [f"purchase:{purchase_id}"]


def test_whoever_switches_off_meanwhile_is_not_charged_after_all(
    dana: Member, stand_in: StandIn
) -> None:
    opt_in(dana)
    die_before_asking(dana)
    dana.client.submit("/billing/automatic-top-up/removal", page="/credits")
    later(dana, minutes=1)
    sweep()
    assert (dana.purchases, dana.credits) == (["expired"], 0)
    assert payments_of(dana, stand_in) == []


def test_whoever_switches_off_after_the_charge_gets_what_they_paid_for(
    dana: Member, line: Line
) -> None:
    opt_in(dana)
    line.answers_to_lose = 3
    sweep()
    dana.client.submit("/billing/automatic-top-up/removal", page="/credits")
    later(dana, days=2)
    sweep()
    assert (dana.purchases, dana.credits) == (["paid"], 2000)


def test_a_purchase_older_than_stripes_memory_is_given_up(
    dana: Member, stand_in: StandIn, owner: Engine
) -> None:
    opt_in(dana)
    die_before_asking(dana)
    later(dana, hours=21)
    with owner.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text("UPDATE purchases SET expires_at = now() - interval '1 hour'"))
    sweep()
    # A new one takes its place at once, under a key of its own.
    assert dana.purchases == ["expired", "paid"]
    assert charges_of(dana, stand_in) == 1


def test_a_payment_that_waits_for_somebody_is_given_up(
    dana: Member, stand_in: StandIn, line: Line
) -> None:
    opt_in(dana)
    line.answers_to_lose = 3
    sweep()
    (payment,) = payments_of(dana, stand_in)
    stand_in.rewrite(payment["id"], status="requires_action", amount_received=0)
    later(dana, minutes=1)
    sweep()
    assert dana.purchases == ["open"]
    sweep()
    assert dana.purchases == ["failed"]
    assert payments_of(dana, stand_in)[0]["status"] == "canceled"


def test_stripes_own_failure_is_none_of_the_card(
    dana: Member, stand_in: StandIn, line: Line
) -> None:
    opt_in(dana)
    stand_in.decide("faults", kind="500_after", match="POST /v1/payment_intents", count=1)
    sweep()
    assert (dana.purchases, rule_of(dana).failures) == (["created"], 0)
    later(dana, minutes=1)
    sweep()
    assert (dana.purchases, dana.credits) == (["paid"], 2000)
    assert charges_of(dana, stand_in) == 1


def die_before_asking(member: Member) -> object:
    """The process commits the purchase, and that is the last it does."""
    purchase_id = automatic._begin(member.user_id)
    assert purchase_id
    db.session.commit()
    return purchase_id
