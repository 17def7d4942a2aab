"""Two people watch one picture become clearer, and pay for it together."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import Page, expect

from tests.browser.steps import WRITING_MS, add_line, assert_clean_audit, buy, sign_in
from tests.stack import Stack

if TYPE_CHECKING:
    from tests.browser.conftest import OpenPage

STACK_ENV = {"SANDBOX_MODEL": "scripted"}
# A picture that has come, and one after which another came.
LOADED = "image => image.complete && image.naturalWidth"


def test_everybody_in_the_room_sees_the_picture_become_clearer(
    open_page: OpenPage, stack: Stack
) -> None:
    ada, ben = open_page(), open_page(width=360)
    _sit_down_together(ada, ben)
    add_line(ada, "A frog who sings.")
    ada.get_by_role("button", name="Start now").click()
    expect(ada.locator(".bill")).to_contain_text("This round cost", timeout=WRITING_MS)
    ada.locator("#another-recipe summary").click()
    ada.locator("#another-recipe").get_by_text("A picture", exact=True).click()
    ada.get_by_role("button", name="Another round").click()
    for page, line in ((ada, "A heron in rubber boots."), (ben, "Fog.")):
        expect(page.locator("#round")).to_contain_text("A picture")
        add_line(page, line)
    seen: set[str] = set()
    for page in (ada, ben):
        picture = page.locator("img.picture")
        expect(picture).to_have_attribute("src", re.compile(r"/pictures/"), timeout=WRITING_MS)
        seen.add(str(picture.get_attribute("src")))
        expect(page.locator(".bill")).to_contain_text("This round cost", timeout=WRITING_MS)
        assert picture.evaluate(LOADED) == 512
        width = page.evaluate("() => document.documentElement.scrollWidth")
        assert width <= page.viewport_size["width"], "nothing hangs over"  # type: ignore[index]
    last = {str(page.locator("img.picture").get_attribute("src")) for page in (ada, ben)}
    assert len(last) == 1, "both see the same"
    assert seen - last, "and saw it before it was done"
    assert_clean_audit(stack)


def _sit_down_together(ada: Page, ben: Page) -> None:
    for page, name in ((ada, "Ada Okafor"), (ben, "Ben Castillo")):
        sign_in(page, name)
        buy(page, "2,000 credits")
    ada.goto("/pool")
    ada.get_by_role("button", name="Open a room").click()
    ben.goto(ada.url)
    ben.get_by_role("button", name="Join this room").click()
