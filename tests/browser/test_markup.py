"""A text that tries to break the page is read like any other, on a telephone too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.steps import WRITING_MS, add_line, buy, sign_in
from tests.stack import Stack

if TYPE_CHECKING:
    from tests.browser.conftest import OpenPage

STACK_ENV = {"SANDBOX_MODEL": "scripted-markup"}


@pytest.mark.fault("G9")
def test_what_a_model_marks_up_breaks_neither_the_page_nor_its_layout(
    open_page: OpenPage, stack: Stack
) -> None:
    ada = open_page(width=360)
    asked: list[str] = []
    ada.on("request", lambda request: asked.append(request.url))
    sign_in(ada, "Ada Okafor")
    buy(ada, "2,000 credits")
    ada.goto("/pool")
    ada.get_by_role("button", name="Open a room").click()
    add_line(ada, "A frog who sings.")
    sheet = ada.locator("#round .sheet")
    expect(sheet).to_contain_text("# A heading")
    expect(sheet.locator("h3")).to_have_text("A heading", timeout=WRITING_MS)
    for reload in (False, True):
        if reload:
            ada.reload()
        assert not ada.evaluate("() => window.broken")
        assert not ada.evaluate(
            "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"
        )
        assert sheet.locator(".wide").evaluate("box => box.scrollWidth > box.clientWidth")
        assert sheet.locator(":is(script, img, [hx-get])").count() == 0
        expect(sheet).to_contain_text("a bank (elsewhere.example)")
        expect(ada.locator("#composer")).to_be_visible()
    assert not [url for url in asked if "elsewhere" in url or url.endswith("/account")]
    ada.get_by_role("button", name="Another round").click()
    ada.locator("#earlier summary").click()
    expect(ada.locator("#earlier h3")).to_be_visible()
