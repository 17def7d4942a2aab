"""How pages behave by themselves: figures, scrolling, keys, messages, words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.hands import COUNT_CREDITS, WATCH_FIGURES, say, script
from tests.browser.steps import join, open_own_room, sign_in
from tests.stack import Stack

if TYPE_CHECKING:
    from tests.browser.conftest import OpenPage

STACK_ENV = {"WELCOME_CREDITS": "1000", "SANDBOX_MODEL": "scripted-slow"}
OF_THE_NETWORK = ("net::ERR_", "htmx:error: Failed to fetch", "status of 5", "status of 4")
STEPS_MAX = 6
CONTRIBUTION = re.compile("/contribution$")
GIVE_UP = """addEventListener("pagereveal", ({ viewTransition }) => {
    if (!viewTransition) return;
    viewTransition.skipTransition();
    sessionStorage.isGivenUp = true;
});"""
IS_AN_ERROR = """() => dispatchEvent(new PromiseRejectionEvent("unhandledrejection", {
    promise: Promise.resolve(),
    reason: new DOMException("The object is in an invalid state.", "InvalidStateError"),
    cancelable: true,
}))"""
LINE = "A lighthouse keeper who fears the dark."


def test_figures_count_to_their_new_value_and_stand_still_for_who_wants_that(
    open_page: OpenPage, stack: Stack
) -> None:
    ada, still = open_page(), open_page(still=True)
    for page, who in ((ada, "count@example.com"), (still, "still@example.com")):
        open_own_room(page, who)
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
    open_own_room(ada, "follow@example.com")
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
    open_own_room(ada, "keys@example.com")
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
    room = open_own_room(ada, "copy@example.com")
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
    open_own_room(ada, "toasts@example.com")
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


def test_on_a_telephone_the_composer_stays_above_the_keyboard(open_page: OpenPage) -> None:
    ada = open_page(width=360, height=740)
    open_own_room(ada, "phone@example.com")
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


def test_a_change_of_pages_that_is_given_up_is_no_error_of_the_page(open_page: OpenPage) -> None:
    page = open_page()
    page.add_init_script(GIVE_UP)
    page.goto("/")
    to_gallery = page.get_by_role("link", name="See what others made")
    # On a busy machine Chromium may have given one up by itself, before there is a word of it.
    for _ in range(2):
        to_gallery.click()
        expect(page.get_by_role("heading", name="The gallery")).to_be_visible()
        page.get_by_role("link", name="Potluck", exact=True).click()
        expect(to_gallery).to_be_visible()
    assert page.evaluate("() => sessionStorage.isGivenUp")
    assert page.evaluate(IS_AN_ERROR)
