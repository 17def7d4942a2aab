"""A room ends when its host says so, or when nobody has been there for an hour."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from potluck.database import db
from potluck.refusals import Refusal
from potluck.rooms import closing, rooms, rounds
from potluck.rooms.recipes import recipe
from tests.conftest import SignInAs
from tests.patience import until
from tests.people import Browser
from tests.rooms.conftest import Seats, Table

LONG_AGO = text("UPDATE rooms SET active_at = now() - interval '61 minutes'")
IS_VISITED = text("SELECT max(active_at) > now() - interval '1 minute' FROM rooms")
LOOK = text("""
    WITH process AS (
        INSERT INTO live_processes (expires_at) VALUES (now() + interval '1 minute') RETURNING id
    ) INSERT INTO live_onlookers (process_id, room_id, user_id)
    SELECT id, :room_id, 1 FROM process
""")


def is_closed(table: Table) -> bool:
    db.session.expire_all()
    return table.room.closed_at is not None


def close(seats: Seats) -> None:
    assert seats.send(seats.browsers[0], "closing").status_code == 303


def test_a_closed_room_shows_its_members_what_they_made_and_nobody_else(
    seats: Seats, browser: Callable[[], Browser], sign_in_as: SignInAs
) -> None:
    seats.add_lines()
    seats.table.write()
    close(seats)
    for member in seats.browsers:
        page = member.get(seats.path).get_data(as_text=True)
        assert "is closed" in page
        assert "A frog who sings." in page
    stranger = browser()
    sign_in_as(stranger, "Mallory")
    assert stranger.get(seats.path).status_code == 404


def test_the_sheets_of_a_closed_room_are_still_found_from_it(seats: Seats) -> None:
    seats.add_lines()
    seats.table.write()
    close(seats)
    link = f"{seats.path}/rounds/1/sheet"
    page = seats.browsers[1].get(seats.path).get_data(as_text=True)
    assert f'href="{link}"' in page
    answer = seats.browsers[1].get(link)
    assert answer.status_code == 303
    assert seats.browsers[1].get(answer.location).status_code == 200


@pytest.mark.parametrize("part", ["composer", "round"])
def test_a_page_that_asks_for_a_part_of_a_closed_room_is_told_to_look_again(
    seats: Seats, part: str
) -> None:
    close(seats)
    answer = seats.browsers[1].get(f"{seats.path}/{part}")
    assert (answer.status_code, answer.headers["HX-Refresh"]) == (200, "true")


def test_whoever_sat_in_a_closed_room_is_free_to_sit_elsewhere(seats: Seats) -> None:
    close(seats)
    answer = seats.browsers[1].submit("/rooms", page="/")
    assert answer.status_code == 303
    assert answer.location != seats.path


def test_a_round_that_collects_lines_is_put_away_and_costs_nothing(seats: Seats) -> None:
    seats.send(seats.browsers[1], "contribution", line="A frog.")
    close(seats)
    assert seats.table.round.phase == "stopped"
    assert seats.balances() == [(1000, 0), (1000, 0)]


def test_what_is_being_written_is_stopped_and_settled(seats: Seats) -> None:
    seats.add_lines()
    close(seats)
    generation = seats.table.round.generation
    assert generation
    assert generation.stop_requested_at
    assert seats.table.write().phase in {"stopped", "done"}
    assert [held for _, held in seats.balances()] == [0, 0]


def test_nobody_sits_down_in_a_closed_room_and_no_round_begins(seats: Seats) -> None:
    close(seats)
    newcomer = seats.table.people[0].id
    with pytest.raises(Refusal, match="closed"):
        rooms.join(seats.table.room, newcomer)
    db.session.rollback()
    with pytest.raises(IntegrityError, match="is closed"):
        rounds.open_round(seats.table.room, recipe("story"), after=None)
    db.session.rollback()


def test_a_room_that_nobody_has_looked_at_for_an_hour_is_closed(table: Table) -> None:
    closing.close_deserted()
    assert not is_closed(table)
    db.session.execute(LONG_AGO)
    db.session.commit()
    closing.close_deserted()
    assert is_closed(table)
    assert rooms.current_room(table.people[0].id) is None


def test_a_room_that_somebody_looks_at_stays_open(table: Table) -> None:
    db.session.execute(LONG_AGO)
    db.session.execute(LOOK, {"room_id": table.room_id})
    db.session.commit()
    closing.close_deserted()
    assert not is_closed(table)


def test_a_room_whose_page_is_asked_for_stays_open(seats: Seats) -> None:
    db.session.execute(LONG_AGO)
    db.session.commit()
    assert seats.browsers[0].get(seats.path).status_code == 200
    until(lambda: bool(db.session.scalar(IS_VISITED)))
    closing.close_deserted()
    assert not is_closed(seats.table)


def test_a_room_where_a_text_is_written_is_not_closed_for_being_empty(table: Table) -> None:
    table.add_lines("A frog.", "A cellar.")
    table.start()
    db.session.execute(LONG_AGO)
    db.session.commit()
    closing.close_deserted()
    assert not is_closed(table)
    table.write()
