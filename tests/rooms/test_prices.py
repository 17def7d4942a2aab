"""What a round costs, whatever becomes of the price and whatever the provider counts."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from potluck.credits import pricing
from tests.conftest import RunBy, SignInAs
from tests.people import Browser
from tests.rooms.conftest import Seats

NO_PRICE = "has no price yet"


@pytest.fixture
def operator(browser: Callable[[], Browser], sign_in_as: SignInAs, run_by: RunBy) -> Browser:
    own = browser()
    run_by(sign_in_as(own, "Olga"))
    return own


@pytest.mark.fault("M21")
def test_a_price_that_the_operator_changes_meanwhile_does_not_change_the_bill(
    seats: Seats, operator: Browser
) -> None:
    held_price = pricing.current_price("scripted")
    seats.add_lines()
    held = sum(held for _, held in seats.balances())
    form = {"model": "scripted", "input": "1000000", "output": "1000000"}
    answer = operator.submit("/admin/model-prices", page="/admin/prices", **form)
    assert answer.status_code == 303
    written = seats.table.write().generation
    assert written
    spent = sum(1000 - posted for posted, _ in seats.balances())
    assert spent == pricing.cost_credits(
        held_price,
        input_tokens=written.input_tokens or 0,
        output_tokens=written.output_tokens or 0,
    )
    assert 0 < spent < held
    page = seats.browsers[0].get(seats.path).get_data(as_text=True)
    assert f"This round cost {spent} credits" in " ".join(page.split())


@pytest.mark.fault("M22")
def test_who_agreed_to_a_ceiling_pays_no_more_and_the_operator_sees_what_was_over(
    seats: Seats, operator: Browser
) -> None:
    seats.table.use_model("scripted-dear")
    seats.add_lines()
    held = [held for _, held in seats.balances()]
    assert "All quiet" in operator.get("/admin").get_data(as_text=True)
    written = seats.table.write().generation
    assert written
    assert [1000 - posted for posted, _ in seats.balances()] == held
    assert [held for _, held in seats.balances()] == [0, 0]
    cost = pricing.cost_credits(
        written.price,
        input_tokens=written.input_tokens or 0,
        output_tokens=written.output_tokens or 0,
    )
    page = operator.get("/admin").get_data(as_text=True)
    assert f"{cost - sum(held):,} credits over {sum(held)}" in page


@pytest.mark.fault("M23")
def test_with_a_model_without_a_price_nothing_starts_and_everybody_hears_why(
    seats: Seats, browser: Callable[[], Browser], sign_in_as: SignInAs
) -> None:
    ada, _ben = seats.browsers
    assert seats.send(ada, "contribution", line="A frog.").status_code == 303
    newcomer = browser()
    sign_in_as(newcomer, "Chiyo", credits=1000)
    app = seats.table.app
    before = app.extensions["settings"]
    app.extensions["settings"] = before.model_copy(update={"openai_model": "unheard-of"})
    assert NO_PRICE in ada.get(seats.path).get_data(as_text=True)
    for answer in (
        seats.send(ada, "generation"),
        newcomer.submit("/rooms"),
        newcomer.submit("/pool/join"),
    ):
        assert answer.status_code == 503
        assert NO_PRICE in answer.get_data(as_text=True)
    assert seats.table.round.phase == "collecting"
    assert seats.balances() == [(1000, 0), (1000, 0)]


@pytest.mark.fault("M23")
def test_no_form_gives_a_model_a_price_below_nothing_and_rounds_go_on_at_the_old_one(
    seats: Seats, operator: Browser
) -> None:
    before = pricing.current_price("scripted").id
    for terms in ({"input": "-1", "output": "1"}, {"input": "1", "output": "-1"}):
        form = {"model": "scripted", **terms}
        answer = operator.submit("/admin/model-prices", page="/admin/prices", **form)
        assert answer.status_code == 422
        assert "whole number" in answer.get_data(as_text=True)
    seats.add_lines()
    written = seats.table.write().generation
    assert written
    assert written.price.id == before
