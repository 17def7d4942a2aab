"""A text is everybody's: whoever asked for it may go, and two may stop it at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from potluck.database import db
from potluck.rooms import rooms
from tests.rooms.conftest import Seats, Table

CAPTURES = text("SELECT count(*) FROM transfers WHERE kind = 'capture'")


@pytest.mark.fault("G5")
def test_who_asked_for_a_text_may_go_and_the_others_get_it(table: Table) -> None:
    table.add_lines("A frog.", "A cellar.")
    table.start()
    rooms.leave(table.room, table.people[0].id)
    db.session.commit()
    round_ = table.write()
    assert round_.generation
    assert (round_.phase, round_.generation.state) == ("done", "done")
    assert all(posted < 1000 for posted, _ in table.balances())


@pytest.mark.fault("G6")
def test_two_who_stop_at_once_are_one_stop_and_one_bill(seats: Seats) -> None:
    seats.table.use_model("scripted-slow")
    seats.add_lines()
    for browser in seats.browsers:
        browser.get(f"{seats.path}/composer")

    def stop(number: int) -> int:
        path, page = f"{seats.path}/generation/stop", f"{seats.path}/composer"
        return seats.browsers[number].submit(path, page=page, round="1").status_code

    with ThreadPoolExecutor(2) as pool:
        assert set(pool.map(stop, (0, 1))) == {303}
    assert seats.table.write().phase == "stopped"
    assert (db.session.scalar(CAPTURES) or 0) <= 2
    assert [held for _, held in seats.balances()] == [0, 0]
