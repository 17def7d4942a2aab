"""How it feels in somebody's hands: every press is answered at once, whatever the network does."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import psycopg
import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.hands import (
    TOLD_MS,
    WATCH_A_PRESS,
    Line,
    held_back,
    state,
)
from tests.browser.steps import join, open_own_room, sign_in
from tests.stack import Stack

if TYPE_CHECKING:
    from tests.browser.conftest import OpenPage

STACK_ENV = {"WELCOME_CREDITS": "1000", "SANDBOX_MODEL": "scripted-slow"}
OF_THE_NETWORK = ("net::ERR_", "htmx:error: Failed to fetch", "status of 5", "status of 4")
ANSWER_SECONDS = 2
CONTRIBUTION = re.compile("/contribution$")
LINE = "A lighthouse keeper who fears the dark."


def lines(stack: Stack, line: str) -> int:
    """How many lines the database has with these words."""
    with psycopg.connect(stack.env["DATABASE_URL"]) as connection:
        query = "SELECT count(*) FROM contributions WHERE text = %s"
        row = connection.execute(query, [line]).fetchone()
        assert row
        return int(row[0])


@pytest.mark.parametrize("form", ["plain", "htmx"])
def test_a_press_is_acknowledged_at_once_however_long_the_server_takes(
    open_page: OpenPage, form: str
) -> None:
    ada = open_page()
    if form == "htmx":
        open_own_room(ada, "htmx@example.com")
        ada.locator("#line").fill(LINE)
    else:
        sign_in(ada, "plain@example.com")
    # Added by the last of the scripts.
    expect(ada.get_by_role("button", name="Keyboard shortcuts")).to_be_visible()
    button = ada.get_by_role("button", name="Open a room" if form == "plain" else "Add your line")
    asked: list[str] = []

    def answer_late(route: Route) -> None:
        asked.append(route.request.method)
        time.sleep(ANSWER_SECONDS)
        route.continue_()

    ada.route(re.compile("/rooms$" if form == "plain" else "/contribution$"), answer_late)
    ada.evaluate(WATCH_A_PRESS)
    button.click(no_wait_after=True)
    expect(ada.locator("#composer .composer")).to_contain_text(
        "Your line" if form == "plain" else "for everyone in the room"
    )
    assert ada.evaluate("() => sessionStorage.acknowledged") == "true"
    assert asked == ["POST"]
    expect(ada.locator("button[aria-busy]")).to_have_count(0)


def test_a_button_can_be_pressed_again_by_whoever_comes_back_to_its_page(
    open_page: OpenPage,
) -> None:
    ada = open_page()
    sign_in(ada, "back@example.com")
    ada.get_by_role("button", name="Open a room").click()
    expect(ada.locator("#round")).to_be_visible()
    ada.go_back()
    expect(ada.locator("main button[aria-busy]")).to_have_count(0)


def test_ones_own_line_stands_there_before_the_server_has_answered(
    open_page: OpenPage, stack: Stack
) -> None:
    ada, ben = open_page(), open_page(width=360)
    join(ben, "Ben Castillo", open_own_room(ada, "Ada Okafor"))
    own, line = ben.locator("#round .line"), "The supply boat brings the wrong crate."
    ben.locator("#line").fill(line)
    with held_back(ben, CONTRIBUTION):
        ben.get_by_role("button", name="Add your line").click()
        expect(own).to_contain_text("Ben Castillo")
        expect(own).to_contain_text(line)
        expect(own).to_contain_text("On its way")
        expect(own).to_have_class(re.compile("hue-2"))
        # Somebody else's comes in between.
        ada.locator("#line").fill("A crate that hums.")
        with ada.expect_response(CONTRIBUTION):
            ada.get_by_role("button", name="Add your line").click()
        expect(own).to_have_count(2)
        expect(own.last).to_contain_text("On its way")
    expect(ben.locator("#round [data-line-state]")).to_have_count(0)
    expect(ben.locator("#round")).to_contain_text(line)
    assert lines(stack, line) == 1


def test_a_button_that_is_pushed_away_while_it_is_held_down_is_pressed(
    open_page: OpenPage, stack: Stack
) -> None:
    ada = open_page(width=360)
    open_own_room(ada, "pushed@example.com")
    ada.locator("#line").fill("A moth who stays.")
    button = ada.get_by_role("button", name="Add your line")
    _hold_down(ada, button)
    ada.mouse.move(2_000, 2_000)
    ada.mouse.up()
    # Who slides off it has thought better of it.
    assert lines(stack, "A moth who stays.") == 0
    _hold_down(ada, button)
    button.evaluate("button => (button.style = 'position: relative; top: 90px; transition: none')")
    ada.mouse.up()
    expect(ada.locator("#round")).to_contain_text("A moth who stays.")


def _hold_down(page: Page, button: Locator) -> None:
    button.scroll_into_view_if_needed()
    box = button.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()


@pytest.mark.parametrize("failure", ["nobody answers", "refused", "the answer is lost"])
def test_a_line_that_fails_stays_with_its_reason_and_is_sent_again_once(
    open_page: OpenPage, stack: Stack, failure: str
) -> None:
    ada = open_page(excused=OF_THE_NETWORK)
    line = f"A crate that hums when {failure}."
    room = open_own_room(ada, f"{failure.replace(' ', '-')}@example.com")
    join(open_page(), f"guest-of-{failure.replace(' ', '-')}@example.com", room)

    def fail(route: Route) -> None:
        if failure == "refused":
            route.fulfill(status=503, body="<div class='error'><p>We can't reach it.</p></div>")
        elif failure == "nobody answers":
            route.abort("internetdisconnected")
        else:
            route.fetch()
            route.abort("connectionreset")

    ada.route(CONTRIBUTION, fail)
    ada.locator("#line").fill(line)
    ada.get_by_role("button", name="Add your line").click()
    if failure == "the answer is lost":
        # It is in, and the room hears of it.
        expect(ada.locator("#round")).to_contain_text("1 of 2 lines are in")
        expect(ada.locator("#round [data-line-state]")).to_have_count(0)
        ada.unroute_all(behavior="wait")
    else:
        failed = ada.locator("#round [data-state='failed']")
        expect(failed).to_contain_text(line)
        expect(failed).to_contain_text("can't reach" if failure == "refused" else "get through")
        ada.reload()
        expect(ada.locator("#line")).to_have_value(line)
        ada.get_by_role("button", name="Add your line").click()
        expect(failed).to_contain_text(line)
        ada.unroute(CONTRIBUTION)
        ada.get_by_role("button", name="Send it again").click()
    expect(ada.locator("#round")).to_contain_text("1 of 2 lines are in")
    expect(ada.locator("#round .line")).to_have_count(1)
    expect(ada.locator("#round [data-line-state]")).to_have_count(0)
    assert lines(stack, line) == 1


def test_the_pill_says_that_the_network_is_gone_and_that_it_is_back(open_page: OpenPage) -> None:
    stranger = open_page(excused=OF_THE_NETWORK)
    stranger.goto("/")
    state(stranger, "live")
    expect(stranger.get_by_role("status").filter(has_text="Live")).to_be_visible()
    for _ in range(2):
        stranger.context.set_offline(offline=True)
        state(stranger, "offline")
        stranger.context.set_offline(offline=False)
        state(stranger, "live")


def test_a_connection_that_says_nothing_is_noticed_by_whoever_does_something(
    open_page: OpenPage,
) -> None:
    stranger = open_page()
    line = Line()
    stranger.route_web_socket(re.compile("/socket.io/"), line.carry)
    stranger.goto("/")
    state(stranger, "live")
    line.hold()
    gone = stranger.locator("[data-connection-status='reconnecting']")
    deadline = time.monotonic() + 2 * TOLD_MS / 1_000
    while not gone.is_visible():
        assert time.monotonic() < deadline, "nobody noticed"
        stranger.locator("h1").click()
    state(stranger, "reconnecting")
    line.release()
    state(stranger, "live")
    line.hold()
    line.sockets[-1].close()
    state(stranger, "reconnecting")
    line.release()
    state(stranger, "live")


def test_a_connection_that_says_nothing_is_noticed_by_whoever_only_looks(
    open_page: OpenPage,
) -> None:
    stranger = open_page()
    line = Line()
    stranger.route_web_socket(re.compile("/socket.io/"), line.carry)
    stranger.goto("/")
    state(stranger, "live")
    line.hold()
    # On a busy machine it takes longer; the beat of the sockets would take three times as long.
    gone = stranger.locator("[data-connection-status='reconnecting']")
    expect(gone).to_be_visible(timeout=2 * TOLD_MS)
    assert len(line.sockets) == 1
    line.release()
    state(stranger, "live")


def test_a_request_that_fails_is_said_with_what_to_do_and_that_nothing_was_charged(
    open_page: OpenPage,
) -> None:
    ada = open_page(excused=OF_THE_NETWORK)
    open_own_room(ada, "failing@example.com")
    ada.route(re.compile("/recipe$"), lambda route: route.abort("internetdisconnected"))
    ada.get_by_text("Make something else").click()
    ada.get_by_role("button", name="Make this").click()
    message = ada.locator("#toasts .toast")
    expect(message).to_contain_text("nothing was charged")
    expect(message).to_contain_text("try again")
    expect(ada.get_by_role("button", name="Make this")).not_to_have_attribute("aria-busy", "true")
