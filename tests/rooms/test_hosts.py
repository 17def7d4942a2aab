"""One member hosts the room; whoever does decides for the others, and passes it on by leaving."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from potluck.database import db
from potluck.refusals import Refusal
from potluck.rooms import closing, rooms, rounds
from potluck.rooms.recipes import recipe
from tests.people import make_user
from tests.rooms.conftest import Seats, Table
from tests.rooms.four import ADA, BEN, CHIYO, DARA, Four

DECISIONS = ("seats", "closing", "extension", "payment", "round/removal")


def host(table: Table) -> str | None:
    db.session.expire_all()
    names = {member.user_id: member.user.name for member in table.room.members}
    host_id = table.room.host_id
    return names[host_id] if host_id else None


def test_the_host_passes_the_room_on_to_whoever_sat_there_longest(four: Four) -> None:
    table = four.table
    assert host(table) == "Ada"
    assert four.submit(BEN, "leave").status_code == 303
    assert host(table) == "Ada"
    rooms.join(table.room, table.people[BEN].id)
    db.session.commit()
    four.submit(ADA, "leave")
    assert host(table) == "Chiyo"
    four.submit(CHIYO, "leave")
    assert host(table) == "Dara"
    four.submit(DARA, "leave")
    assert host(table) == "Ben"
    four.submit(BEN, "leave")
    assert host(table) is None


def test_who_comes_into_an_empty_room_hosts_it(seats: Seats) -> None:
    for browser in seats.browsers:
        assert seats.send(browser, "leave").status_code == 303
    seats.browsers[1].submit(f"{seats.path}/join", page=seats.path)
    assert host(seats.table) == "Ben"


@pytest.mark.parametrize("decision", DECISIONS)
def test_only_the_host_decides(seats: Seats, decision: str) -> None:
    answer = seats.send(seats.browsers[1], decision, seats="4")
    assert answer.status_code == 403
    assert "isn't you" in answer.get_data(as_text=True).replace("&#39;", "'")


def test_who_was_banned_has_no_seat_and_no_line_and_hosts_nothing(table: Table) -> None:
    table.add_lines("A frog.", "A cellar.")
    db.session.execute(
        text("UPDATE users SET banned_at = now() WHERE id = :id"), {"id": table.people[0].id}
    )
    db.session.commit()
    closing.unseat_banned()
    assert host(table) == "Ben"
    assert [line.user.name for line in table.round.contributions] == ["Ben"]


@pytest.mark.fault("G8")
def test_who_is_banned_while_the_model_writes_pays_for_this_round_and_no_other(
    table: Table,
) -> None:
    table.add_lines("A frog.", "A cellar.")
    table.start()
    ada = table.people[0]
    db.session.execute(text("UPDATE users SET banned_at = now() WHERE id = :id"), {"id": ada.id})
    db.session.commit()
    closing.unseat_banned()
    assert table.write().phase == "done"
    (paid, held), _ = table.balances()
    assert paid < 1000
    assert held == 0
    rounds.open_round(table.room, recipe("story"))
    db.session.commit()
    with pytest.raises(Refusal, match="no seat"):
        rooms.room_of_member(table.room.code, ada.id)


@pytest.mark.fault("G8")
def test_a_line_of_somebody_banned_a_moment_ago_is_not_charged(table: Table) -> None:
    """Between the ban and the beat that takes the seat."""
    table.add_lines("A frog.", "A cellar.")
    db.session.execute(
        text("UPDATE users SET banned_at = now() WHERE id = :id"), {"id": table.people[0].id}
    )
    db.session.commit()
    table.start()
    assert next(held for _, held in table.balances()) == 0
    table.write()


def test_a_room_has_as_many_seats_as_its_host_says_but_nobody_gets_up(four: Four) -> None:
    assert four.submit(ADA, "seats", seats="4").status_code == 303
    assert four.table.room.seats == 4
    for seats in ("3", "9", "many", ""):
        assert four.submit(ADA, "seats", seats=seats).status_code == 422
    assert four.table.room.seats == 4


def test_an_invitation_leads_from_one_room_to_another_in_one_step(seats: Seats) -> None:
    chiyo = make_user("Chiyo")
    other = rooms.create_room([chiyo.id])
    db.session.commit()
    path = f"/rooms/{other.code}"
    ada = seats.browsers[0]
    assert "Leave it and join this room" in ada.get(path).get_data(as_text=True)
    assert ada.submit(f"{path}/join", page=path).status_code == 409
    answer = ada.submit(f"{path}/join", page=path, leaving=seats.table.room.code)
    assert answer.location == path
    assert host(seats.table) == "Ben"


def test_the_way_back_to_ones_room_stands_on_every_page(seats: Seats) -> None:
    ada, _ = seats.browsers
    for path in ("/", "/credits", "/account", "/gallery"):
        page = ada.get(path).get_data(as_text=True)
        way = page.partition(f'<a href="{seats.path}">')[2].partition("</a>")[0]
        assert way.endswith("Your room")
    seats.send(ada, "leave")
    assert "Your room" not in ada.get("/credits").get_data(as_text=True)
