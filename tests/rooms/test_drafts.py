"""What somebody types is kept until it is sent, and is nobody else's to see."""

from __future__ import annotations

from potluck.rooms import drafts
from tests.rooms.conftest import Seats


def test_a_draft_stands_in_the_field_again_and_only_its_authors(seats: Seats) -> None:
    ada, ben = seats.browsers
    assert seats.send(ada, "draft", line="A frog who").status_code == 204
    assert seats.send(ada, "draft", line="A frog who sings").status_code == 204
    assert "A frog who sings" in ada.get(seats.path).get_data(as_text=True)
    assert "A frog" not in ben.get(seats.path).get_data(as_text=True)


def test_a_draft_outlives_the_round_that_began_without_it(seats: Seats) -> None:
    ada, ben = seats.browsers
    seats.send(ben, "draft", line="A cellar that")
    seats.send(ada, "contribution", line="A frog.")
    assert seats.send(ada, "generation").status_code == 303
    assert "A cellar that" in ben.get(seats.path).get_data(as_text=True)
    seats.table.write()
    seats.send(ada, "rounds", recipe="story")
    assert "A cellar that" in ben.get(seats.path).get_data(as_text=True)


def test_what_was_sent_or_emptied_is_no_draft(seats: Seats) -> None:
    ada, _ = seats.browsers
    user_id = seats.table.people[0].id
    seats.send(ada, "draft", line="A frog")
    seats.send(ada, "contribution", line="A frog who sings.")
    assert drafts.kept(seats.table.room, user_id=user_id) == ""
    # As when the page posts what was typed just before it was sent.
    seats.send(ada, "draft", line="A frog who sings. ")
    assert drafts.kept(seats.table.room, user_id=user_id) == ""
    seats.send(ada, "draft", line="Another")
    seats.send(ada, "draft", line="  ")
    assert drafts.kept(seats.table.room, user_id=user_id) == ""


def test_a_draft_is_no_longer_than_a_line_and_holds_what_is_typed(seats: Seats) -> None:
    ada, _ = seats.browsers
    seats.send(ada, "draft", line="é\x00" * 1_000)
    kept = drafts.kept(seats.table.room, user_id=seats.table.people[0].id)
    assert kept == "é" * drafts.DRAFT_CHARACTERS_MAX
