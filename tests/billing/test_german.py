"""Whoever reads German buys in German, and writes amounts as Germans do."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask_babel import force_locale
from sqlalchemy import text

from potluck.billing.money import NotMoney, minor_units, money, plain_amount
from potluck.database import db
from tests.billing.people import Member
from tests.billing.saved_cards import opt_in, save_card, switch_on
from tests.web.said import answer, untranslated

# The same in both languages.
SAME = {"Credits", "Credits · Potluck", "Live", "Pool", "Potluck"}


def english(member: Member, path: str) -> list[str]:
    left = untranslated(member.client, path, words_min=1)
    return [text for text in left if text not in SAME]


def write(statement: str, **values: str) -> None:
    with db.engine.begin() as connection:
        connection.execute(text(statement), values)


@pytest.mark.parametrize(
    ("amount_minor", "currency", "written"),
    [
        (200, "usd", "2,00\N{NO-BREAK SPACE}$"),
        (123456789, "gbp", "1.234.567,89\N{NO-BREAK SPACE}£"),
        (500, "jpy", "500\N{NO-BREAK SPACE}¥"),
        (1200, "chf", "12,00\N{NO-BREAK SPACE}CHF"),
        (90071992547409931, "usd", "900.719.925.474.099,31\N{NO-BREAK SPACE}$"),
    ],
)
def test_germans_read_prices_as_they_write_them(
    app: Flask, amount_minor: int, currency: str, written: str
) -> None:
    with app.app_context(), force_locale("de"):
        assert money(amount_minor, currency) == written


@pytest.mark.parametrize("typed", ["20", "20,0", "20,00", "20.00"])
def test_germans_type_amounts_with_a_comma(app: Flask, typed: str) -> None:
    with app.app_context(), force_locale("de"):
        assert minor_units(typed, "usd") == 2000
        assert minor_units(plain_amount(2000, "usd"), "usd") == 2000


@pytest.mark.parametrize("typed", ["1.000", "1.000,00", "1,000.00", "2,", ","])
def test_an_amount_that_could_be_taken_for_another_is_refused(app: Flask, typed: str) -> None:
    with app.app_context(), force_locale("de"), pytest.raises(NotMoney, match="5,00"):
        minor_units(typed, "usd")


def test_an_english_comma_is_still_no_amount(app: Flask) -> None:
    with app.app_context(), pytest.raises(NotMoney, match=r"5\.00"):
        minor_units("2,00", "usd")


def test_packs_and_checkouts_are_german(dana: Member) -> None:
    assert english(dana, "/credits") == []
    opened = dana.start_checkout()
    assert english(dana, opened.path) == []
    assert english(dana, f"{opened.path}?cancelled=1") == []
    for state in ("processing", "failed", "expired"):
        write("UPDATE purchases SET state = :state, failed_at = now()", state=state)
        assert english(dana, opened.path) == [], state
        assert english(dana, "/credits") == [], state


def test_a_card_and_its_rule_are_german(dana: Member) -> None:
    assert english(dana, "/billing/card") == []
    assert english(dana, "/billing/card?cancelled=1") == []
    save_card(dana)
    assert english(dana, "/billing/card") == []
    dana.client.set_cookie("language", "de")
    assert "weniger als" not in dana.client.get("/credits").text
    assert "mindestens" in switch_on(dana, monthly_cap="1,00").text
    assert switch_on(dana, monthly_cap="20,00", threshold="1.000").status_code == 303
    dana.client.delete_cookie("language")
    page = answer(dana.client, "/credits", "de").text
    assert re.search(r"höchstens 20,00\s\$ im Monat", page)
    assert 'value="20,00"' in page
    assert english(dana, "/billing/card") == []


@pytest.mark.parametrize(
    "because",
    ["authentication_required", "card_expired", "pack_withdrawn", "money_returned", "declined"],
)
def test_why_a_rule_was_stopped_is_said_in_german(dana: Member, because: str) -> None:
    opt_in(dana)
    write(
        "UPDATE automatic_top_ups SET stopped_at = now(), stopped_because = :because",
        because=because,
    )
    assert english(dana, "/credits") == []
