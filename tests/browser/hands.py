"""What the tests of how it feels look through and hold: eyes in the page, lines, late answers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, Route, WebSocketRoute, expect

# From when the network goes or comes back until the page says so.
TOLD_MS = 3_000
# Whether something looks different in the first frame that is drawn after a click; and then one
# more click, by somebody who can't believe it. Frames and no clock, so that a busy machine, which
# draws fewer, is asked the same. Another page may follow, so it is kept where that can read it.
WATCH_A_PRESS = """() => {
    // A frame asked for within a click is the one that shows what the click did.
    const look = ({ target }) => requestAnimationFrame(() => {
        sessionStorage.acknowledged = document.querySelector("button[aria-busy=true]") !== null;
        target.closest("button").click();
    });
    addEventListener("click", look, { capture: true, once: true });
}"""
# Everything that a figure shows, with the time: what is drawn over it, or else its text.
WATCH_FIGURES = """() => {
    window.figures = [];
    const node = document.querySelector("[data-credits-available]");
    const note = () => figures.push([performance.now(), node.dataset.shown, node.textContent]);
    new MutationObserver(note).observe(node, {
        attributes: true, childList: true, characterData: true, subtree: true,
    });
}"""
COUNT_CREDITS = """async ([script, credits]) => {
    const { countTo } = await import(script);
    countTo(document.querySelector("[data-credits-available]"), credits);
}"""


@contextmanager
def held_back(page: Page, address: re.Pattern[str]) -> Iterator[list[Route]]:
    """What is asked for there waits for the end of this block."""
    waiting: list[Route] = []
    page.route(address, lambda route: _keep(waiting, route))
    yield waiting
    for route in waiting:
        route.continue_()
    page.unroute(address)


def _keep(waiting: list[Route], route: Route) -> None:
    """A function, since Playwright can't look into a list's own."""
    waiting.append(route)


class Line:
    """What carries sockets, and can be held: then nothing gets through until it is released."""

    def __init__(self) -> None:
        self.sockets: list[WebSocketRoute] = []
        self._held: list[tuple[WebSocketRoute, str | bytes]] | None = None

    def carry(self, socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()
        socket.on_message(lambda message: self._pass(server, message))
        server.on_message(lambda message: self._pass(socket, message))
        self.sockets.append(socket)

    def hold(self) -> None:
        self._held = []

    def release(self) -> None:
        held, self._held = self._held or [], None
        for socket, message in held:
            socket.send(message)

    def _pass(self, to: WebSocketRoute, message: str | bytes) -> None:
        if self._held is None:
            to.send(message)
        else:
            self._held.append((to, message))


def state(page: Page, name: str) -> None:
    """The pill in the header says this, soon enough, in a word as well as in a colour."""
    pill = page.locator(f"[data-connection-status='{name}']")
    expect(pill).to_be_visible(timeout=TOLD_MS)
    words = {"live": "Live", "reconnecting": "Reconnecting…", "offline": "Offline"}
    expect(pill).to_have_text(words[name])


def say(page: Page, words: str) -> None:
    """As any script of the page would."""
    page.evaluate(
        "async ([script, words]) => (await import(script)).toast(words)",
        [script(page, "toast.js"), words],
    )


def script(page: Page, name: str) -> str:
    """Where this page has it from, so that it is the same one."""
    address: str = page.evaluate(
        "(name) => new URL(name, document.querySelector('script[type=module]').src).href", name
    )
    return address
