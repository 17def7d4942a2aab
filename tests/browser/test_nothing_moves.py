"""A page stays where it was drawn, though a part of it comes late."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Error, Page, Route, expect

from tests.browser.half_there import half_there
from tests.browser.shifts import shifted, watch_shifts
from tests.browser.steps import buy, open_own_room, sign_in
from tests.stack import Stack

if TYPE_CHECKING:
    from tests.browser.conftest import OpenPage

DRAWN = "() => performance.getEntriesByName('first-contentful-paint').length"
# All that comes before the cut, and what it looks like.
HALF = """(cut) => document.styleSheets.length === 3
    && document.documentElement.outerHTML.includes(cut)"""
# So long an unfinished page might show itself; each frame takes a sixtieth of it.
UNSEEN_MS = 1000
FONTS = "() => document.fonts.ready.then((fonts) => [...fonts].map(({ status }) => status))"


class Late:
    """What the page asks for by such addresses comes once the rest of it is drawn."""

    def __init__(self, page: Page, kind: str) -> None:
        self._page = page
        self._held: list[Route] = []
        self._is_drawn = False
        page.route(f"**/*.{kind}", self._asked)

    def goto(self, address: str) -> None:
        """Returns once what was held has been let go."""
        self._is_drawn = False
        self._page.goto(address, wait_until="commit")
        self._page.wait_for_function(DRAWN)
        self._is_drawn = True
        for route in self._held:
            route.continue_()
        self._held.clear()

    def _asked(self, route: Route) -> None:
        # The one script that is no module comes before anything is drawn.
        if self._is_drawn or "before-drawing" in route.request.url:
            route.continue_()
        else:
            self._held.append(route)


def test_nothing_moves_when_the_font_comes_late(open_page: OpenPage) -> None:
    page = open_page()
    watch_shifts(page)
    Late(page, "woff2").goto("/")
    assert page.evaluate(FONTS) == ["loaded"]
    assert shifted(page) == []


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_moves_when_scripts_come_late(open_page: OpenPage, width: int) -> None:
    page = open_page(width=width)
    room = open_own_room(page, f"late-{width}@example.com")
    watch_shifts(page)
    late = Late(page, "js")
    moved = {}
    for address in (room, "/", "/credits", "/gallery", "/account"):
        late.goto(address)
        expect(page.locator("[data-connection-status='live']")).to_be_visible()
        moved[address] = shifted(page)
    assert not any(moved.values()), moved


def test_nothing_moves_in_the_pool_when_scripts_come_late(open_page: OpenPage) -> None:
    page = open_page(width=360)
    sign_in(page, "late-pool@example.com")
    buy(page, "2,000 credits")
    page.goto("/pool")
    page.get_by_role("button", name="Join the pool").click()
    expect(page.get_by_label("Your first line, meanwhile")).to_be_visible()
    watch_shifts(page)
    Late(page, "js").goto("/pool")
    expect(page.locator("[data-connection-status='live']")).to_be_visible()
    assert shifted(page) == []


@pytest.mark.parametrize("cut", ['href="/sign-in">', 'class="site-footer">'])
def test_a_page_is_drawn_once_all_of_it_is_there(
    open_page: OpenPage, stack: Stack, cut: str
) -> None:
    page = open_page()
    watch_shifts(page)
    with half_there(stack.url, cut) as server:
        page.goto(server.url, wait_until="commit")
        page.wait_for_function(HALF, arg=cut, polling=50)
        with pytest.raises(Error, match="Timeout"):
            page.wait_for_function(DRAWN, polling=50, timeout=UNSEEN_MS)
        server.goes_on.set()
        page.wait_for_load_state()
        assert shifted(page) == []
