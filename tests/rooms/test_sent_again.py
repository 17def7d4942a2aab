"""A form that is sent again, because its answer was lost, does nothing that was done before."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from potluck.database import db
from tests.people import Browser
from tests.rooms.conftest import Seats

TABS = 8

pytestmark = pytest.mark.fault("M19")


def count(table: str) -> int:
    rows = db.session.scalar(text(f"SELECT count(*) FROM {table}"))  # noqa: S608 - ours
    db.session.rollback()
    return int(rows or 0)


def end_round(seats: Seats) -> None:
    """A text is written and the next round opened."""
    seats.table.write()
    assert seats.send(seats.browsers[0], "rounds", recipe="story").status_code == 303
    assert seats.table.round.number == 2


def test_a_line_sent_again_is_one_line_and_one_order(seats: Seats) -> None:
    ada, ben = seats.browsers
    for _ in range(2):
        assert seats.send(ada, "contribution", line="A frog.").status_code == 303
    assert (count("contributions"), count("generations")) == (1, 0)
    assert seats.send(ben, "contribution", line="A cellar.").status_code == 303
    assert seats.send(ben, "contribution", line="A cellar.").status_code == 409
    assert (count("contributions"), count("generations"), count("holds")) == (2, 1, 2)


@pytest.mark.parametrize("what", ["contribution", "generation"])
def test_what_starts_a_round_sent_many_times_at_once_is_one_order(seats: Seats, what: str) -> None:
    host, guest = seats.browsers
    seats.send(guest, "contribution", line="A frog.")
    path = seats.path
    page = f"{path}/composer"

    def send(_: int) -> int:
        form = {"round": "1", "line": "A cellar."}
        return host.submit(f"{path}/{what}", page=page, **form).status_code

    host.get(page)
    with ThreadPoolExecutor(TABS) as pool:
        answers = list(pool.map(send, range(TABS)))
    assert set(answers) <= {303, 409}
    assert 303 in answers
    assert count("generations") == 1
    assert count("holds") == count("contributions")


@pytest.mark.parametrize("what", ["contribution", "generation", "generation/stop", "rounds"])
def test_what_was_meant_for_the_round_before_does_nothing_in_the_next(
    seats: Seats, what: str
) -> None:
    ada, ben = seats.browsers
    seats.add_lines()
    end_round(seats)
    if what != "contribution":
        seats.send(ben, "contribution", line="A second cellar.")
    if what == "generation/stop":
        seats.send(ada, "contribution", line="A second frog.")
    if what == "rounds":
        seats.send(ada, "contribution", line="A second frog.")
        seats.table.write()
    before = (count("contributions"), count("generations"), count("holds"), count("rounds"))
    balances = seats.balances()
    answer = seats.send(ada, what, line="A frog who sings.", recipe="story", round="1")
    assert answer.status_code == 409
    assert "Nothing was done" in answer.get_data(as_text=True)
    after = (count("contributions"), count("generations"), count("holds"), count("rounds"))
    assert after == before
    assert seats.balances() == balances
    stops = "SELECT count(*) FROM generations WHERE stop_requested_at IS NOT NULL"
    assert db.session.scalar(text(stops)) == 0


def test_every_form_of_a_room_says_which_round_it_is_meant_for(seats: Seats) -> None:
    ada, ben = seats.browsers

    def forms(browser: Browser) -> int:
        composer = browser.get(f"{seats.path}/composer").get_data(as_text=True)
        assert composer.count('name="round" value="1"') == composer.count("<form")
        return composer.count("<form")

    assert forms(ada)
    seats.send(ada, "contribution", line="A frog.")
    assert forms(ada)
    seats.send(ben, "contribution", line="A cellar.")
    assert forms(ada)
    seats.table.write()
    assert forms(ada)


def test_opening_the_next_round_twice_opens_one(seats: Seats) -> None:
    seats.add_lines()
    seats.table.write()
    ada, ben = seats.browsers
    assert seats.send(ada, "rounds", recipe="story", round="1").status_code == 303
    assert seats.send(ben, "rounds", recipe="story", round="1").status_code == 409
    assert count("rounds") == 2


def test_a_room_opened_twice_is_one_room(seats: Seats) -> None:
    before = count("rooms")
    assert seats.browsers[0].submit("/rooms").status_code == 409
    assert count("rooms") == before
