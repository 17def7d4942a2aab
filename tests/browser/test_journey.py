"""Two people from the front door to the split bill, against the real stand-ins."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import psycopg
import pytest
from playwright.sync_api import Page, expect

from tests.browser.steps import (
    MATCHING_MS,
    WRITING_MS,
    add_line,
    assert_clean_audit,
    buy,
    sign_in,
    written,
)
from tests.stack import Stack

if TYPE_CHECKING:
    from tests.browser.conftest import OpenPage


def test_two_people_from_the_landing_page_to_the_split_bill(
    open_page: OpenPage, stack: Stack
) -> None:
    ada, ben = open_page(), open_page(width=360)
    ada.goto("/")
    expect(ada.locator("[data-connection-count]").first).to_have_text("1 person here now")
    ben.goto("/")
    expect(ada.locator("[data-connection-count]").first).to_have_text("2 people here now")
    expect(ada.locator("#credit-badge")).to_have_count(0)
    for page, name in ((ada, "Ada Okafor"), (ben, "Ben Castillo")):
        sign_in(page, name)
        expect(page.locator("[data-credits-available]").first).to_have_text("0")

    second_tab = ada.context.new_page()
    second_tab.goto("/credits")
    for page in (ada, ben):
        buy(page, "2,000 credits")
        expect(page.locator("#credit-badge")).to_contain_text("2,000 credits")
    expect(second_tab.locator("#credit-badge")).to_contain_text("2,000 credits")
    second_tab.close()

    ada.goto("/pool")
    ada.get_by_role("button", name="Join the pool").click()
    expect(ada.locator("[data-pool-count]").first).to_have_text("1")
    ben.goto("/pool")
    ben.get_by_role("button", name="Join the pool").click()
    for page in (ada, ben):
        page.wait_for_url(re.compile("/rooms/"), timeout=MATCHING_MS)
        expect(page.locator("#seats")).to_contain_text("Ben Castillo")
    expect(ada.locator("#seats").get_by_text("here")).to_have_count(2)

    add_line(ada, "A lighthouse keeper who fears the dark.")
    expect(ben.locator("#round")).to_contain_text("1 of 2 lines are in")
    ben.reload()
    add_line(ben, "A crate that hums.")
    for page in (ada, ben):
        expect(page.locator("[data-stream]")).to_contain_text("scripted model")
    ben.reload()
    for page in (ada, ben):
        expect(page.locator(".bill")).to_contain_text("This round cost", timeout=WRITING_MS)
    texts = [page.locator("[data-stream]").inner_text() for page in (ada, ben)]
    assert texts[0] == texts[1] == written(stack)
    costs = [int(cost) for cost in re.findall(r"(\d+)[,.]", ada.locator(".bill").inner_text())]
    for page, cost in zip((ada, ben), costs, strict=True):
        expect(page.locator("#credit-badge")).to_contain_text(f"{2000 - cost:,} credits")
        expect(page.locator("#credit-badge .badge-held")).to_be_hidden()
    assert_clean_audit(stack)


def test_a_room_of_one_writes_again(open_page: OpenPage, stack: Stack) -> None:
    chiyo = open_page(dark=True)
    sign_in(chiyo, "Chiyo Tanaka")
    buy(chiyo, "2,000 credits")
    chiyo.goto("/pool")
    chiyo.get_by_role("button", name="Open a room").click()
    add_line(chiyo, "A frog who sings.")
    expect(chiyo.locator(".bill")).to_contain_text("This round cost", timeout=WRITING_MS)
    chiyo.get_by_role("button", name="Another round").click()
    expect(chiyo.locator("#round")).to_contain_text("Round 2")
    add_line(chiyo, "A crate that hums.")
    expect(chiyo.locator("#round .bill")).to_contain_text("This round cost", timeout=WRITING_MS)
    expect(chiyo.locator("#round")).to_contain_text("A crate that hums.")
    assert_clean_audit(stack)


def test_somebody_without_credits_is_offered_the_packs(open_page: OpenPage) -> None:
    dara = open_page(width=360)
    sign_in(dara, "Dara Lindqvist")
    dara.goto("/pool")
    expect(dara.get_by_role("button", name="Join the pool")).to_have_count(0)
    expect(dara.get_by_role("button", name=re.compile("Buy 2,000 credits"))).to_be_visible()


def test_everything_but_the_live_parts_works_without_scripts(
    open_page: OpenPage, stack: Stack
) -> None:
    ada, ben = open_page(javascript=False), open_page(javascript=False, width=360)
    for page, subject in ((ada, "eve@example.com"), (ben, "finn@example.com")):
        sign_in(page, subject)
        buy(page, "2,000 credits")
        expect(page.locator("#credit-badge")).to_contain_text("2,000 credits")
        page.goto("/pool")
        # Nothing would come of these.
        for part in page.locator(".needs-scripts").all():
            expect(part).to_be_hidden()
        page.get_by_role("button", name="Join the pool").click()
    ada.wait_for_url(re.compile("/rooms/"), timeout=MATCHING_MS)
    add_line(ada, "A frog who sings.")
    add_line(ben, "A crate that hums.")
    for page in (ada, ben):
        expect(page.locator(".bill")).to_contain_text("This round cost", timeout=WRITING_MS)
    assert ada.locator("[data-stream]").inner_text() == ben.locator("[data-stream]").inner_text()
    ada.get_by_role("button", name="Sign out").click()
    expect(ada.get_by_role("link", name="Sign in", exact=True)).to_be_visible()
    assert_clean_audit(stack)


def test_a_deleted_session_closes_that_browser_and_says_so(
    open_page: OpenPage, stack: Stack
) -> None:
    laptop, phone = open_page(), open_page(width=360)
    for page in (laptop, phone):
        sign_in(page, "gus@example.com")
    laptop.goto("/pool")
    laptop.get_by_role("button", name="Open a room").click()
    phone.goto("/rooms")
    for page in (laptop, phone):
        # Said over the socket: from here on it is open.
        expect(page.locator("#seats")).to_contain_text("here")
    with psycopg.connect(stack.env["DATABASE_URL"], autocommit=True) as connection:
        connection.execute("DELETE FROM sessions WHERE id = (SELECT max(id) FROM sessions)")
    expect(phone.locator("#session-bar")).to_be_visible(timeout=1000)
    expect(phone.locator("#session-bar")).to_contain_text("signed out")
    expect(laptop.locator("#session-bar")).to_be_hidden()


def test_a_declined_card_charges_nothing_and_the_next_one_works(open_page: OpenPage) -> None:
    hana = open_page()
    sign_in(hana, "hana@example.com")
    hana.goto("/credits")
    hana.get_by_role("button", name=re.compile("Buy 2,000")).click()
    hana.get_by_role("button", name=re.compile(r"\b0002\b")).click()
    expect(hana.locator("body")).to_contain_text("declined")
    hana.get_by_role("button", name=re.compile("4242")).click()
    expect(hana.locator("main")).to_contain_text("2,000 credits", timeout=WRITING_MS)


@pytest.mark.parametrize("width", [360, 1280])
def test_no_page_scrolls_sideways(open_page: OpenPage, width: int) -> None:
    page = open_page(width=width)
    for path in ("/", "/sign-in"):
        assert not _overflows(page, path), path
    sign_in(page, "ida@example.com")
    for path in ("/", "/pool", "/credits"):
        assert not _overflows(page, path), path


def _overflows(page: Page, path: str) -> bool:
    page.goto(path)
    script = "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"
    overflows: bool = page.evaluate(script)
    return overflows
