"""People leave marks on sheets, one of each kind, and take them away again."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import func, select

from potluck.database import db
from potluck.rooms import reactions, sheets
from potluck.rooms.sheet_models import Reaction
from tests.billing.people import at_once
from tests.conftest import SignInAs
from tests.people import Browser, make_user
from tests.rooms.sheet_people import Visit, publish, visits, words, written_sheet


def count(slug: str, browser: Browser) -> str:
    """The marks as a fragment says them."""
    return words(browser.get(f"/sheets/{slug}/reactions"))


def test_a_mark_counts_once_for_each_and_goes_again(
    browser: Callable[[], Browser], sign_in_as: SignInAs
) -> None:
    slug = written_sheet("Ada")
    publish(slug)
    ben, chiyo = visits(browser, sign_in_as, "Ben", "Chiyo")
    stranger = browser()
    for one in (ben, ben, chiyo):
        assert one.send(slug, "reactions", kind="warm", wanted="yes").status_code == 303
    ben.send(slug, "reactions", kind="funny", wanted="yes")
    assert count(slug, stranger) == "Warm 2 Spicy Funny 1 Moving Seconds, please"
    ben.send(slug, "reactions", kind="warm", wanted="no")
    assert count(slug, stranger) == "Warm 1 Spicy Funny 1 Moving Seconds, please"


def test_the_button_does_the_opposite_of_what_is_so(
    browser: Callable[[], Browser], sign_in_as: SignInAs
) -> None:
    slug = written_sheet("Ada")
    publish(slug)
    (ben,) = visits(browser, sign_in_as, "Ben")
    ben.send(slug, "reactions", kind="spicy", wanted="yes")
    html = ben.browser.get(f"/sheets/{slug}/reactions").get_data(as_text=True)
    spicy = html[html.index('value="spicy"') : html.index("react-spicy") + 60]
    assert 'name="wanted" value="no"' in spicy
    assert 'aria-pressed="true"' in spicy


@pytest.mark.parametrize("kind", ["", "thumb", "warm' --"])
def test_a_mark_that_nobody_offered_is_refused(
    browser: Callable[[], Browser], sign_in_as: SignInAs, kind: str
) -> None:
    slug = written_sheet("Ada")
    publish(slug)
    (ben,) = visits(browser, sign_in_as, "Ben")
    assert ben.send(slug, "reactions", kind=kind).status_code == 422


def test_whoever_is_signed_out_sees_them_and_has_no_buttons(client: Browser) -> None:
    slug = written_sheet("Ada")
    publish(slug)
    assert "<button" not in client.get(f"/sheets/{slug}/reactions").get_data(as_text=True)


def test_nobody_leaves_a_mark_on_what_they_may_not_see(
    browser: Callable[[], Browser], sign_in_as: SignInAs
) -> None:
    slug = written_sheet("Ada")
    (mallory,) = visits(browser, sign_in_as, "Mallory")
    sent = mallory.browser.submit(f"/sheets/{slug}/reactions", kind="warm")
    assert sent.status_code == 404
    assert Visit(browser()).status(slug) == 404


def test_a_mark_that_is_sent_twice_at_once_is_one(app: Flask, database: None) -> None:
    slug = written_sheet("Ada")
    publish(slug)
    ben = make_user("Ben").id

    def leave() -> None:
        with app.app_context():
            sheet = sheets.find(slug, viewer_id=ben)
            reactions.react(sheet, user_id=ben, kind="warm", is_wanted=True)
            db.session.commit()
            db.session.remove()

    at_once(*[partial(leave) for _ in range(4)])
    assert db.session.scalar(select(func.count()).select_from(Reaction)) == 1
