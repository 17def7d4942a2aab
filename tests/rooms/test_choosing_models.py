"""Several models side by side: a room chooses among those that have a price."""

from __future__ import annotations

import re

import pytest

from potluck.credits import pricing
from potluck.database import db
from potluck.rooms.quotes import quote
from potluck.rooms.recipes import recipe
from tests.rooms.conftest import Seats

CHOOSER = '<select id="written-by"'


@pytest.fixture
def after_a_round(seats: Seats) -> Seats:
    """Their first round is written, and the next can be opened."""
    seats.add_lines()
    seats.table.write()
    return seats


def name_models(seats: Seats, names: str) -> None:
    app = seats.table.app
    before = app.extensions["settings"]
    app.extensions["settings"] = before.model_copy(update={"openai_model": names})


def price(model: str, credits: int) -> None:
    pricing.set_price(model, input_credits_per_million=0, output_credits_per_million=credits)
    db.session.commit()


def page(seats: Seats) -> str:
    return seats.browsers[0].get(seats.path).get_data(as_text=True)


def test_a_room_without_a_choice_is_not_asked_to_choose(after_a_round: Seats) -> None:
    assert CHOOSER not in page(after_a_round)
    name_models(after_a_round, "scripted, unheard-of")
    assert CHOOSER not in page(after_a_round), "the other has no price"


def test_the_model_that_was_chosen_writes_the_round_at_its_own_price(after_a_round: Seats) -> None:
    price("scripted-dear", 2_000_000)
    name_models(after_a_round, "scripted, scripted-dear")
    shown = page(after_a_round)
    assert '<option value="scripted">' in shown
    assert '<option value="scripted-dear">scripted-dear, at most 800 credits' in shown
    ada = after_a_round.browsers[0]
    assert after_a_round.send(ada, "rounds", written_by="scripted-dear").status_code == 303
    assert "At most 800 credits for this round" in page(after_a_round)
    after_a_round.add_lines()
    assert [held for _, held in after_a_round.balances()] == [400, 400]
    written = after_a_round.table.write().generation
    assert written
    assert written.price.model == "scripted-dear"
    assert (written.output_tokens or 0) > 10_000, "that is how this one counts"


def test_what_a_model_can_cost_includes_what_it_is_told_again(after_a_round: Seats) -> None:
    terms = {"input_credits_per_million": 100_000, "output_credits_per_million": 1_000}
    pricing.set_price("scripted-dear", **terms)
    db.session.commit()
    name_models(after_a_round, "scripted, scripted-dear")
    found = re.search(r"scripted-dear, at most ([\d,]+) credits", page(after_a_round))
    assert found
    after_a_round.send(after_a_round.browsers[0], "rounds", written_by="scripted-dear")
    assert f"At most {found[1]} credits for this round (" in page(after_a_round)


def test_without_a_word_the_first_that_has_a_price_writes(after_a_round: Seats) -> None:
    price("scripted-dear", 2_000_000)
    name_models(after_a_round, "unheard-of, scripted-dear, scripted")
    assert quote(recipe("story"), people=1).total == 800
    after_a_round.send(after_a_round.browsers[0], "rounds")
    after_a_round.add_lines()
    written = after_a_round.table.write().generation
    assert written
    assert written.price.model == "scripted-dear"


@pytest.mark.fault("M23")
@pytest.mark.parametrize(("asked", "status"), [("unheard-of", 503), ("scripted-dear", 422)])
def test_a_model_that_has_no_price_or_is_not_offered_cannot_be_chosen(
    after_a_round: Seats, asked: str, status: int
) -> None:
    price("scripted-dear", 2_000_000)
    name_models(after_a_round, "scripted, unheard-of")
    answer = after_a_round.send(after_a_round.browsers[0], "rounds", written_by=asked)
    assert answer.status_code == status
    assert after_a_round.table.round.phase == "done"


def test_a_round_whose_model_was_taken_away_meanwhile_is_written_by_the_default(
    after_a_round: Seats,
) -> None:
    price("scripted-dear", 2_000_000)
    name_models(after_a_round, "scripted, scripted-dear")
    after_a_round.send(after_a_round.browsers[0], "rounds", written_by="scripted-dear")
    name_models(after_a_round, "scripted")
    after_a_round.add_lines()
    written = after_a_round.table.write().generation
    assert written
    assert written.price.model == "scripted"
