"""A host opens the doors to strangers; nobody's line is shown to them that was given before."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from potluck.database import db
from potluck.rooms import rooms, rounds
from potluck.rooms.recipes import recipe
from tests.conftest import SignInAs
from tests.people import Browser
from tests.rooms.conftest import Seats


@pytest.fixture
def passer_by(browser: Callable[[], Browser], sign_in_as: SignInAs) -> Browser:
    found = browser()
    sign_in_as(found, "Mallory", credits=1000)
    return found


def set_doors(seats: Seats, how: str) -> int:
    ada = seats.browsers[0]
    return ada.submit(f"{seats.path}/doors", page=seats.path, doors=how).status_code


def listed(browser: Browser) -> str:
    return browser.get("/rooms/open").get_data(as_text=True)


def test_an_open_room_is_on_everybodys_list_and_a_stranger_takes_a_seat(
    seats: Seats, passer_by: Browser
) -> None:
    assert seats.path not in listed(passer_by)
    assert set_doors(seats, "open") == 303
    page = listed(passer_by)
    assert f'href="{seats.path}"' in page
    assert "Ada" in page
    assert "2 of 8" in page
    assert passer_by.submit(f"{seats.path}/join", page=seats.path).status_code == 303
    # Their own room is no room to go to.
    assert seats.path not in listed(passer_by)


def test_everybody_in_the_room_is_told_before_they_add_a_line(seats: Seats) -> None:
    set_doors(seats, "open")
    page = seats.browsers[1].get(seats.path).get_data(as_text=True)
    assert "The doors are open" in page
    assert "strangers may read your line" in page
    assert 'name="public" value="yes"' in page


def test_a_line_from_a_page_that_did_not_say_so_is_not_added(seats: Seats) -> None:
    set_doors(seats, "open")
    ben = seats.browsers[1]
    answer = seats.send(ben, "contribution", line="Between us.")
    assert answer.status_code == 409
    assert "The doors were opened" in answer.get_data(as_text=True)
    assert seats.table.round.contributions == []
    assert seats.send(ben, "contribution", line="For all.", public="yes").status_code == 303


def test_the_doors_stay_closed_once_a_line_was_given_in_private(seats: Seats) -> None:
    seats.send(seats.browsers[1], "contribution", line="Between us.")
    assert "Open the doors" not in seats.browsers[0].get(seats.path).get_data(as_text=True)
    assert set_doors(seats, "open") == 409
    rounds.put_away(seats.table.room)
    rounds.open_round(seats.table.room, recipe("story"))
    db.session.commit()
    assert set_doors(seats, "open") == 409


@pytest.mark.parametrize(
    "statement",
    ["UPDATE rounds SET is_public = true", "UPDATE rooms SET doors_opened_at = now()"],
)
def test_the_database_keeps_private_lines_private(seats: Seats, statement: str) -> None:
    seats.table.add_lines("Between us.")
    with pytest.raises(IntegrityError, match="not meant for strangers"):
        db.session.execute(text(statement))
    db.session.rollback()


def test_closed_doors_keep_the_lines_that_come_afterwards(seats: Seats, passer_by: Browser) -> None:
    set_doors(seats, "open")
    seats.send(seats.browsers[0], "contribution", line="For all.", public="yes")
    assert seats.table.round.is_public
    assert set_doors(seats, "closed") == 303
    assert not seats.table.round.is_public
    assert seats.path not in listed(passer_by)
    assert set_doors(seats, "open") == 409


def test_the_next_round_of_an_open_room_is_public_from_its_start(seats: Seats) -> None:
    set_doors(seats, "open")
    rounds.put_away(seats.table.room)
    assert rounds.open_round(seats.table.room, recipe("story")).is_public
    db.session.commit()
    set_doors(seats, "closed")
    rounds.put_away(seats.table.room)
    assert not rounds.open_round(seats.table.room, recipe("story")).is_public
    db.session.commit()


def test_only_the_host_opens_them(seats: Seats) -> None:
    ben = seats.browsers[1]
    answer = ben.submit(f"{seats.path}/doors", page=seats.path, doors="open")
    assert answer.status_code == 403
    assert set_doors(seats, "ajar") == 422


def test_rooms_that_are_full_or_left_alone_are_not_listed(seats: Seats, passer_by: Browser) -> None:
    set_doors(seats, "open")
    rooms.set_seats(seats.table.room, 2)
    db.session.commit()
    assert seats.path not in listed(passer_by)
    rooms.set_seats(seats.table.room, 3)
    db.session.commit()
    assert seats.path in listed(passer_by)
    db.session.execute(text("UPDATE rooms SET active_at = now() - interval '10 minutes'"))
    db.session.commit()
    assert seats.path not in listed(passer_by)


def test_a_room_that_closes_is_off_the_list(seats: Seats, passer_by: Browser) -> None:
    set_doors(seats, "open")
    seats.send(seats.browsers[0], "closing")
    assert "No room has its doors open" in listed(passer_by)


def test_a_list_that_has_not_changed_is_not_sent_again(seats: Seats, passer_by: Browser) -> None:
    shown = listed(passer_by).split("shown=")[1].split('"')[0]
    assert passer_by.get(f"/rooms/open?shown={shown}").status_code == 204
    set_doors(seats, "open")
    assert passer_by.get(f"/rooms/open?shown={shown}").status_code == 200
