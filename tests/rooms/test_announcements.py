"""What is announced reaches every process, and only those with somebody to tell ask what it was."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import Engine

from potluck.database import db
from potluck.live import listener
from tests.announced import announced
from tests.bench.scale_costs import notices_of_round
from tests.rooms.conftest import Seats, Table
from tests.web.statements import statements

OF_MEMBERS = ("credits", "matched", "place_lost", "short", "left_out")
OF_ROOMS = ("round", "room_closed", "order")


@pytest.mark.parametrize("kind", OF_MEMBERS)
def test_what_is_of_a_member_who_is_elsewhere_asks_the_database_nothing(
    table: Table, kind: str
) -> None:
    ids = {"user_id": table.people[0].id}
    if kind in {"matched", "short", "left_out"}:
        ids["room_id"] = table.room_id
    assert asked_for({"kind": kind, **ids}) == []


@pytest.mark.parametrize("kind", OF_ROOMS)
def test_what_is_of_a_room_that_is_looked_at_elsewhere_asks_the_database_nothing(
    table: Table, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert asked_for({"kind": kind, "room_id": table.room_id}) == []
    # Nobody here takes orders, and who is asked to says so.
    assert caplog.records == []


def test_a_round_is_announced_as_often_as_the_plan_for_many_says(
    seats: Seats, owner: Engine
) -> None:
    with announced(owner) as said:
        seats.add_lines()
        seats.table.write()
    assert len(said) == notices_of_round(len(seats.browsers))
    assert {each["kind"] for each in said} == {"round", "order", "credits"}
    rooms = {each["room_id"] for each in said if each["kind"] != "credits"}
    assert rooms == {seats.table.room_id}


def asked_for(announcement: dict[str, object]) -> list[str]:
    """What this process, to which nobody is connected, asks because of it."""
    # What the test has read is read again.
    db.session.remove()
    with statements() as asked:
        listener._handle(json.dumps(announcement))
    return asked
