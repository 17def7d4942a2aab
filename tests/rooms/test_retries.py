"""What failed can be tried again, and nobody types twice or pays for what failed."""

from __future__ import annotations

from tests.rooms.four import ADA, BEN, CHIYO, DARA, Four


def fail(four: Four) -> None:
    """All four add a line, and the model breaks."""
    four.table.use_model("scripted-500")
    four.add_lines(ADA, BEN, CHIYO, DARA)
    assert four.table.write().phase == "failed"
    four.table.use_model("scripted")


def test_the_same_lines_are_tried_again(four: Four) -> None:
    fail(four)
    assert "Try again" in four.composer(BEN)
    assert four.submit(BEN, "retries").status_code == 303
    again = four.table.round
    assert (again.number, again.phase) == (2, "generating")
    assert [line.text for line in again.contributions] == [
        "Ada's frog.",
        "Ben's frog.",
        "Chiyo's frog.",
        "Dara's frog.",
    ]
    assert four.table.write().phase == "done"


def test_trying_again_twice_at_once_is_one_round(four: Four) -> None:
    fail(four)
    assert four.submit(BEN, "retries", round="1").status_code == 303
    assert four.submit(ADA, "retries", round="1").status_code == 409
    four.table.write()


def test_who_has_left_is_not_charged_for_another_try(four: Four) -> None:
    fail(four)
    four.submit(DARA, "leave")
    four.submit(ADA, "retries")
    assert four.names_of_lines() == {"Ada", "Ben", "Chiyo"}
    assert four.held()[DARA] == 0
    four.table.write()


def test_who_had_no_line_in_it_cannot_spend_the_others_credits(four: Four) -> None:
    four.table.use_model("scripted-500")
    four.add_lines(ADA, BEN)
    four.submit(ADA, "generation")
    assert four.table.write().phase == "failed"
    assert "Try again" not in four.composer(CHIYO)
    assert four.submit(CHIYO, "retries").status_code == 403


def test_what_did_not_fail_is_not_tried_again(four: Four) -> None:
    four.add_lines(ADA, BEN, CHIYO, DARA)
    four.table.write()
    assert four.submit(ADA, "retries").status_code == 409
