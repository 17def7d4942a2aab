"""Somebody finds the sheets that their line is in, and no others."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable

import pytest
from sqlalchemy import Engine, select, text

from potluck.accounts import departures
from potluck.database import db
from potluck.rooms import sheets
from potluck.rooms.sheet_models import Sheet
from potluck.settings import ROOT
from tests.conftest import SignInAs
from tests.people import Browser, make_user
from tests.rooms.sheet_people import publish, visits, words, written_sheet


def listed(browser: Browser, path: str) -> list[str]:
    html = browser.get(path).get_data(as_text=True)
    return re.findall(r'<a href="/sheets/(\w{12})" dir', html)


def test_home_shows_the_last_and_a_page_of_its_own_all_of_them(
    browser: Callable[[], Browser], sign_in_as: SignInAs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheets, "MINE_PER_PAGE", 4)
    slugs = [written_sheet("Ada") for _ in range(6)][::-1]
    publish(written_sheet("Ben"))
    (ada,) = visits(browser, sign_in_as, "Ada")
    assert listed(ada.browser, "/") == slugs[:5]
    assert listed(ada.browser, "/sheets") == slugs[:4]
    assert listed(ada.browser, f"/sheets?before={slugs[3]}") == slugs[4:]
    assert listed(ada.browser, "/sheets?before=unheard-of") == []


def test_home_says_what_the_others_ask(
    browser: Callable[[], Browser], sign_in_as: SignInAs
) -> None:
    slug = written_sheet("Ada", "Ben")
    ada, ben = visits(browser, sign_in_as, "Ada", "Ben")
    ada.say(slug, "agree")
    assert "the others ask you to make it public" in words(ben.browser.get("/"))
    assert "waiting for the others" in words(ada.browser.get("/"))
    ben.say(slug, "agree")
    assert "A story · public" in words(ben.browser.get("/"))


def test_the_front_door_shows_the_newest_public_one_or_ours(client: Browser) -> None:
    assert "blew the foghorn" in words(client.get("/"))
    publish(written_sheet("Ada", text="The first frog."))
    publish(written_sheet("Ada", text="The second frog."))
    written_sheet("Ada", text="The private frog.")
    page = words(client.get("/"))
    assert "The second frog" in page
    assert "The first frog" not in page
    assert "blew the foghorn" not in page


def test_rounds_from_before_there_were_sheets_have_one(database: None, owner: Engine) -> None:
    slug = written_sheet("Ada", "Ben")
    written_sheet("Chiyo", text=" \n")
    departures.leave(make_user("Ben").id)
    (path,) = (ROOT / "migrations" / "versions").glob("*_create_sheets.py")
    spec = importlib.util.spec_from_file_location("create_sheets", path)
    assert spec
    assert spec.loader
    migration = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(migration)
    with owner.begin() as connection:
        connection.execute(text("DELETE FROM sheet_people"))
        connection.execute(text("DELETE FROM sheets"))
        connection.execute(text(migration.EARLIER))
    db.session.expire_all()
    sheet = db.session.scalars(select(Sheet)).one()
    assert sheet.slug != slug
    assert [(person.hue, person.vote) for person in sheet.people] == [(1, None), (2, "agreed")]
    assert sheet.published_at is None
