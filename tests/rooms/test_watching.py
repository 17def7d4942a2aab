"""Who finds every seat taken can watch; who could sit down is asked to."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from potluck.database import db
from potluck.refusals import Refusal
from potluck.rooms import entrance, rooms
from tests.conftest import SignInAs
from tests.people import Browser
from tests.rooms.conftest import Seats


@pytest.fixture
def watcher(browser: Callable[[], Browser], sign_in_as: SignInAs) -> Browser:
    found = browser()
    sign_in_as(found, "Mallory", credits=1000)
    return found


@pytest.fixture
def full(seats: Seats) -> Seats:
    """Both seats of a room of two are taken."""
    rooms.set_seats(seats.table.room, 2)
    db.session.commit()
    return seats


def test_a_full_room_can_be_watched(full: Seats, watcher: Browser) -> None:
    full.send(full.browsers[0], "contribution", line="A frog who sings.")
    assert "Watch this room" in watcher.get(full.path).get_data(as_text=True)
    page = watcher.get(f"{full.path}/watch").get_data(as_text=True)
    assert "A frog who sings." in page
    assert "You watch, and pay nothing" in page
    assert watcher.get(f"{full.path}/round").status_code == 200


def test_who_watches_has_no_say(full: Seats, watcher: Browser) -> None:
    for action in ("contribution", "generation", "generation/stop", "rounds", "closing"):
        assert watcher.submit(f"{full.path}/{action}", page=full.path).status_code == 404


def test_where_a_seat_is_free_nobody_only_watches(seats: Seats, watcher: Browser) -> None:
    assert watcher.get(f"{seats.path}/watch").location == seats.path
    assert watcher.get(f"{seats.path}/round").status_code == 404
    with pytest.raises(Refusal) as refused:
        entrance.visible_room(seats.table.room.code, user_id=0)
    assert refused.value.code == "no_such_room"


def test_so_many_watch_and_no_more(full: Seats, monkeypatch: pytest.MonkeyPatch) -> None:
    code = full.table.room.code
    entrance.visible_room(code, user_id=0)
    monkeypatch.setattr(entrance, "WATCHERS_MAX", 0)
    with pytest.raises(rooms.RoomFull):
        entrance.visible_room(code, user_id=0)
    entrance.visible_room(code, user_id=full.table.people[0].id)


def test_the_invitation_is_drawn_for_those_who_sit_there(seats: Seats, watcher: Browser) -> None:
    drawn = seats.browsers[0].get(f"{seats.path}/invitation.svg")
    assert drawn.content_type == "image/svg+xml"
    assert drawn.data.startswith(b"<?xml")
    assert watcher.get(f"{seats.path}/invitation.svg").status_code == 404
