"""Choosing what to make on a telephone, with scripts and without."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from tests.browser.steps import WRITING_MS, add_line, buy, sign_in
from tests.stack import Stack

if TYPE_CHECKING:
    from tests.browser.conftest import OpenPage


@pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "no-scripts"])
def test_a_recipe_is_chosen_before_the_first_line_and_after_each_round(
    open_page: OpenPage, stack: Stack, *, javascript: bool
) -> None:
    ada = open_page(width=360, javascript=javascript)
    sign_in(ada, f"ada-{javascript}@example.com".lower())
    buy(ada, "2,000 credits")
    ada.goto("/pool")
    ada.get_by_role("button", name="Open a room").click()
    expect(ada.locator("#round")).to_contain_text("Round 1: A story")
    ada.get_by_text("Make something else").click()
    expect(ada.locator(".recipe")).to_have_count(9)
    expect(ada.locator(".recipe-example:visible")).to_have_count(1)
    assert not _overflows(ada)
    ada.get_by_role("radio", name="A quiz").check()
    expect(ada.locator(".recipe-example:visible")).to_contain_text("sugar out of light")
    ada.get_by_role("button", name="Make this").click()
    expect(ada.locator("#round")).to_contain_text("Round 1: A quiz")
    add_line(ada, "The French Revolution.")
    expect(ada.locator("#round .bill")).to_contain_text("This round cost", timeout=WRITING_MS)

    expect(ada.locator("#composer")).to_contain_text("The model remembers the last round")
    ada.get_by_text("Make something else").click()
    expect(ada.get_by_role("radio", name="A quiz")).to_be_checked()
    ada.get_by_role("radio", name="Just talk").check()
    assert not _overflows(ada)
    ada.get_by_label("Start fresh").check()
    ada.get_by_role("button", name="Another round").click()
    expect(ada.locator("#round")).to_contain_text("Round 2: Just talk")
    expect(ada.locator("#round")).to_contain_text("starts fresh")


def _overflows(page: Page) -> bool:
    width: int = page.locator("html").evaluate("root => root.scrollWidth - root.clientWidth")
    return width > 0
