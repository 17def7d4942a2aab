"""Every component in every state, in a browser: nothing is too wide, nothing asks for anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.steps import sign_in

if TYPE_CHECKING:
    from tests.browser.conftest import OpenPage

# Further than what is asked for every two seconds, where a page waits for a payment.
LOOKED_AT_MS = 2500
TOO_WIDE = """() => [...document.querySelectorAll(".guide *")]
    .filter((each) => each.getBoundingClientRect().right > innerWidth + 1)
    .map((each) => `${each.className} in ${each.closest(".specimen")?.innerText.slice(0, 60)}`)"""


@pytest.mark.parametrize("dark", [False, True])
def test_all_of_it_fits_a_telephone_and_asks_for_nothing(open_page: OpenPage, dark: bool) -> None:  # noqa: FBT001
    ada = open_page(width=360, dark=dark)
    sign_in(ada, "Ada Okafor")
    asked: list[str] = []
    ada.on("request", lambda request: asked.append(request.url))
    ada.goto("/styleguide")
    expect(ada.get_by_role("heading", name="Style guide")).to_be_visible()
    assert ada.evaluate(TOO_WIDE) == []
    ada.wait_for_timeout(LOOKED_AT_MS)
    parts = ("/rooms/", "/billing/", "/pool/", "/sheets/", "/pictures/")
    assert [url for url in asked if any(part in url for part in parts)] == []
