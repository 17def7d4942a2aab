"""How it feels in somebody's hands: every press is answered at once, whatever the network does."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import psycopg
import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.hands import (
    CLOCK_A_PRESS,
    COUNT_CREDITS,
    TOLD_MS,
    WATCH_FIGURES,
    Line,
    held_back,
    say,
    script,
    state,
)
from tests.browser.steps import sign_in
from tests.stack import Stack

if TYPE_CHECKING:
    from tests.browser.conftest import OpenPage

STACK_ENV = {"WELCOME_CREDITS": "1000", "SANDBOX_MODEL": "scripted-slow"}
OF_THE_NETWORK = ("net::ERR_", "htmx:error: Failed to fetch", "status of 5", "status of 4")
ANSWER_SECONDS = 2
ACKNOWLEDGED_MS = 100
STEPS_MAX = 6
CONTRIBUTION = re.compile("/contribution$")
LINE = "A lighthouse keeper who fears the dark."


def open_room(page: Page, who: str) -> str:
    """Somebody's own room; its address."""
    sign_in(page, who)
    page.get_by_role("button", name="Open a room").click()
    page.wait_for_url(re.compile("/rooms/"))
    expect(page.locator("#seats")).to_contain_text("here")
    return page.url


def join(page: Page, who: str, room: str) -> None:
    sign_in(page, who)
    page.goto(room)
    page.get_by_role("button", name="Join this room").click()
    expect(page.locator("#seats .is-here")).to_have_count(2)


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
        open_room(ada, "htmx@example.com")
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
    ada.evaluate(CLOCK_A_PRESS)
    button.click(no_wait_after=True)
    expect(ada.locator("#composer .composer")).to_contain_text(
        "Your line" if form == "plain" else "for everyone in the room"
    )
    seen = ada.evaluate("() => JSON.parse(sessionStorage.seen)")
    assert seen["milliseconds"] < ACKNOWLEDGED_MS
    assert seen["pressedAgain"]
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
    join(ben, "Ben Castillo", open_room(ada, "Ada Okafor"))
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


@pytest.mark.parametrize("failure", ["nobody answers", "refused", "the answer is lost"])
def test_a_line_that_fails_stays_with_its_reason_and_is_sent_again_once(
    open_page: OpenPage, stack: Stack, failure: str
) -> None:
    ada = open_page(excused=OF_THE_NETWORK)
    line = f"A crate that hums when {failure}."
    room = open_room(ada, f"{failure.replace(' ', '-')}@example.com")
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


def test_figures_count_to_their_new_value_and_stand_still_for_who_wants_that(
    open_page: OpenPage, stack: Stack
) -> None:
    ada, still = open_page(), open_page(still=True)
    for page, who in ((ada, "count@example.com"), (still, "still@example.com")):
        open_room(page, who)
        page.evaluate(WATCH_FIGURES)
        page.evaluate(COUNT_CREDITS, [script(page, "counting.js"), 700])
        badge = page.locator("#credit-badge [data-credits-available]")
        expect(badge).to_have_text("700")
        expect(page.locator("[data-shown]")).to_have_count(0)
    seen = ada.evaluate("() => figures")
    # What is read out is never on the way.
    assert {text for _, _, text in seen} == {"700"}
    drawn = [int(shown.replace(",", "")) for _, shown, _ in seen if shown]
    assert drawn == sorted(drawn, reverse=True)
    assert any(700 < figure < 1_000 for figure in drawn)
    assert len(set(drawn)) <= STEPS_MAX + 1
    assert not [shown for _, shown, _ in still.evaluate("() => figures") if shown]


def test_the_page_follows_the_text_only_with_whoever_reads_its_end(open_page: OpenPage) -> None:
    ada = open_page(width=360, height=560)
    open_room(ada, "follow@example.com")
    ada.locator("#line").fill(LINE)
    ada.get_by_role("button", name="Add your line").click()
    end, more = ada.locator("[data-stream-status]"), ada.get_by_role("button", name="More below")
    expect(ada.locator("[data-stream]")).to_contain_text("scripted model")
    expect(end).to_be_in_viewport()
    expect(more).to_be_hidden()
    ada.evaluate("() => scrollTo(0, 0)")
    expect(more).to_be_visible()
    seq = int(ada.locator("[data-stream]").get_attribute("data-seq") or 0)
    ada.wait_for_function(
        "seq => document.querySelector('[data-stream]').dataset.seq > seq + 2", arg=seq
    )
    assert ada.evaluate("() => scrollY") == 0
    more.click()
    expect(end).to_be_in_viewport()
    expect(more).to_be_hidden()
    # By a key, since nobody types.
    ada.keyboard.press("s")
    expect(ada.locator(".bill")).to_contain_text("Stopped")
    expect(ada.locator("#open-round")).to_be_visible()
    ada.keyboard.press("n")
    expect(ada.locator("#open-round")).to_be_focused()


