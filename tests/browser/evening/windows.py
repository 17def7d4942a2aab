"""A window of Chromium in somebody's hands, which remembers what it has shown."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import listen_for_complaints
from tests.browser.steps import add_line, sign_in

TIMEOUT_MS = 60_000
# The text as it stood when it was last being written: once it is done, its Markdown shows.
REMEMBER = """
    window.shownWhileWritten = {};
    new MutationObserver(() => {
      const node = document.querySelector('[data-stream][aria-busy="true"]');
      if (node) window.shownWhileWritten[node.dataset.generation] = node.textContent;
    }).observe(document, { childList: true, characterData: true, subtree: true });
"""
FRESH = """async () => {
    const { room } = document.querySelector("[data-room]").dataset;
    const answer = await fetch(`/rooms/${room}/round`, { headers: { "HX-Request": "true" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    return page.getElementById("round").outerHTML;
}"""
# As it is drawn: a click by script, at whatever moment, from several windows at once.
PRESS_AT_ONCE = "(id) => void setTimeout(() => document.getElementById(id).click(), 0)"
# What the outages of the evening are called in the console of whoever has them. The last is what
# the page's own requests then come to.
OFFLINE = {"net::ERR_INTERNET_DISCONNECTED", "htmx:error: Failed to fetch TypeError"}
NOBODY_ANSWERS = {
    "net::ERR_CONNECTION_REFUSED",
    # Of what was under way, as far as the process had read it when it was killed.
    "net::ERR_CONNECTION_RESET",
    "net::ERR_EMPTY_RESPONSE",
    "htmx:error: Failed to fetch TypeError",
}


@dataclass
class Window:
    """`excused` are the names of network errors that this window may have."""

    name: str
    page: Page
    complaints: list[str] = field(default_factory=list)
    excused: set[str] = field(default_factory=set)

    def add_line(self, line: str) -> None:
        """Puts a line into the pot, and waits for the answer: what comes next needs it there."""
        with self.page.expect_response("**/contribution"):
            add_line(self.page, line)

    def put_into_pot(self, credits: int) -> None:
        """Sets credits aside for the rounds of this room, and waits for the answer."""
        self.page.locator("#stake").fill(str(credits))
        with self.page.expect_response("**/pot"):
            self.choose("Put in")

    def choose(self, button: str) -> None:
        """Presses one of the composer's buttons."""
        self.page.locator("#composer").get_by_role("button", name=button).click()

    def press_at_once(self, button: str) -> None:
        """Presses it without waiting for what comes of it."""
        self.page.evaluate(PRESS_AT_ONCE, button)

    def expect(self, number: int, phase: str) -> None:
        """Waits until the round has come so far, and the composer with it."""
        for part in ("#round", "#composer"):
            found = self.page.locator(f"{part}[data-number='{number}'][data-phase='{phase}']")
            expect(found).to_be_visible(timeout=TIMEOUT_MS)

    def expect_text(self, text: str) -> None:
        """Waits until exactly this stands on the sheet, while it is being written."""
        sheet = self.page.locator("[data-stream][aria-busy='true']")
        expect(sheet).to_have_js_property("textContent", text, timeout=TIMEOUT_MS)

    def expect_cut_off(self) -> None:
        """Waits until the page says that its connection is gone."""
        gone = self.page.locator("[data-connection-status]:not([data-connection-status='live'])")
        expect(gone).to_be_visible(timeout=TIMEOUT_MS)

    def expect_connected(self) -> None:
        """Waits until it is back."""
        live = self.page.locator("[data-connection-status='live']")
        expect(live).to_be_visible(timeout=TIMEOUT_MS)

    def shown_while_written(self, generation: int) -> str:
        """The last that it showed of a text before that was done."""
        shown: str = self.page.evaluate(
            "(generation) => window.shownWhileWritten[generation] ?? ''", generation
        )
        return shown

    def round(self) -> str:
        """The round as it stands on the page."""
        return self.page.locator("#round").evaluate("round => round.outerHTML")  # type: ignore[no-any-return]

    def fresh_round(self) -> str:
        """The round as the server would show it now."""
        return self.page.evaluate(FRESH)  # type: ignore[no-any-return]

    def has_picture(self) -> bool:
        """Whether a picture stands on the sheet, and all of it has come."""
        picture = self.page.locator("#round img.picture")
        loaded: bool = picture.evaluate("image => image.complete && image.naturalWidth > 0")
        return loaded

    def bill(self) -> str:
        """The words about money under the sheet."""
        return self.page.locator("#round .bill").inner_text()

    def expect_available(self, credits: int) -> None:
        """Waits until the badge says so."""
        figure = self.page.locator("#credit-badge [data-credits-available]")
        expect(figure).to_have_text(f"{credits:,}", timeout=TIMEOUT_MS)

    def faults(self) -> list[str]:
        """What it complained of without an excuse."""
        return [each for each in self.complaints if not any(name in each for name in self.excused)]


def open_window(
    chromium: Browser, url: str, name: str, *, width: int = 1280, dark: bool = False
) -> Window:
    """Opens a window with cookies of its own, and signs in."""
    context = chromium.new_context(
        base_url=url,
        viewport={"width": width, "height": 800},
        color_scheme="dark" if dark else "light",
    )
    context.set_default_timeout(TIMEOUT_MS)
    context.add_init_script(REMEMBER)
    page = context.new_page()
    window = Window(name=name, page=page)
    listen_for_complaints(page, window.complaints, url)
    sign_in(page, name)
    return window


def parts(bill: str, names: list[str]) -> tuple[int, dict[str, int]]:
    """What a bill says: the cost, and each payer's part of it."""
    cost = re.search(r"This round cost ([\d,]+) credit", bill)
    if cost is None:
        assert "Nobody was charged" in bill, bill
        return 0, {}
    paid: dict[str, int] = {}
    for payer, part in re.findall(rf"({'|'.join(names)}) ([\d,]+)", bill):
        paid[payer] = paid.get(payer, 0) + int(part.replace(",", ""))
    return int(cost[1].replace(",", "")), paid
