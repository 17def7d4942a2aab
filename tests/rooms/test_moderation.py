"""What doesn't belong into the pot stays out of it, and what comes out of it is looked at, too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from potluck.rooms import blocklist
from potluck.settings import current_settings
from tests.rooms.conftest import Seats

MODERATOR = "omni-moderation-latest"


@pytest.fixture
def words(seats: Seats) -> Iterator[Path]:
    """The operator's file."""
    path = current_settings().potluck_var / blocklist.FILE
    path.write_text("Rutabaga\n\nhot  potato\nstraße\n\ufeff $$$\n", encoding="utf-8")
    yield path
    path.unlink(missing_ok=True)


def moderate(seats: Seats, model: str = MODERATOR) -> None:
    app = seats.table.app
    before = app.extensions["settings"]
    app.extensions["settings"] = before.model_copy(update={"openai_moderation_model": model})


def send(seats: Seats, line: str) -> TestResponse:
    return seats.send(seats.browsers[0], "contribution", line=line)


def lines(seats: Seats) -> list[str]:
    return [line.text for line in seats.table.round.contributions]


@pytest.mark.parametrize(
    "line",
    [
        "A rutabaga.",
        "RUTABAGA, of course",
        "a \uff52\uff55\uff54\uff41\uff42\uff41\uff47\uff41 in full width",
        "ruta\u00adba\u200bga",
        "one hot   potato for all",
        "Die STRASSE.",
        "all for $$$!",
    ],
)
def test_a_word_of_the_operators_list_stays_out_however_it_is_written(
    seats: Seats, words: Path, line: str
) -> None:
    answer = send(seats, line)
    assert answer.status_code == 422
    assert "There is a word in this line" in answer.get_data(as_text=True)
    assert lines(seats) == []


@pytest.mark.parametrize("line", ["rutabagas", "hot potatoes", "a hot sweet potato", "cash$$$"])
def test_other_words_with_the_same_letters_go_in(seats: Seats, words: Path, line: str) -> None:
    assert send(seats, line).status_code == 303
    assert lines(seats) == [line]


def test_a_changed_list_counts_at_once(seats: Seats, words: Path) -> None:
    words.write_text("frog\n")
    assert send(seats, "A frog.").status_code == 422
    assert send(seats, "A rutabaga.").status_code == 303
    words.unlink()
    assert send(seats, "A frog.").status_code == 303


def test_a_line_that_the_provider_objects_to_stays_out(seats: Seats) -> None:
    assert send(seats, "They slaughter it.").status_code == 303, "nobody is asked unless named"
    moderate(seats)
    answer = send(seats, "They slaughter it again.")
    assert answer.status_code == 422
    assert "its check objects to it" in answer.get_data(as_text=True)
    assert send(seats, "A frog.").status_code == 303
    assert lines(seats) == ["A frog."]


def test_a_line_that_cannot_be_checked_waits_and_its_author_is_told(seats: Seats) -> None:
    moderate(seats, "moderator-500")
    answer = send(seats, "A frog.")
    assert answer.status_code == 503
    assert "Lines can&#39;t be checked right now" in answer.get_data(as_text=True)
    assert lines(seats) == []
    moderate(seats)
    assert send(seats, "A frog.").status_code == 303


def test_a_refusal_has_a_code_that_stays(seats: Seats, words: Path) -> None:
    moderate(seats)
    ada = seats.browsers[0]
    page = ada.get(seats.path).get_data(as_text=True)
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    for line, code in (("rutabaga", "line_blocked"), ("wiretap", "line_refused")):
        form = {"csrf_token": token, "line": line, "round": "1"}
        address = f"{seats.path}/contribution"
        answer = ada.post(address, data=form, headers={"Accept": "application/json"})
        assert answer.get_json()["error"]["code"] == code


@pytest.mark.parametrize("line", ["A rutabaga who sings.", "They slaughter it."])
def test_a_text_that_somebody_objects_to_is_taken_back_and_nobody_pays(
    seats: Seats, words: Path, line: str
) -> None:
    # Past the check of lines: the script repeats them.
    seats.table.add_lines(line, "A cellar.")
    moderate(seats)
    seats.table.start()
    round_ = seats.table.write()
    made = round_.generation
    assert made
    assert (round_.phase, made.error_code, made.text) == ("failed", "result_refused", "")
    assert seats.balances() == [(1000, 0), (1000, 0)]
    page = seats.browsers[0].get(seats.path).get_data(as_text=True)
    assert "allowed here, so it was taken away" in page


def test_a_text_that_cannot_be_checked_is_shown_all_the_same(seats: Seats) -> None:
    seats.table.add_lines("A frog.", "A cellar.")
    moderate(seats, "moderator-500")
    seats.table.start()
    assert seats.table.write().phase == "done"
