"""A sheet is its people's until every one of them agreed to show it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from potluck.accounts import departures
from potluck.database import db
from potluck.rooms import agreements, rooms, sheets
from potluck.rooms.sheet_models import Sheet, SheetPerson
from tests.billing.people import at_once
from tests.conftest import SignInAs
from tests.people import Browser, make_user
from tests.rooms.conftest import Seats
from tests.rooms.sheet_people import Visit, publish, visits, words, written_sheet

RACES = 10


def sheet(slug: str) -> Sheet:
    db.session.expire_all()
    return db.session.scalars(select(Sheet).filter_by(slug=slug)).one()


def test_a_round_that_ends_makes_a_sheet_that_only_its_people_see(
    seats: Seats, client: Browser, sign_in_as: SignInAs
) -> None:
    seats.add_lines()
    room = seats.path
    seats.table.write()
    way = f"{room}/rounds/1/sheet"
    ada, ben = (Visit(browser) for browser in seats.browsers)
    assert f'href="{way}"' in ada.browser.get(room).get_data(as_text=True)
    slug = ada.browser.get(way).location.removeprefix("/sheets/")
    page = ben.page(slug)
    assert "A frog who sings." in page
    assert "private" in page
    stranger = Visit(client)
    assert stranger.status(slug) == 404
    sign_in_as(client, "Mallory")
    assert stranger.status(slug) == 404
    assert client.get(way).status_code == 404


def test_a_round_in_which_nothing_was_written_makes_none(seats: Seats) -> None:
    seats.table.use_model("scripted-empty")
    seats.add_lines()
    seats.table.write()
    assert db.session.scalars(select(Sheet)).all() == []
    assert "To its sheet" not in seats.browsers[0].get(seats.path).get_data(as_text=True)


def test_the_room_says_that_somebody_proposes_and_that_all_agreed(seats: Seats) -> None:
    seats.add_lines()
    seats.table.write()
    ada, ben = (Visit(browser) for browser in seats.browsers)
    slug = sheets.of_round(seats.table.room, 1).slug
    assert "It has a page of its own" in words(ben.browser.get(seats.path))
    ada.say(slug, "agree")
    assert "would like to make its sheet public. 1 of 2" in words(ben.browser.get(seats.path))
    assert "Back to your room" in ben.page(slug)
    ben.say(slug, "agree")
    assert "its sheet is public" in words(ada.browser.get(seats.path))


def test_whoever_sits_down_in_the_room_later_reads_there_what_they_see_there(
    seats: Seats, client: Browser, sign_in_as: SignInAs
) -> None:
    seats.add_lines()
    seats.table.write()
    slug = sheets.of_round(seats.table.room, 1).slug
    late = sign_in_as(client, "Chiyo")
    assert Visit(client).status(slug) == 404
    rooms.join(seats.table.room, late.id)
    db.session.commit()
    page = Visit(client).page(slug)
    assert "Propose to make it public" not in page
    rooms.leave(seats.table.room, late.id)
    db.session.execute(text("UPDATE room_members SET joined_at = now() WHERE left_at IS NOT NULL"))
    db.session.commit()
    assert Visit(client).status(slug) == 404


def test_it_is_public_once_the_last_of_them_agreed(
    browser: Callable[[], Browser], sign_in_as: SignInAs
) -> None:
    slug = written_sheet("Ada", "Ben", "Chiyo")
    ada, ben, chiyo = visits(browser, sign_in_as, "Ada", "Ben", "Chiyo")
    stranger = Visit(browser())
    ada.say(slug, "agree")
    assert "1 of 3 agreed so far." in ben.page(slug)
    ben.say(slug, "agree")
    assert stranger.status(slug) == 404
    chiyo.say(slug, "agree")
    page = stranger.page(slug)
    assert "Once there was a frog." in page
    assert "Line 2." in page
    assert "Ada, Ben and Chiyo" in page


def test_one_no_keeps_it_private_and_can_be_taken_back(
    browser: Callable[[], Browser], sign_in_as: SignInAs
) -> None:
    slug = written_sheet("Ada", "Ben")
    ada, ben = visits(browser, sign_in_as, "Ada", "Ben")
    ada.say(slug, "agree")
    ben.say(slug, "veto")
    assert "Somebody in it would rather keep it private." in ada.page(slug)
    assert sheet(slug).published_at is None
    ben.say(slug, "agree")
    assert sheet(slug).is_public


def test_a_proposal_that_is_taken_back_is_no_proposal(
    browser: Callable[[], Browser], sign_in_as: SignInAs
) -> None:
    slug = written_sheet("Ada", "Ben")
    ada, ben = visits(browser, sign_in_as, "Ada", "Ben")
    ada.say(slug, "agree")
    ada.say(slug, "withdraw")
    assert "agreed so far" not in ben.page(slug)
    assert sheet(slug).proposed_by is None


def test_what_is_public_is_not_voted_on_any_more(
    browser: Callable[[], Browser], sign_in_as: SignInAs
) -> None:
    slug = written_sheet("Ada", "Ben")
    publish(slug)
    (ada,) = visits(browser, sign_in_as, "Ada")
    assert ada.send(slug, "vote", vote="veto").status_code == 409
    assert ada.send(slug, "vote", vote="agree").status_code == 303, "sent twice it is done once"
    assert ada.send(slug, "vote", vote="perhaps").status_code == 422
    assert sheet(slug).is_public


def test_who_has_no_line_in_it_has_no_word(
    browser: Callable[[], Browser], sign_in_as: SignInAs
) -> None:
    slug = written_sheet("Ada")
    publish(slug)
    (mallory,) = visits(browser, sign_in_as, "Mallory")
    assert mallory.send(slug, "vote", vote="agree").status_code == 403
    assert mallory.send(slug, "name", shown="no").status_code == 403


def test_whoever_takes_their_name_off_keeps_their_colour_and_can_come_back(
    browser: Callable[[], Browser], sign_in_as: SignInAs
) -> None:
    slug = written_sheet("Ada", "Ben")
    publish(slug)
    (ben,) = visits(browser, sign_in_as, "Ben")
    stranger = Visit(browser())
    before = stranger.browser.get(f"/sheets/{slug}").get_data(as_text=True)
    assert ben.send(slug, "name", shown="no").status_code == 303
    without = stranger.browser.get(f"/sheets/{slug}").get_data(as_text=True)
    assert "Ben" in before
    assert "Ben" not in without
    assert "Ada and somebody" in stranger.page(slug)
    assert 'class="line hue-2"' in before
    assert 'class="line hue-2"' in without
    assert "somebody (you)" in ben.page(slug)
    ben.send(slug, "name", shown="yes")
    assert "Ada and Ben" in stranger.page(slug)


def test_only_those_who_were_there_learn_who_paid_what(
    browser: Callable[[], Browser], sign_in_as: SignInAs
) -> None:
    slug = written_sheet("Ada", "Ben")
    publish(slug)
    ada, mallory = visits(browser, sign_in_as, "Ada", "Mallory")
    assert "2 credits: you 1, Ben 1" in ada.page(slug)
    for stranger in (mallory, Visit(browser())):
        page = stranger.page(slug)
        assert "2 credits" in page
        assert "2 credits:" not in page


def test_two_who_agree_at_once_publish_it_once(app: Flask, database: None) -> None:
    for number in range(RACES):
        slug = written_sheet(f"Ada{number}", f"Ben{number}")
        ada, ben = (person.user_id for person in sheet(slug).people)
        db.session.rollback()
        said: list[bool] = []
        at_once(partial(agree, app, slug, ada, said), partial(agree, app, slug, ben, said))
        assert sorted(said) == [False, True]
        assert sheet(slug).is_public


def agree(app: Flask, slug: str, user_id: int, said: list[bool]) -> None:
    """In a process of their own; adds whether that made it public."""
    with app.app_context():
        found = sheets.find(slug, viewer_id=user_id)
        said.append(db.transact(lambda: agreements.vote(found, user_id=user_id, word="agree")))
        db.session.remove()


def test_no_code_can_publish_what_somebody_did_not_agree_to(database: None) -> None:
    """The database refuses it, and a word that was counted stays counted."""
    slug = written_sheet("Ada", "Ben")
    with pytest.raises(IntegrityError, match="not everybody agreed"):
        db.session.execute(text("UPDATE sheets SET published_at = now()"))
    db.session.rollback()
    publish(slug)
    with pytest.raises(IntegrityError, match="is public"):
        db.session.execute(text("UPDATE sheet_people SET vote = NULL"))
    db.session.rollback()


def test_the_silence_of_somebody_who_left_for_good_is_a_yes(
    browser: Callable[[], Browser], sign_in_as: SignInAs
) -> None:
    slug = written_sheet("Ada", "Ben")
    (ada,) = visits(browser, sign_in_as, "Ada")
    ada.say(slug, "agree")
    departures.leave(make_user("Ben").id)
    page = Visit(browser()).page(slug)
    assert "Ada and somebody" in page
    assert "Former member" not in page


def test_the_no_of_somebody_who_left_for_good_stands(
    browser: Callable[[], Browser], sign_in_as: SignInAs
) -> None:
    slug = written_sheet("Ada", "Ben")
    ada, ben = visits(browser, sign_in_as, "Ada", "Ben")
    ben.say(slug, "veto")
    departures.leave(make_user("Ben").id)
    ada.say(slug, "agree")
    assert sheet(slug).published_at is None


def test_what_somebody_proposed_before_they_left_waits_for_nobody_but_the_others(
    browser: Callable[[], Browser], sign_in_as: SignInAs
) -> None:
    slug = written_sheet("Ada", "Ben")
    ada, ben = visits(browser, sign_in_as, "Ada", "Ben")
    ben.say(slug, "agree")
    departures.leave(make_user("Ben").id)
    assert sheet(slug).published_at is None
    ada.say(slug, "agree")
    assert sheet(slug).is_public
    votes = db.session.scalars(select(SheetPerson.vote)).all()
    assert votes == ["agreed", "agreed"]
