"""From a room to its sheet, to the gallery, and into somebody else's room."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from tests.browser.steps import WRITING_MS, add_line, buy, sign_in
from tests.stack import Stack

if TYPE_CHECKING:
    from tests.browser.conftest import OpenPage

WIDTHS = (360, 1280)
WIDER = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


def write_alone(page: Page, line: str) -> str:
    """A room of one, and a text in it; the address of its sheet."""
    page.goto("/")
    page.get_by_role("button", name="Open a room").click()
    add_line(page, line)
    page.get_by_role("link", name="To its sheet").click(timeout=WRITING_MS)
    expect(page.locator(".sheet-page")).to_contain_text(line)
    return page.url


@pytest.mark.parametrize("javascript", [True, False])
def test_somebody_publishes_a_sheet_and_somebody_else_remixes_it(
    open_page: OpenPage, stack: Stack, *, javascript: bool
) -> None:
    stranger, ada = open_page(javascript=False, width=360), open_page()
    sign_in(ada, f"ada-{javascript}@example.org")
    buy(ada, "2,000 credits")
    address = write_alone(ada, "A frog who keeps a lighthouse.")
    assert stranger.request.get(address).status == 404
    ada.get_by_role("button", name="Make it public").click()
    expect(ada.locator(".agreement")).to_contain_text("so it is public")
    assert stranger.request.get(f"{address}/preview.png").status == 200
    stranger.goto("/gallery")
    expect(stranger.locator(".sheet-card").first).to_contain_text("Remix")
    stranger.locator(".sheet-card h2 a").first.click()
    expect(stranger).to_have_url(address)

    ben = open_page(javascript=javascript, width=360)
    sign_in(ben, f"ben-{javascript}@example.org")
    ben.goto(address)
    ben.get_by_role("button", name="Warm").click()
    expect(ben.get_by_role("button", name="Warm")).to_have_attribute("aria-pressed", "true")
    expect(ben.get_by_role("button", name="Warm")).to_contain_text("1")
    if javascript:
        expect(ben.get_by_role("button", name="Warm")).to_be_focused()
    buy(ben, "2,000 credits")
    ben.goto(address)
    ben.get_by_role("button", name="Remix it").click()
    ben.wait_for_url(re.compile("/rooms/"))
    expect(ben.locator("#composer textarea")).to_have_value(re.compile("^After “"))


def test_what_is_new_is_told_and_the_page_stays_as_it_was(
    open_page: OpenPage, stack: Stack
) -> None:
    ada, reader = open_page(), open_page()
    sign_in(ada, "ada-news@example.org")
    buy(ada, "2,000 credits")
    reader.clock.install()
    reader.goto("/gallery")
    before = reader.locator(".sheet-card").count()
    write_alone(ada, "A frog in the news.")
    ada.get_by_role("button", name="Make it public").click()
    expect(ada.locator(".agreement")).to_contain_text("so it is public")
    # As after a sleep: what was due while it lasted comes once.
    reader.clock.fast_forward(31_000)
    expect(reader.locator(".news")).to_contain_text("1 new: show it")
    expect(reader.locator(".sheet-card")).to_have_count(before)
    reader.get_by_role("link", name="1 new").click()
    expect(reader.locator(".sheet-card")).to_have_count(before + 1)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("dark", [False, True])
def test_nothing_is_wider_than_the_window(
    open_page: OpenPage, stack: Stack, *, width: int, dark: bool
) -> None:
    page = open_page(width=width, dark=dark)
    sign_in(page, f"wide-{width}-{dark}@example.org")
    buy(page, "2,000 credits")
    address = write_alone(page, "W" * 280)
    for path in (address, "/gallery", "/"):
        page.goto(path)
        assert page.evaluate(WIDER) == 0, path
