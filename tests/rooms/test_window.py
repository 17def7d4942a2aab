"""What strangers see through the window of an open room, look by look."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from potluck.database import db
from potluck.live.protocol import OpenRound
from potluck.rooms import doors, rooms, rounds, window
from potluck.rooms.recipes import recipe
from tests.rooms.conftest import Table


@pytest.fixture
def open_table(table: Table) -> Iterator[Table]:
    """Ada's and Ben's room with open doors; nobody has looked yet."""
    doors.open_doors(rooms.locked(table.room))
    db.session.commit()
    yield table
    db.session.execute(text("UPDATE rooms SET doors_opened_at = NULL"))
    db.session.commit()
    assert look() is None


def look() -> OpenRound | None:
    window.push_news()
    return window.shown()


def add_line(table: Table, number: int, line: str) -> None:
    person = table.people[number]
    rounds.contribute(table.room, user_id=person.id, line=line, is_for_strangers=True)
    db.session.commit()


def write(table: Table, words: str) -> None:
    generation = table.round.generation
    assert generation
    generation.body = words
    db.session.commit()


def test_an_empty_round_is_nothing_to_see(open_table: Table) -> None:
    assert look() is None
    add_line(open_table, 0, "A frog.")
    seen = look()
    assert seen
    assert seen["lines"] == [{"initials": "A", "hue": 1, "text": "A frog."}]


def test_each_look_adds_a_piece(open_table: Table) -> None:
    add_line(open_table, 0, "A frog.")
    look()
    open_table.start()
    seen = look()
    assert seen
    assert (seen["phase"], seen["piece"], seen["text"]) == ("generating", 0, "")
    for number, words in enumerate(["Once", "Once upon", "Once upon a time"], start=1):
        write(open_table, words)
        seen = look()
        assert seen
        assert (seen["piece"], seen["text"]) == (number, words)
    assert look() == seen


def test_a_text_is_cut_before_it_is_too_long(open_table: Table) -> None:
    add_line(open_table, 0, "A frog.")
    open_table.start()
    write(open_table, "x" * (window.CHARACTERS_MAX + 1))
    seen = look()
    assert seen
    assert len(seen["text"]) == window.CHARACTERS_MAX


def test_a_failed_text_is_taken_away(open_table: Table) -> None:
    add_line(open_table, 0, "A frog.")
    open_table.start()
    write(open_table, "Something that should not stand there")
    look()
    db.session.execute(text("UPDATE rounds SET phase = 'failed', ended_at = now()"))
    db.session.commit()
    seen = look()
    assert seen
    assert (seen["phase"], seen["text"], seen["html"]) == ("failed", "", None)


def test_a_text_that_is_over_stays_for_a_moment(open_table: Table) -> None:
    add_line(open_table, 0, "A frog.")
    open_table.start()
    done = open_table.write()
    seen = look()
    assert seen
    assert (seen["id"], seen["phase"]) == (done.id, "done")
    assert seen["html"]
    rounds.open_round(open_table.room, recipe("story"))
    db.session.commit()
    add_line(open_table, 1, "A cellar.")
    again = look()
    assert again
    assert again["id"] == done.id
    db.session.execute(
        text("UPDATE rounds SET ended_at = now() - interval '1 minute' WHERE id = :id"),
        {"id": done.id},
    )
    db.session.commit()
    next_one = look()
    assert next_one
    assert next_one["phase"] == "collecting"


def test_pictures_are_for_those_in_the_room(open_table: Table) -> None:
    add_line(open_table, 0, "A frog.")
    assert look()
    open_table.round.recipe_terms = recipe("picture").terms
    db.session.commit()
    assert look() is None
