"""From the click on Buy to Stripe's page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from html import unescape
from urllib.parse import parse_qs

import pytest
from flask import Flask
from sqlalchemy import text

from potluck.billing.gateway import Gateway
from potluck.database import db
from tests.billing.people import Member, at_once
from tests.billing.stripe_line import SECRET_KEY, Line, StandIn


def creations(line: Line) -> list[tuple[str | None, bytes]]:
    """Key and parameters of every request to open a checkout."""
    return [(a.key, a.body) for a in line.asked if a.method == "POST"]


def test_everybody_sees_what_each_pack_costs_and_what_can_be_had_back(dana: Member) -> None:
    page = unescape(dana.client.get("/billing/buy-button").get_data(as_text=True))
    assert re.findall(r"Buy [^<]+", page) == [
        "Buy 2,000 credits for $2.00",
        "Buy 5,000 credits for $5.00",
        "Buy 12,000 credits for $12.00",
    ]
    assert "refunded" in page


def test_whoever_clicks_buy_is_sent_to_stripes_page(
    dana: Member, line: Line, stand_in: StandIn
) -> None:
    opened = dana.start_checkout("supper")
    (session,) = stand_in.sessions_of(opened.purchase_id)
    assert (session["amount_total"], session["currency"]) == (500, "usd")
    assert session["client_reference_id"] == str(opened.purchase_id)
    assert session["success_url"].endswith(opened.path)
    assert session["cancel_url"].endswith(f"{opened.path}?cancelled=1")
    ((key, body),) = creations(line)
    assert key == f"purchase:{opened.purchase_id}"
    sent = parse_qs(body.decode())
    assert sent["payment_intent_data[metadata][purchase]"] == [str(opened.purchase_id)]


def test_a_click_by_htmx_sends_the_whole_page_to_stripe(dana: Member) -> None:
    answer = dana.click_buy(**{"HX-Request": "true"})
    assert answer.status_code == 204
    assert dana.checkout_at(answer.headers["HX-Redirect"]).path


@pytest.mark.fault("M1")
def test_clicks_at_once_are_one_purchase_and_one_checkout(dana: Member, stand_in: StandIn) -> None:
    locations: list[str] = []
    tabs = [dana.open_tab() for _ in range(4)]

    def click(tab: Member) -> None:
        locations.append(tab.click_buy().location)

    at_once(*[partial(click, tab) for tab in tabs])
    assert len(set(locations)) == 1
    opened = dana.checkout_at(locations[0])
    assert dana.purchases == ["open"]
    assert len(stand_in.sessions_of(opened.purchase_id)) == 1


@pytest.mark.fault("M1")
def test_buying_again_after_going_back_leads_to_the_same_checkout(
    dana: Member, stand_in: StandIn
) -> None:
    opened = dana.start_checkout()
    assert dana.start_checkout() == opened
    assert len(stand_in.sessions_of(opened.purchase_id)) == 1


def test_another_pack_is_another_purchase(dana: Member) -> None:
    assert dana.start_checkout("taster") != dana.start_checkout("feast")
    assert dana.purchases == ["open", "open"]


def test_two_members_never_share_a_purchase(dana: Member, sam: Member) -> None:
    assert dana.start_checkout() != sam.start_checkout()


@pytest.mark.fault("M1")
def test_a_click_after_paying_in_another_tab_shows_the_credits_and_charges_nothing(
    dana: Member, stand_in: StandIn
) -> None:
    opened = dana.start_checkout()
    stand_in.pay(opened.session_id)
    assert dana.click_buy().location == opened.path
    assert (dana.purchases, dana.credits) == (["paid"], 2000)


def test_who_has_paid_can_buy_again(dana: Member, stand_in: StandIn) -> None:
    first = dana.start_checkout()
    stand_in.pay(first.session_id)
    dana.return_page(first)
    assert dana.start_checkout() != first
    assert dana.purchases == ["paid", "open"]


def test_a_click_after_the_checkout_ran_out_opens_a_new_one(
    dana: Member, stand_in: StandIn
) -> None:
    first = dana.start_checkout()
    stand_in.expire(first.session_id)
    assert dana.start_checkout() != first
    assert dana.purchases == ["expired", "open"]


def test_a_purchase_too_old_to_be_opened_makes_way_for_a_new_one(dana: Member) -> None:
    dana.begin_without_stripe(lasting="40 minutes")
    dana.start_checkout()
    assert dana.purchases == ["expired", "open"]


@pytest.mark.fault("M2")
def test_a_checkout_whose_id_was_never_saved_is_found_again(
    dana: Member, stand_in: StandIn
) -> None:
    opened = dana.open_and_die()
    assert dana.start_checkout() == opened
    assert len(stand_in.sessions_of(opened.purchase_id)) == 1


@pytest.mark.fault("M3")
def test_a_lost_answer_is_asked_for_again_in_the_same_words(
    dana: Member, line: Line, stand_in: StandIn
) -> None:
    line.answers_to_lose = 1
    opened = dana.start_checkout()
    assert len(creations(line)) == 2
    assert len(set(creations(line))) == 1
    assert len(stand_in.sessions_of(opened.purchase_id)) == 1


@pytest.mark.fault("M3")
def test_an_answer_that_takes_too_long_is_asked_for_again_in_the_same_words(
    app: Flask, gateway: Gateway, dana: Member, line: Line, stand_in: StandIn
) -> None:
    app.extensions["stripe"] = Gateway(SECRET_KEY, api_url=line.url, answer_timeout_seconds=0.2)
    line.fall_silent()
    answer = dana.click_buy()
    assert answer.status_code == 503
    assert "nothing was charged" in answer.get_data(as_text=True)
    assert len(creations(line)) == 3
    line.mend()
    app.extensions["stripe"] = gateway
    opened = dana.start_checkout()
    assert len(creations(line)) > 3
    assert len(set(creations(line))) == 1
    assert len(stand_in.sessions_of(opened.purchase_id)) == 1


@pytest.mark.fault("M3")
def test_when_stripe_can_not_be_reached_people_hear_that_nothing_was_charged(
    dana: Member, line: Line, stand_in: StandIn
) -> None:
    line.hang_up()
    answer = dana.click_buy()
    assert answer.status_code == 503
    assert "nothing was charged" in answer.get_data(as_text=True)
    assert dana.purchases == ["created"]
    line.mend()
    opened = dana.start_checkout()
    assert len(set(creations(line))) == 1
    assert len(stand_in.sessions_of(opened.purchase_id)) == 1


@pytest.mark.usefixtures("_pack_below_stripes_minimum")
def test_when_stripe_refuses_the_next_click_starts_over(dana: Member) -> None:
    for states in (["failed"], ["failed", "failed"]):
        answer = dana.click_buy("crumb")
        assert answer.status_code == 503
        assert "Nothing was charged" in answer.get_data(as_text=True)
        assert dana.purchases == states


def test_a_pack_that_nobody_sells_is_not_found(dana: Member, line: Line) -> None:
    for slug in ("free-lunch", ""):
        answer = dana.click_buy(slug)
        assert answer.status_code == 404
        assert "not for sale" in answer.get_data(as_text=True)
    assert dana.purchases == []
    assert line.asked == []


@pytest.mark.usefixtures("_withdrawn_pack")
def test_a_pack_that_was_withdrawn_is_neither_shown_nor_sold(dana: Member) -> None:
    assert "Buy 7 credits" not in dana.client.get("/billing/buy-button").get_data(as_text=True)
    assert dana.click_buy("leftovers").status_code == 404
    assert dana.purchases == []


def test_a_form_from_elsewhere_buys_nothing(dana: Member) -> None:
    answer = dana.client.post("/billing/checkouts", data={"pack": "taster"})
    assert answer.status_code == 400
    assert dana.purchases == []


def test_whoever_is_signed_out_is_asked_to_sign_in(app: Flask) -> None:
    app.config["WTF_CSRF_ENABLED"], before = False, app.config.get("WTF_CSRF_ENABLED", True)
    answer = app.test_client().post("/billing/checkouts", data={"pack": "taster"})
    app.config["WTF_CSRF_ENABLED"] = before
    assert answer.status_code == 401


@pytest.mark.usefixtures("_without_stripe")
def test_where_stripe_is_not_set_up_the_page_says_so(dana: Member, app: Flask) -> None:
    page = dana.client.get("/billing/buy-button").get_data(as_text=True)
    assert "unavailable" in page
    assert "<form" not in page
    answer = dana.client.submit("/billing/checkouts", page="/credits", pack="taster")
    assert answer.status_code == 503
    assert "Nothing was charged" in answer.get_data(as_text=True)
    assert dana.purchases == []


@pytest.fixture
def _without_stripe(app: Flask) -> None:
    app.extensions["stripe"] = None


@pytest.fixture
def _pack_below_stripes_minimum() -> Iterator[None]:
    """An operator's slip."""
    make_pack("('crumb', 'Crumb', 1, 1, 'usd', NULL)")
    yield
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE packs SET withdrawn_at = now() WHERE slug = 'crumb'"))


@pytest.fixture
def _withdrawn_pack() -> None:
    make_pack("('leftovers', 'Leftovers', 7, 700, 'usd', now())")


def make_pack(values: str) -> None:
    columns = "slug, name, credits, amount_minor, currency, withdrawn_at"
    with db.engine.begin() as connection:
        connection.execute(text(f"INSERT INTO packs ({columns}) VALUES {values}"))  # noqa: S608
