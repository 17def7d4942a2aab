"""The first minute: a sheet made before one's eyes, the way in, a room with open doors."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import Page, expect

from tests.browser.shifts import shifted, watch_shifts
from tests.browser.steps import MATCHING_MS, WRITING_MS, buy, sign_in
from tests.stack import Stack

if TYPE_CHECKING:
    from tests.browser.conftest import OpenPage

STACK_ENV = {"SANDBOX_MODEL": "scripted-story"}

LAST_WORDS = "She opened the crate."
REQUESTS_MAX = 14


def unwritten(page: Page) -> int:
    return page.locator("[data-replay] .unwritten").count()


def test_a_sheet_is_made_once_and_nothing_moves(open_page: OpenPage) -> None:
    page = open_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    watch_shifts(page)
    page.goto("/")
    show_all = page.get_by_role("button", name="Show it all")
    expect(show_all).to_be_visible()
    expect(page.locator("[data-replay] .unwritten").first).to_be_attached()
    expect(page.locator("[data-replay] .line").first).to_have_css("opacity", "1")
    # Who listens to the page hears all of it, and who waits sees word after word.
    expect(page.locator("[data-replay]")).to_contain_text(LAST_WORDS)
    left = unwritten(page)
    page.wait_for_function(f"() => document.querySelectorAll('.unwritten').length < {left} - 20")
    show_all.click()
    assert unwritten(page) == 0
    expect(page.get_by_role("button", name="Play it again")).to_be_focused()
    page.get_by_role("button", name="Play it again").click()
    expect(page.locator("[data-replay] .unwritten").first).to_be_attached()
    assert shifted(page) == []
    # The socket is no page's weight.
    assert len([url for url in asked if "/socket.io/?" not in url]) <= REQUESTS_MAX


def test_it_stands_there_whole_for_who_wants_no_motion_or_has_no_scripts(
    open_page: OpenPage,
) -> None:
    still = open_page()
    still.emulate_media(reduced_motion="reduce")
    plain = open_page(javascript=False)
    for page in (still, plain):
        page.goto("/")
        sheet = page.locator("[data-replay]")
        expect(sheet).to_contain_text(LAST_WORDS)
        assert unwritten(page) == 0
        expect(sheet.locator(".bill")).to_have_css("opacity", "1")
        expect(page.get_by_role("button", name="Play it again")).to_be_hidden()


def test_a_stranger_is_in_the_pool_with_credits_in_six_presses(open_page: OpenPage) -> None:
    page = open_page(width=360, dark=True)
    page.goto("/")
    page.get_by_role("link", name="Sign in and play").click()
    page.get_by_role("button", name=re.compile("Ben Castillo")).click()
    page.get_by_role("button", name="Buy 2,000 credits").click()
    page.get_by_role("button", name=re.compile("4242")).click()
    page.get_by_role("link", name="Back to the pool").click(timeout=WRITING_MS)
    page.get_by_role("button", name="Join the pool").click()
    expect(page.get_by_role("heading", name="You are in the pool")).to_be_visible()
    # Or whoever waits next is seated with them.
    page.get_by_role("button", name="Leave the pool").click()
    expect(page.get_by_role("button", name="Join the pool")).to_be_visible()


def test_a_line_written_in_the_pool_waits_in_the_room(open_page: OpenPage) -> None:
    pages = [open_page(), open_page()]
    for page, who in zip(pages, ("Ada Okafor", "Chiyo Tanaka"), strict=True):
        sign_in(page, who)
        buy(page, "2,000 credits")
        page.goto("/pool")
    pages[0].get_by_role("button", name="Join the pool").click()
    pages[0].get_by_label("Your first line, meanwhile").fill("A ferry that forgets its harbour.")
    pages[1].get_by_role("button", name="Join the pool").click()
    line = pages[0].get_by_label("Your line")
    expect(line).to_have_value("A ferry that forgets its harbour.", timeout=MATCHING_MS)
    for page in pages:
        page.locator("#leave > summary").click(timeout=MATCHING_MS)
        page.get_by_role("button", name="Leave the room").click()
        expect(page.get_by_role("heading", name="Open rooms")).to_be_visible()


def test_a_stranger_watches_a_round_behind_open_doors(open_page: OpenPage, stack: Stack) -> None:
    stranger = open_page()
    stranger.goto("/")
    host = open_page()
    sign_in(host, "Ada Okafor")
    buy(host, "2,000 credits")
    host.goto("/")
    host.get_by_role("button", name="Open a room").click()

    host.get_by_role("button", name="Open the doors").click()
    expect(host.locator(".doors-open")).to_contain_text("Strangers may read this round")
    guest = open_page(width=360)
    sign_in(guest, "Ben Castillo")
    buy(guest, "2,000 credits")
    guest.goto("/")
    guest.locator("#open-rooms").get_by_role("link", name="Ada Okafor makes").click()
    guest.get_by_role("button", name="Join this room").click()
    guest.get_by_label("Your line").fill("A ferry that forgets its harbour.")
    guest.get_by_role("button", name="Add your line").click()
    live = stranger.locator("[data-open-round]")
    expect(live).to_contain_text("A ferry that forgets its harbour.")
    expect(live.get_by_text("Live now in an open room")).to_be_visible()
    expect(live).not_to_contain_text("Ben")
    host.get_by_role("button", name="Start now").click()
    expect(live.locator("[data-open-text]")).to_have_text(re.compile(r"(\S+\s+){20}"))
    late = open_page(javascript=False)
    late.goto("/")
    expect(late.locator("[data-open-round]")).to_contain_text("A ferry that forgets its harbour.")
    expect(live.get_by_text("A moment ago")).to_be_visible(timeout=WRITING_MS)
    expect(host.locator("#round")).to_contain_text("This round cost", timeout=WRITING_MS)
    text = host.locator("#round .sheet").inner_text()
    assert live.locator("[data-open-text]").inner_text().split() == text.split()


def test_a_line_is_asked_for_again_when_the_doors_open_under_it(open_page: OpenPage) -> None:
    host, guest = open_page(), open_page()
    sign_in(host, "Chiyo Tanaka")
    host.goto("/")
    host.get_by_role("button", name="Open a room").click()
    host.wait_for_url(re.compile("/rooms/"))
    sign_in(guest, "dora@example.com")
    buy(guest, "2,000 credits")
    guest.goto(host.url)
    guest.get_by_role("button", name="Join this room").click()
    guest.get_by_label("Your line").fill("Half a thou")
    # Beside the invitation, which closes when somebody has come.
    expect(host.locator("#invite")).not_to_have_attribute("open", "")
    host.get_by_text("Invite somebody").click()
    host.get_by_role("button", name="Open the doors").click()
    composer = guest.locator("#composer")
    expect(composer).to_contain_text("strangers may read your line")
    expect(guest.get_by_label("Your line")).to_have_value("Half a thou")
    guest.get_by_role("button", name="Add your line").click()
    expect(guest.locator("#round")).to_contain_text("Half a thou")