def test_keys_lead_everywhere_are_listed_and_can_be_switched_off(open_page: OpenPage) -> None:
    ada = open_page()
    open_room(ada, "keys@example.com")
    ada.keyboard.press("/")
    expect(ada.locator("#line")).to_be_focused()
    ada.keyboard.type("What? go home /")
    expect(ada.locator("#line")).to_have_value("What? go home /")
    expect(ada.get_by_role("dialog")).to_have_count(0)
    ada.keyboard.press("Control+Enter")
    expect(ada.locator("[data-stream]")).to_contain_text("scripted model")
    ada.get_by_role("button", name="Stop").click()
    opener = ada.get_by_role("button", name="Keyboard shortcuts")
    opener.click()
    dialog = ada.get_by_role("dialog", name="Keyboard")
    expect(dialog).to_contain_text("Send your line")
    ada.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()
    for letter, path in (("g", "/gallery"), ("p", "/rooms/"), ("c", "/credits"), ("h", "/")):
        ada.keyboard.press("g")
        ada.keyboard.press(letter)
        ada.wait_for_url(re.compile(f"{path}[^/]*$"))
        expect(ada.get_by_role("button", name="Keyboard shortcuts")).to_be_visible()
    ada.keyboard.press("?")
    expect(dialog).to_be_visible()
    dialog.get_by_label("Keys of a single letter").uncheck()
    dialog.get_by_role("button", name="Close").click()
    ada.reload()
    expect(ada.get_by_role("button", name="Keyboard shortcuts")).to_be_visible()
    ada.keyboard.press("?")
    expect(dialog).to_be_hidden()


def test_a_copied_link_is_acknowledged_and_one_that_fails_is_marked(open_page: OpenPage) -> None:
    ada = open_page()
    ada.context.grant_permissions(["clipboard-read", "clipboard-write"])
    room = open_room(ada, "copy@example.com")
    ada.get_by_role("button", name="Copy the link").click()
    expect(ada.get_by_role("button", name="Copied")).to_be_visible()
    assert ada.evaluate("() => navigator.clipboard.readText()") == room
    expect(ada.get_by_role("button", name="Copy the link")).to_be_visible()
    ada.evaluate("() => (navigator.clipboard.writeText = () => Promise.reject(new Error()))")
    ada.get_by_role("button", name="Copy the link").click()
    expect(ada.get_by_role("button", name="Copy it by hand")).to_be_visible()
    assert ada.evaluate("() => getSelection().toString()") == room


def test_messages_wait_to_be_read_are_three_at_most_and_clear_of_the_composer(
    open_page: OpenPage,
) -> None:
    ada = open_page(width=360, height=640, excused=OF_THE_NETWORK)
    open_room(ada, "toasts@example.com")
    ada.clock.install()
    for number in range(5):
        say(ada, f"Message {number}")
    toasts = ada.locator("#toasts .toast")
    expect(toasts).to_have_count(3)
    expect(toasts.last).to_contain_text("Message 4")
    lower = ada.locator("#toasts").bounding_box()
    upper = ada.locator("#composer .composer").bounding_box()
    assert lower
    assert upper
    assert lower["y"] + lower["height"] <= upper["y"]
    ada.keyboard.press("Escape")
    expect(toasts).to_have_count(2)
    toasts.first.get_by_role("button", name="Close this message").click()
    expect(toasts).to_have_count(1)
    toasts.first.hover()
    ada.clock.run_for(15_000)
    expect(toasts).to_have_count(1)
    ada.mouse.move(5, 5)
    ada.clock.run_for(9_000)
    expect(toasts).to_have_count(1)
    ada.clock.run_for(2_000)
    expect(toasts).to_have_count(0)


