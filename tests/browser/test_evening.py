"""A whole evening: four people, twelve rounds, and everything that goes wrong in between."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.evening import first_half, second_half
from tests.browser.evening.dara import Dara
from tests.browser.evening.house import House
from tests.browser.evening.table import ADA, BEN, CHIYO, Table
from tests.browser.evening.windows import open_window
from tests.browser.steps import assert_clean_audit
from tests.stack import ROOT, Stack

# Its own process carries no sockets and writes nothing: the one that can be killed does.
STACK_ENV = {
    "POTLUCK_ROLE": "web",
    "SANDBOX_MODEL": "scripted,scripted-waiting,scripted-hiccup",
}
SHIPPED = {path.stem for path in (ROOT / "site/potluck/rooms/recipes").glob("*.toml")}
RECIPES_MADE = "SELECT recipe FROM rounds WHERE phase IN ('done', 'stopped')"
PROGRAMME = (
    first_half.a_story_by_three,
    first_half.a_verdict_that_somebody_comes_into,
    first_half.a_plan_read_through_reloads,
    first_half.an_explanation_through_a_lost_network,
    first_half.names_that_two_stop_at_once,
    second_half.a_roast_that_fails_and_is_tried_again,
    second_half.a_quiz_through_a_kill,
    second_half.a_chat_that_the_host_treats,
    second_half.a_picture_from_the_pot,
    second_half.a_story_without_somebody,
)


@pytest.fixture
def house(stack: Stack) -> Iterator[House]:
    house = House(stack)
    house.price()
    try:
        house.open()
        yield house
    finally:
        house.close()


@pytest.fixture
def table(chromium: Browser, house: House) -> Iterator[Table]:
    """Ada has opened a room, Ben and Dara sit in it; Chiyo is signed in, and comes later."""
    ada = open_window(chromium, house.url, ADA)
    ben = open_window(chromium, house.url, BEN, width=360)
    chiyo = open_window(chromium, house.url, CHIYO, dark=True)
    ada.page.goto("/pool")
    ada.page.get_by_role("button", name="Open a room").click()
    ada.page.wait_for_url("**/rooms/*")
    ben.page.goto(ada.page.url)
    ben.page.get_by_role("button", name="Join this room").click()
    dara = Dara(house, ada.page.url.removeprefix(house.url))
    yield Table(house=house, ada=ada, ben=ben, chiyo=chiyo, dara=dara, windows=[ada, ben])
    dara.leave()
    for window in (ada, ben, chiyo):
        window.page.context.close()


def test_after_every_round_of_an_evening_everybody_has_the_same_text_and_the_bill_is_right(
    table: Table, stack: Stack
) -> None:
    """Ten rounds are made, and two of them at the second try."""
    for round_ in PROGRAMME:
        round_(table)
    assert {recipe for (recipe,) in table.house.sql(RECIPES_MADE)} == SHIPPED
    faults = {window.name: window.faults() for window in table.windows}
    assert faults == {ADA: [], BEN: [], CHIYO: []}
    assert_clean_audit(stack)
