"""A model that says nothing gave nothing, and nothing is what that costs."""

from __future__ import annotations

import re
from html import unescape

import pytest

from tests.rooms.conftest import Seats


@pytest.mark.fault("G10")
def test_when_the_model_says_nothing_the_room_reads_so_and_nobody_is_charged(seats: Seats) -> None:
    seats.table.use_model("scripted-empty")
    seats.add_lines()
    assert all(held for _, held in seats.balances())
    assert seats.table.write().phase == "failed"
    for browser in seats.browsers:
        page = unescape(browser.get(seats.path).get_data(as_text=True))
        words = " ".join(re.sub(r"<[^>]+>", " ", page).split())
        assert "Nothing came out of the press. Nobody was charged." in words
    assert seats.balances() == [(1000, 0), (1000, 0)]
    # The next round begins as if this one had not been, and remembers nothing of it.
    assert seats.send(seats.browsers[0], "rounds", recipe="chat").status_code == 303
    assert seats.table.round.context_rounds == 0


@pytest.mark.fault("G10")
def test_a_text_of_blanks_alone_is_none(seats: Seats) -> None:
    seats.table.use_model("scripted-blank")
    seats.add_lines()
    round_ = seats.table.write()
    assert round_.generation
    assert (round_.phase, round_.generation.error_code) == ("failed", "empty")
    assert seats.balances() == [(1000, 0), (1000, 0)]
