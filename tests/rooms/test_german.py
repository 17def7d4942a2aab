"""Who reads German reads nothing else on the pages of sheets and in the gallery."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask
from flask_babel import force_locale
from sqlalchemy import select

from potluck.database import db
from potluck.rooms import markdown
from potluck.rooms.sheet_models import Sheet
from tests.conftest import SignInAs
from tests.people import Browser, make_user
from tests.rooms.conftest import Seats
from tests.rooms.four import ADA, BEN, CHIYO, DARA, Four
from tests.rooms.german import GERMAN, left_in_english
from tests.rooms.sheet_people import publish, visits, written_sheet

TEXT = "**Der Frosch**\n\nEs war einmal ein Frosch.\n\n| a | b |\n|---|---|\n| 1 | 2 |"


def test_the_gallery_and_a_public_sheet_say_everything_in_german(
    client: Browser, browser: Callable[[], Browser], sign_in_as: SignInAs
) -> None:
    assert left_in_english(client, "/gallery") == []
    slug = written_sheet("Ada", "Ben", text=TEXT)
    publish(slug)
    for path in ("/gallery", f"/sheets/{slug}", "/gallery?before=zzz"):
        assert left_in_english(client, path) == []
    (ada,) = visits(browser, sign_in_as, "Ada")
    for path in (f"/sheets/{slug}", f"/sheets/{slug}?reported=yes", "/sheets"):
        assert left_in_english(ada.browser, path) == []
    page = ada.browser.get(f"/sheets/{slug}", headers=GERMAN).text
    assert "Eine Geschichte" in page
    assert 'aria-label="Tabelle"' in page


def test_a_sheet_that_is_not_public_yet_says_everything_in_german(
    browser: Callable[[], Browser], sign_in_as: SignInAs
) -> None:
    slug = written_sheet("Ada", "Ben", text=TEXT)
    ada, ben = visits(browser, sign_in_as, "Ada", "Ben")
    assert left_in_english(ada.browser, f"/sheets/{slug}") == []
    ada.send(slug, "name", shown="no")
    ada.say(slug, "agree")
    assert left_in_english(ben.browser, "/sheets") == []
    for word in ("veto", "withdraw"):
        for visit in (ada, ben):
            assert left_in_english(visit.browser, f"/sheets/{slug}") == []
            assert left_in_english(visit.browser, "/sheets") == []
        ben.say(slug, word)


def test_a_room_says_everything_in_german_from_the_first_line_to_the_bill(seats: Seats) -> None:
    ada, ben = seats.browsers
    for browser in (ada, ben):
        assert left_in_english(browser, seats.path) == []
    for browser in (ada, ben):
        assert seats.send(browser, "contribution", line="Ein Frosch.").status_code == 303
        assert left_in_english(browser, seats.path) == []
    seats.table.write()
    generation = seats.table.round.generation
    assert generation
    left = left_in_english(ada, seats.path)
    assert [each for each in left if each not in " ".join(generation.text.split())] == []
    page = ada.get(seats.path, headers=GERMAN).text
    assert "Diese Runde hat" in page
    assert "Runde 1: Eine Geschichte" in page


def test_where_a_line_waits_for_credits_everybody_is_told_so_in_german(short: Four) -> None:
    for who in (ADA, BEN, DARA):
        left = left_in_english(short.browsers[who], short.path)
        assert [each for each in left if "frog" not in each] == []
    told = short.browsers[CHIYO].get(short.path, headers=GERMAN).text
    assert "Dein Teil dieser Runde kann" in told
    assert "Ada kann ohne sie weitermachen oder dich einladen." in told


def test_the_ways_into_a_room_say_everything_in_german(
    seats: Seats, browser: Callable[[], Browser], sign_in_as: SignInAs
) -> None:
    stranger = browser()
    assert left_in_english(stranger, "/") == []
    sign_in_as(stranger, "Emil")
    make_user("Emil", credits=1000)
    for path in ("/", "/pool", seats.path):
        assert left_in_english(stranger, path) == []


def test_names_are_listed_as_the_language_does(
    client: Browser, browser: Callable[[], Browser], sign_in_as: SignInAs
) -> None:
    slug = written_sheet("Ada", "Ben", "Chiyo")
    (chiyo,) = visits(browser, sign_in_as, "Chiyo")
    chiyo.send(slug, "name", shown="no")
    publish(slug)
    listed = "<bdi hx-ignore>Ada</bdi>, <bdi hx-ignore>Ben</bdi> "
    assert f"From a line each by {listed}and somebody" in client.get(f"/sheets/{slug}").text
    german = client.get(f"/sheets/{slug}", headers=GERMAN).text
    assert f"Aus je einer Zeile: {listed}und jemand" in german


def test_an_operators_recipe_may_be_called_anything(client: Browser) -> None:
    slug = written_sheet("Ada")
    sheet = db.session.scalars(select(Sheet).filter_by(slug=slug)).one()
    terms = sheet.round.kept_recipe.terms | {"title": "100 % fish & <chips>"}
    sheet.round.recipe_terms = terms
    db.session.commit()
    publish(slug)
    for path in ("/gallery", f"/sheets/{slug}"):
        assert "100 % fish &amp; &lt;chips&gt;" in client.get(path, headers=GERMAN).text


def test_what_is_shown_in_one_language_is_not_kept_for_another(app: Flask) -> None:
    text = '| a | b |\n|---|---|\n| 1 | aria-label="Table" |'
    with app.app_context():
        assert 'aria-label="Table" tabindex' in markdown.rendered(text)
        with force_locale("de"):
            german = markdown.rendered(text)
        assert german.count('aria-label="Tabelle" tabindex') == 1
        assert '<td>aria-label="Table"</td>' in german
        assert 'aria-label="Table" tabindex' in markdown.rendered(text)
