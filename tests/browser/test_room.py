"""A room as people see it: the clock, what they type, who watches, and the end of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import psycopg
from playwright.sync_api import Page, Route, expect

from tests.browser.steps import WRITING_MS, add_line, assert_clean_audit, sign_in
from tests.stack import Stack

if TYPE_CHECKING:
    from tests.browser.conftest import OpenPage

STACK_ENV = {"WELCOME_CREDITS": "1000"}
DRAFTS = "SELECT text FROM drafts JOIN identities USING (user_id) WHERE email = %s"
DRAFT = re.compile("/draft$")
COMPOSER = re.compile("/composer$")
# The server has done it, and its answer is on the way for ever.
HOLD_ANSWERS = """
    const fetchNow = window.fetch;
    window.fetch = async (...asked) => {
      const answer = await fetchNow(...asked);
      return /\\/rounds$/.test(asked[0]) ? new Promise(() => {}) : answer;
    };
"""


def open_room(page: Page, who: str) -> str:
    """Somebody's own room; its address."""
    sign_in(page, who)
    page.goto("/")
    page.get_by_role("button", name="Open a room").click()
    page.wait_for_url(re.compile("/rooms/"))
    return page.url


def join(page: Page, who: str, room: str) -> None:
    sign_in(page, who)
    page.goto(room)
    page.get_by_role("button", name="Join this room").click()
    expect(page.locator("#composer")).to_be_visible()


def drafts(stack: Stack, email: str) -> list[str]:
    """Somebody's. What was just sent as a line may be kept once more, and is shown to nobody."""
    with psycopg.connect(stack.env["DATABASE_URL"]) as connection:
        return [text for (text,) in connection.execute(DRAFTS, [email]).fetchall()]


def test_what_somebody_types_outlives_reloads_and_the_round_that_began_without_it(
    open_page: OpenPage, stack: Stack
) -> None:
    ada, ben = open_page(), open_page(width=360)
    room = open_room(ada, "Ada Okafor")
    join(ben, "Ben Castillo", room)
    expect(ada.locator("#seats")).to_contain_text("Ben Castillo")
    field = ben.locator("#line")
    field.press_sequentially("A cellar that")
    ben.reload()
    expect(field).to_have_value("A cellar that")
    add_line(ada, "A lighthouse keeper who fears the dark.")
    expect(ben.locator("[data-closes-in]")).to_have_text(re.compile(r"^[1-8]?\d$"))
    # The host starts while he types: his words stay, and so does his place in them.
    field.press_sequentially(" hums")
    field.press("Home")
    ada.get_by_role("button", name="Start now").click()
    expect(ben.locator("#composer")).to_contain_text("without a line of yours")
    expect(field).to_be_focused()
    field.press_sequentially("So: ")
    expect(field).to_have_value("So: A cellar that hums")
    expect(ben.get_by_role("button", name="Stop")).to_have_count(0)
    for page in (ada, ben):
        expect(page.locator(".bill")).to_contain_text("This round cost", timeout=WRITING_MS)
    # On a busy machine what he wrote before it may be kept only now.
    with ben.expect_response(lambda answer: "%21" in (answer.request.post_data or "")):
        field.press_sequentially("!")
    assert drafts(stack, "ben@example.com") == ["So: !A cellar that hums"]
    other_device = ben.context.new_page()
    other_device.goto(room)
    expect(other_device.locator("#line")).to_have_value("So: !A cellar that hums")
    other_device.close()
    ada.get_by_role("button", name="Another round").click()
    ben.get_by_role("button", name="Add your line").click()
    expect(ada.locator("#round")).to_contain_text("So: !A cellar that hums")
    assert drafts(stack, "ben@example.com") == []
    assert_clean_audit(stack)


def test_a_composer_that_was_drawn_before_a_draft_was_kept_does_not_empty_its_field(
    open_page: OpenPage, stack: Stack
) -> None:
    ada = open_page()
    room = open_room(ada, "late-answer@example.com")
    field = ada.locator("#line")

    def answer_late(route: Route) -> None:
        drawn = route.fetch()
        # Whatever is asked for after this waits: it would bring the draft along.
        ada.route(COMPOSER, lambda _: None)
        with ada.expect_response(DRAFT):
            field.fill("A lighthouse keeper")
        ada.wait_for_function("() => document.getElementById('line').defaultValue")
        field.blur()
        route.fulfill(response=drawn)

    ada.route(COMPOSER, answer_late)
    with ada.expect_response(COMPOSER):
        join(open_page(), "guest-of-late-answer@example.com", room)
    expect(ada.locator("#composer")).to_contain_text("10 each if both of you")
    assert drafts(stack, "late-answer@example.com") == ["A lighthouse keeper"]
    expect(field).to_have_value("A lighthouse keeper")


def test_a_full_room_is_watched_and_ends_for_everybody_when_its_host_closes_it(
    open_page: OpenPage, stack: Stack
) -> None:
    ada, ben, chiyo = open_page(), open_page(), open_page(width=360, dark=True)
    room = open_room(ada, "ada@example.com")
    ada.locator("#leave summary").first.click()
    ada.get_by_label("Seats").select_option("2")
    ada.get_by_role("button", name="Set").first.click()
    join(ben, "ben@example.com", room)
    sign_in(chiyo, "chiyo@example.com")
    chiyo.goto(room)
    chiyo.get_by_role("link", name="Watch this room").click()
    expect(chiyo.locator("#composer")).to_have_count(0)
    expect(ada.locator("[data-watchers]")).to_have_text("One more watches.")
    add_line(ada, "A crate that hums.")
    expect(chiyo.locator("#round")).to_contain_text("A crate that hums.")
    ben.locator("#leave summary").first.click()
    ben.get_by_role("button", name="Leave the room").click()
    chiyo.get_by_role("button", name="Join this room").click()
    expect(chiyo.locator("#composer")).to_be_visible()
    expect(ada.locator(".seat")).to_have_count(2)
    ada.locator("#leave summary").first.click()
    ada.get_by_text("Close the room for everybody").click()
    ada.get_by_role("button", name="Close it").click()
    for page in (ada, chiyo):
        expect(page.get_by_role("heading", level=1)).to_contain_text("is closed")
    assert_clean_audit(stack)


def test_a_line_is_sent_while_the_answer_to_what_stood_there_before_is_on_its_way(
    open_page: OpenPage,
) -> None:
    ada = open_page()
    ada.add_init_script(HOLD_ANSWERS)
    open_room(ada, "ada@example.com")
    add_line(ada, "A frog who sings.")
    another = ada.get_by_role("button", name="Another round")
    another.click(timeout=WRITING_MS)
    expect(ada.locator("#round")).to_contain_text("Round 2")
    add_line(ada, "A crate that hums.")
    expect(ada.locator("#round")).to_contain_text("A crate that hums.")
    expect(another).to_be_visible(timeout=WRITING_MS)
