"""Somebody who has never been here: what they press and write is counted, and photographed."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

TABS_MAX = 60
PICTURE_BYTES_MAX = 120_000
JPEG_QUALITY = 75
HAS_FOCUS = "element => element === document.activeElement"
# What is wrong with where the Tab key led: nothing shows that it is there, or the way to it went
# back up the page. What stands in another column may be higher.
WRONG_STOP = """() => {
    const stop = document.activeElement;
    const before = window.stopBefore;
    if (!stop || stop === document.body) {
        window.stopBefore = null;
        return "";
    }
    const name = (element) => `${element.tagName} “${element.textContent.trim().slice(0, 40)}”`;
    const box = stop.getBoundingClientRect();
    const was = before?.isConnected && before.getBoundingClientRect();
    window.stopBefore = stop;
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(stop);
    const hasOutline = outlineStyle !== "none" && parseFloat(outlineWidth) > 0;
    if (!hasOutline && boxShadow === "none") return `nothing shows the focus on ${name(stop)}`;
    if (!was || !was.width) return "";
    const follows = before.compareDocumentPosition(stop) & Node.DOCUMENT_POSITION_FOLLOWING;
    const isBack = box.right <= was.left && box.top < was.bottom && box.bottom > was.top;
    const isUp = box.bottom <= was.top && box.left < was.right && box.right > was.left;
    return follows && (isBack || isUp) ? `${name(before)} leads back to ${name(stop)}` : "";
}"""


@dataclass
class Stranger:
    """One window. Nobody reads instructions: a page's primary button is what gets pressed."""

    page: Page
    url: str
    presses: int = 0
    fields: int = 0

    def press(self, name: str | re.Pattern[str]) -> None:
        """Presses a button, or a link that looks like one."""
        page = self.page
        control = page.get_by_role("button", name=name).or_(page.get_by_role("link", name=name))
        expect(control).to_be_visible()
        if self.is_here and page.locator(".button-primary:visible").count():
            expect(control).to_contain_class("button-primary")
        self.activate(control)
        self.presses += 1

    def write(self, label: str, words: str) -> None:
        """Fills a field in."""
        control = self.page.get_by_label(label, exact=True)
        self.type(control, words)
        self.fields += 1

    def see(self, words: str, *, seconds: float = 10) -> None:
        """Waits until the page says so."""
        expect(self.page.locator("main")).to_contain_text(words, timeout=seconds * 1_000)

    @property
    def is_here(self) -> bool:
        """Whether this is a page of ours, and not of those who sign people in or take money."""
        return self.page.url.startswith(self.url)

    def activate(self, control: Locator) -> None:
        """With the mouse, or a thumb."""
        control.click()

    def type(self, control: Locator, words: str) -> None:
        """Likewise."""
        control.fill(words)


@dataclass
class WithoutMouse(Stranger):
    """Tab, Enter, and letters."""

    def activate(self, control: Locator) -> None:
        self._tab_to(control)
        self.page.keyboard.press("Enter")

    def type(self, control: Locator, words: str) -> None:
        self._tab_to(control)
        self.page.keyboard.type(words)

    def _tab_to(self, control: Locator) -> None:
        for _ in range(TABS_MAX):
            if control.evaluate(HAS_FOCUS):
                return
            self.page.keyboard.press("Tab")
            wrong = self.page.evaluate(WRONG_STOP) if self.is_here else ""
            assert not wrong, f"{self.page.url}: {wrong}"
        message = f"no way to {control} by the Tab key on {self.page.url}"
        raise AssertionError(message)


@dataclass
class Album:
    """Pictures of the walk, in order, and how long it took to take them."""

    folder: Path
    taken: list[str] = field(default_factory=list)
    seconds: float = 0

    def take(self, stranger: Stranger, what: str) -> None:
        """The window as it is once all of it is there: small, since it is kept with the code."""
        began = time.monotonic()
        stranger.page.wait_for_load_state("networkidle")
        path = self.folder / f"{len(self.taken) + 1:02d}-{what}.jpg"
        stranger.page.screenshot(path=path, quality=JPEG_QUALITY, animations="disabled")
        assert path.stat().st_size < PICTURE_BYTES_MAX, path
        self.taken.append(path.name)
        self.seconds += time.monotonic() - began
