"""The operator stops new checkouts: nobody pays, and what was paid is credited as ever."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import text

from potluck.billing import automatic
from potluck.billing.automatic import sweep
from potluck.database import db
from tests.billing.people import Member
from tests.billing.saved_cards import later, opt_in, payments_of
from tests.billing.stripe_line import StandIn

SENTENCE = "The till is being counted."


def pause(app: Flask) -> None:
    result = app.test_cli_runner().invoke(args=["pause", "checkouts", SENTENCE])
    assert result.exit_code == 0, result.output


def resume(app: Flask) -> None:
    assert app.test_cli_runner().invoke(args=["resume", "checkouts"]).exit_code == 0


def test_nobody_is_sent_to_pay_while_checkouts_are_paused(
    app: Flask, dana: Member, sam: Member
) -> None:
    pause(app)
    for member in (dana, sam):
        refused = member.click_buy()
        assert refused.status_code == 503
        assert SENTENCE in refused.get_data(as_text=True)
        assert member.purchases == []
        assert SENTENCE in member.client.get("/credits").get_data(as_text=True)
    resume(app)
    assert SENTENCE not in dana.client.get("/credits").get_data(as_text=True)
    dana.start_checkout()


def test_who_is_at_stripes_page_already_gets_what_they_pay_for(
    app: Flask, dana: Member, stand_in: StandIn
) -> None:
    checkout = dana.start_checkout()
    pause(app)
    stand_in.pay(checkout.session_id)
    assert "credits are yours" in dana.return_page(checkout)
    assert (dana.purchases, dana.credits) == (["paid"], 2000)


def test_no_card_is_charged_while_checkouts_are_paused(
    app: Flask, dana: Member, stand_in: StandIn
) -> None:
    opt_in(dana)
    pause(app)
    sweep()
    assert (dana.purchases, payments_of(dana, stand_in)) == ([], [])
    resume(app)
    sweep()
    assert (dana.purchases, dana.credits) == (["paid"], 2000)


def test_a_charge_whose_process_died_before_it_asked_is_given_up(
    app: Flask, dana: Member, stand_in: StandIn
) -> None:
    opt_in(dana)
    assert db.transact(lambda: automatic._begin(dana.user_id))
    later(dana, minutes=1)
    pause(app)
    sweep()
    assert (dana.purchases, payments_of(dana, stand_in)) == (["expired"], [])
    assert db.session.scalar(text("SELECT stopped_at FROM automatic_top_ups")) is None