def test_a_request_that_fails_is_said_with_what_to_do_and_that_nothing_was_charged(
    open_page: OpenPage,
) -> None:
    ada = open_page(excused=OF_THE_NETWORK)
    open_room(ada, "failing@example.com")
    ada.route(re.compile("/recipe$"), lambda route: route.abort("internetdisconnected"))
    ada.get_by_text("Make something else").click()
    ada.get_by_role("button", name="Make this").click()
    message = ada.locator("#toasts .toast")
    expect(message).to_contain_text("nothing was charged")
    expect(message).to_contain_text("try again")
    expect(ada.get_by_role("button", name="Make this")).not_to_have_attribute("aria-busy", "true")


def test_on_a_telephone_the_composer_stays_above_the_keyboard(open_page: OpenPage) -> None:
    ada = open_page(width=360, height=740)
    open_room(ada, "phone@example.com")
    content = ada.locator("meta[name=viewport]").get_attribute("content")
    assert content
    assert "interactive-widget=resizes-content" in content
    ada.locator("#line").focus()
    # What a keyboard leaves of it.
    ada.set_viewport_size({"width": 360, "height": 420})
    expect(ada.locator("#contribute")).to_be_in_viewport(ratio=1)
    expect(ada.locator("#line")).to_be_in_viewport(ratio=1)


def test_scripts_write_numbers_as_the_page_does_and_english_where_nobody_translated_yet(
    open_page: OpenPage,
) -> None:
    stranger = open_page()
    stranger.context.set_extra_http_headers({"Accept-Language": "de"})
    stranger.goto("/")
    words = stranger.evaluate(
        """async (script) => {
            const { say, sayCount } = await import(script);
            return [say("No {what} says this: {count}", { what: "page", count: 1234.5 }),
                sayCount(2, "{count} never", "{count} nevers")];
        }""",
        script(stranger, "words.js"),
    )
    assert words == ["No page says this: 1.234,5", "2 nevers"]


def test_whoever_reads_german_gets_german_from_pages_and_scripts_alike(open_page: OpenPage) -> None:
    ada = open_page(locale="de-DE", excused=OF_THE_NETWORK)
    ada.goto("/")
    expect(ada.locator("html")).to_have_attribute("lang", "de")
    expect(ada.locator("h1")).to_have_text(re.compile("^Alle bringen eine Zeile mit"))
    expect(ada.get_by_role("link", name="Anmelden und mitmachen")).to_be_visible()
    sign_in(ada, "deutsch@example.com")
    expect(ada.locator("#credit-badge")).to_contain_text("1.000 Credits")
    ada.goto("/pool")
    expect(ada.locator("h1")).to_have_text("Der Pool")
    ada.get_by_role("button", name="In den Pool").click()
    expect(ada.locator("main")).to_contain_text("Du bist im Pool")
    ada.get_by_role("button", name="Den Pool verlassen").click()
    ada.goto("/")
    ada.get_by_role("button", name="Raum aufmachen").click()
    ada.wait_for_url(re.compile("/rooms/"))
    expect(ada.locator("#round-title")).to_have_text("Runde 1: Eine Geschichte")
    expect(ada.locator("#seats .is-here")).to_contain_text("da")
    ben = open_page()
    join(ben, "englisch@example.com", ada.url)
    ben.locator("#line").fill("A crate that hums.")
    ben.get_by_role("button", name="Add your line").click()
    expect(ada.locator("#round")).to_contain_text("A crate that hums.")
    expect(ada.locator("#round-title")).to_have_text("Runde 1: Eine Geschichte")
    ada.route(CONTRIBUTION, lambda route: route.abort("internetdisconnected"))
    ada.locator("#line").fill(LINE)
    ada.get_by_role("button", name="Zeile dazugeben").click()
    expect(ada.get_by_text("Sieh nach, ob du online bist").first).to_be_visible()
    expect(ada.get_by_role("button", name="Noch einmal schicken").first).to_be_visible()
    expect(ada.get_by_role("button", name="Tastenkürzel")).to_be_visible()
    pill = ada.locator("[data-connection-status]")
    ada.context.set_offline(True)
    expect(pill).to_contain_text("Offline")
    ada.context.set_offline(False)
    expect(pill).to_contain_text("Live")
    ada.goto("/credits")
    expect(ada.locator("time").first).to_have_text(re.compile(r"^\d\d\.\d\d\.20\d\d, \d\d:\d\d$"))
